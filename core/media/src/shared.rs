//! Streams that the listeners of a room share in a tick: the public sum, encoded at most once for
//! each codec and each `OpusLimit`.

use confab_codec::{Encoder, G722Encoder, OpusSpares, PAYLOAD_BYTES_MAX, Resampler};
use confab_mixer::Room;
use confab_terms::{Codec, Rate};
use serde::{Deserialize, Serialize};

use crate::scratch::Scratch;
use crate::ways::Ways;

/// Number of consecutive ticks after which a shared stream has settled.
const WARM_TICKS: u8 = 5;
/// Number of last frames with which a new Opus encoder is started.
const PAST_FRAMES: usize = 2;
const FRAME_MAX: usize = Rate::Hz48000.frame_samples();

/// Shared streams of a room.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shared {
    /// Streams, all different: at most one for each codec, and for Opus one for each `OpusLimit`.
    streams: Vec<Stream>,
}

/// Public sum in a codec.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stream {
    encoder: Encoder,
    ways: Ways,
    /// Converters, and the encoder of G.722, before the last encoding.
    ways_before: Ways,
    wide_before: G722Encoder,
    /// Number of consecutive ticks in which the stream was encoded.
    warm: u8,
    /// Tick of the last encoding.
    made_at: u64,
    /// Frames of the last ticks, for an encoder whose state cannot be copied.
    past: Vec<i16>,
    payload: Vec<u8>,
}

impl Shared {
    fn find(&self, like: &Encoder) -> Option<&Stream> {
        let mut streams = self.streams.iter();
        streams.find(|stream| stream.encoder.is_like(like))
    }

    fn find_mut(&mut self, like: &Encoder) -> Option<&mut Stream> {
        let mut streams = self.streams.iter_mut();
        streams.find(|stream| stream.encoder.is_like(like))
    }

    /// Creates the stream and converters for a leg with such an encoder, at the room's rates.
    pub(crate) fn fit(&mut self, like: &Encoder, room: &Room, spares: &mut OpusSpares) {
        let codec = like.codec();
        if self.find(like).is_none() {
            let past = if codec == Codec::Opus {
                vec![0; PAST_FRAMES * FRAME_MAX]
            } else {
                Vec::new()
            };
            self.streams.push(Stream {
                encoder: like.anew(),
                ways: Ways::default(),
                ways_before: Ways::default(),
                wide_before: G722Encoder::default(),
                warm: 0,
                made_at: 0,
                past,
                payload: Vec::with_capacity(PAYLOAD_BYTES_MAX),
            });
        }
        let Some(stream) = self.find_mut(like) else {
            return;
        };
        stream.encoder.equip(spares);
        let way = |rate| Resampler::new(rate, codec.rate());
        stream.ways.fit(codec.rate(), room.rates(), way);
        stream.ways_before.fit(codec.rate(), room.rates(), way);
    }

    /// Returns the payload of this tick, encoded on the first call.
    pub(crate) fn payload(
        &mut self,
        like: &Encoder,
        room: &Room,
        tick: u64,
        scratch: &mut Scratch,
    ) -> &[u8] {
        let Some(stream) = self.find_mut(like) else {
            return &[];
        };
        if stream.made_at != tick {
            stream.make(room, tick, scratch);
        }
        &stream.payload
    }

    /// Returns whether a listener can change to the stream: it was encoded for long enough.
    pub(crate) fn is_warm(&self, like: &Encoder) -> bool {
        self.find(like)
            .is_some_and(|stream| stream.warm >= WARM_TICKS)
    }

    /// Starts a listener's own stream with the state of the shared stream before this tick. Returns
    /// false if that state does not exist.
    pub(crate) fn hand_over(&self, tick: u64, encoder: &mut Encoder, ways: &mut Ways) -> bool {
        let Some(stream) = self.find(encoder).filter(|stream| stream.lasts(tick)) else {
            return false;
        };
        let made = stream.made_at == tick;
        ways.go_on_from(if made {
            &stream.ways_before
        } else {
            &stream.ways
        });
        match (encoder, &stream.encoder) {
            (Encoder::G722(own), Encoder::G722(_)) if made => {
                (**own).clone_from(&stream.wide_before);
            }
            (Encoder::G722(own), Encoder::G722(was)) => own.clone_from(was),
            (own @ Encoder::Opus(_), Encoder::Opus(_)) => {
                let mut unsent = [0; PAYLOAD_BYTES_MAX];
                let frames = stream.past.chunks_exact(FRAME_MAX);
                // The newest frame belongs to this tick, if already encoded.
                for frame in frames.take(PAST_FRAMES - usize::from(made)) {
                    own.encode(frame, &mut unsent);
                }
            }
            _ => {}
        }
        true
    }
}

impl Stream {
    fn make(&mut self, room: &Room, tick: u64, scratch: &mut Scratch) {
        if self.made_at + 1 == tick {
            self.warm = self.warm.saturating_add(1);
        } else {
            self.warm = 0;
            self.forget();
        }
        self.remember();
        self.made_at = tick;
        let codec = self.encoder.codec();
        let Scratch {
            mix, frame, other, ..
        } = scratch;
        let frame = &mut frame[..codec.rate().frame_samples()];
        let public = |rate, mix: &mut [i32]| mix.copy_from_slice(room.public_at(rate));
        self.ways.bring(room, public, (mix, other), frame);
        self.payload.resize(PAYLOAD_BYTES_MAX, 0);
        let length = self.encoder.encode(frame, &mut self.payload);
        self.payload.truncate(length);
        if codec == Codec::Opus {
            self.past.copy_within(FRAME_MAX.., 0);
            let newest = self.past.len() - FRAME_MAX;
            self.past[newest..].copy_from_slice(frame);
        }
    }

    /// Discards the state after a pause, so that no outdated audio follows.
    fn forget(&mut self) {
        self.ways.forget();
        self.past.fill(0);
        match &mut self.encoder {
            Encoder::G711(_) => {}
            Encoder::G722(encoder) => **encoder = G722Encoder::default(),
            Encoder::Opus(encoder) => {
                // The part that overlaps with the next frame is then silence.
                let mut unsent = [0; PAYLOAD_BYTES_MAX];
                encoder.encode(&self.past[..FRAME_MAX], &mut unsent);
            }
        }
    }

    /// Returns whether the stream was encoded in the previous tick.
    fn lasts(&self, tick: u64) -> bool {
        self.made_at + 1 == tick || self.made_at == tick && self.warm > 0
    }

    /// Saves the state for a listener's own stream that starts in the same tick.
    fn remember(&mut self) {
        self.ways_before.go_on_from(&self.ways);
        if let Encoder::G722(encoder) = &self.encoder {
            self.wide_before.clone_from(encoder.as_ref());
        }
    }
}
