//! Common interface of the two jitter buffers: packets in at their arrival, 20 ms out at each tick.

use std::time::Duration;

use anyhow::{Context, Result};
use confab_codec::OpusDecoder;
use confab_rtp::{Header, JitterBuffer, Pulled};
use confab_terms::{Codec, Instant};
use neteq::codec::AudioDecoder;
use neteq::neteq::SpeechType;
use neteq::{AudioPacket, NetEq, NetEqConfig, RtpHeader};

/// Output of a tick: 20 ms, and the concealed share from 0 to 1.
pub(crate) struct Frame {
    pub(crate) samples: Vec<f32>,
    pub(crate) made: f64,
}

/// Jitter buffer under test.
pub(crate) trait Buffer {
    /// Inserts a packet at its arrival in ms since the start.
    fn insert(&mut self, at_ms: f64, number: usize, payload: &[u8]) -> Result<()>;
    /// Returns the frame of a tick.
    fn pull(&mut self, at_ms: f64) -> Result<Frame>;
}

pub(crate) struct Ours {
    codec: Codec,
    buffer: JitterBuffer,
}

impl Ours {
    pub(crate) fn new(codec: Codec) -> Self {
        Self {
            codec,
            buffer: JitterBuffer::new(codec),
        }
    }
}

impl Buffer for Ours {
    fn insert(&mut self, _at_ms: f64, number: usize, payload: &[u8]) -> Result<()> {
        let header = Header {
            payload_type: self.codec.payload_type(),
            marker: false,
            sequence: number as u16,
            timestamp: number as u32 * self.codec.frame_units(),
            ssrc: 1,
        };
        self.buffer.insert(Instant(0), &header, payload);
        Ok(())
    }

    fn pull(&mut self, _at_ms: f64) -> Result<Frame> {
        let mut frame = vec![0; self.codec.rate().frame_samples()];
        let pulled = self.buffer.pull(Instant(0), &mut frame);
        Ok(Frame {
            samples: frame.into_iter().map(f32::from).collect(),
            made: f64::from(u8::from(pulled != Pulled::Voice)),
        })
    }
}

pub(crate) struct Theirs {
    codec: Codec,
    buffer: NetEq,
}

impl Theirs {
    pub(crate) fn new(codec: Codec) -> Result<Self> {
        clock(0.0);
        let mut buffer = NetEq::new(NetEqConfig {
            sample_rate: codec.rate().hz(),
            ..NetEqConfig::default()
        })?;
        let decoder = Decoder {
            rate: codec.rate().hz(),
            decode: decoder(codec),
        };
        buffer.register_decoder(codec.payload_type(), Box::new(decoder));
        Ok(Self { codec, buffer })
    }
}

impl Buffer for Theirs {
    fn insert(&mut self, at_ms: f64, number: usize, payload: &[u8]) -> Result<()> {
        clock(at_ms);
        let header = RtpHeader {
            sequence_number: number as u16,
            timestamp: number as u32 * self.codec.frame_units(),
            ssrc: 1,
            payload_type: self.codec.payload_type(),
            marker: false,
        };
        let rate = self.codec.rate().hz();
        let packet = AudioPacket::new(header, payload.to_vec(), rate, 1, 20);
        self.buffer.insert_packet(packet).context("insert_packet")
    }

    fn pull(&mut self, at_ms: f64) -> Result<Frame> {
        clock(at_ms);
        let mut whole = Frame {
            samples: Vec::new(),
            made: 0.0,
        };
        for _ in 0..2 {
            let frame = self.buffer.get_audio().context("get_audio")?;
            let made = frame.speech_type == SpeechType::Expand;
            whole.made += f64::from(u8::from(made)) / 2.0;
            whole
                .samples
                .extend(frame.samples.iter().map(|s| s * 32_768.0));
        }
        Ok(whole)
    }
}

fn clock(at_ms: f64) {
    // neteq subtracts from the current time, so that the clock must not start at zero.
    web_time::set(Duration::from_secs(3_600) + Duration::from_secs_f64(at_ms / 1e3));
}

type Decode = Box<dyn FnMut(&[u8]) -> Vec<f32> + Send>;

/// Returns the decoder, which is the same for both buffers.
pub(crate) fn decoder(codec: Codec) -> Decode {
    let mut opus = OpusDecoder::default();
    let mut samples = [0; 5_760];
    Box::new(move |packet| {
        let n = match codec {
            Codec::Opus => opus.decode(packet, &mut samples),
            _ => confab_codec::decode(codec, packet, &mut samples),
        };
        samples[..n]
            .iter()
            .map(|&sample| f32::from(sample))
            .collect()
    })
}

struct Decoder {
    rate: u32,
    decode: Decode,
}

impl AudioDecoder for Decoder {
    fn sample_rate(&self) -> u32 {
        self.rate
    }

    fn channels(&self) -> u8 {
        1
    }

    fn decode(&mut self, encoded: &[u8]) -> neteq::Result<Vec<f32>> {
        let samples = (self.decode)(encoded);
        Ok(samples
            .into_iter()
            .map(|sample| sample / 32_768.0)
            .collect())
    }
}
