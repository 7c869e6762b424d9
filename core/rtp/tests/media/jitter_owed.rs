//! The jitter buffer while it still owes delay that a line has shown to need: when everything then
//! comes a tick later, voice is back at once.

use confab_codec::{Encoder, OpusSettings, tone::Sine};
use confab_rtp::{Header, JitterBuffer, Pulled};
use confab_terms::{Codec, Instant};

const CODECS: [Codec; 3] = [Codec::Pcmu, Codec::G722, Codec::Opus];
const HZ: f64 = 1_000.0;
/// The tick on which a packet comes after those that follow it.
const OVERTAKEN: usize = 60;
const TICKS: usize = 200;

fn packets(codec: Codec) -> Vec<(Header, Vec<u8>)> {
    let rate = codec.rate();
    let mut encoder = Encoder::new(codec, OpusSettings::default());
    let mut sine = Sine::new(rate.hz(), HZ as f32, -12.25);
    let packet = |n: usize| {
        let mut samples = vec![0; rate.frame_samples()];
        sine.fill(&mut samples);
        let mut payload = [0; 400];
        let length = encoder.encode(&samples, &mut payload);
        let header = Header {
            payload_type: codec.payload_type(),
            marker: n == 0,
            sequence: n as u16,
            timestamp: n as u32 * codec.frame_units(),
            ssrc: 7,
        };
        (header, payload[..length].to_vec())
    };
    (0..TICKS).map(packet).collect()
}

fn level(codec: Codec, samples: &[i16]) -> f64 {
    let turn = HZ / f64::from(codec.rate().hz()) * std::f64::consts::TAU;
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        real += f64::from(sample) * (n as f64 * turn).cos();
        imaginary += f64::from(sample) * (n as f64 * turn).sin();
    }
    2.0 * f64::hypot(real, imaginary) / samples.len() as f64
}

/// The ticks on which something was made up, and those on which hardly anything is heard, of a line
/// on which one packet is so many ticks late, and everything one tick from then on.
fn broken(codec: Codec, late: usize, from: usize) -> (Vec<usize>, Vec<usize>) {
    let mut buffer = JitterBuffer::new(codec);
    let mut frame = vec![0; codec.rate().frame_samples()];
    let packets = packets(codec);
    let at = |n: usize| match n {
        OVERTAKEN => n + late,
        n => n + usize::from(n >= from),
    };
    let (mut made, mut faint) = (Vec::new(), Vec::new());
    for tick in 0..TICKS {
        for (n, (header, payload)) in packets.iter().enumerate() {
            if at(n) == tick {
                buffer.insert(Instant(0), header, payload);
            }
        }
        let pulled = buffer.pull(Instant(0), &mut frame);
        if tick >= from {
            if pulled != Pulled::Voice {
                made.push(tick);
            }
            if level(codec, &frame) < 2_000.0 {
                faint.push(tick);
            }
        }
    }
    (made, faint)
}

#[test]
fn voice_is_back_at_once_when_all_comes_later_while_delay_is_owed() {
    for codec in CODECS {
        for late in 2..5 {
            for from in OVERTAKEN + late..OVERTAKEN + late + 30 {
                let (made, faint) = broken(codec, late, from);
                let case = format!("{codec:?}, {late} late, then from tick {from}");
                assert!(made.len() <= late + 2, "{case}: made up on {made:?}");
                assert!(faint.len() <= 1, "{case}: faint on {faint:?}");
            }
        }
    }
}
