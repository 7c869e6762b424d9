//! Recording tap: audio of each tick, collected into chunks. A room's recording has the public sum
//! only, a leg's recording its ingress and egress. Memory is reserved at the start.

use confab_codec::Resampler;
use confab_mixer::{Room, limit};
use confab_rtp::Pulled;
use confab_terms::limits::RECORDING_CHUNK_TICKS;
use confab_terms::{PauseBehavior, Rate, RecordingSid, Track};
use serde::{Deserialize, Serialize};

use crate::outbox::Outbox;
use crate::scratch::Scratch;
use crate::speech::{Speech, energy};
use crate::ways::Ways;
use crate::{Chunk, Event};

/// Maximum sampling rate of recordings: speech needs no more, and a file at 48 kHz would be three
/// times as large.
const RATE_MAX: Rate = Rate::Hz16000;
const FRAME_MAX: usize = RATE_MAX.frame_samples();
/// Maximum number of samples of a chunk.
pub(crate) const SAMPLES_MAX: usize = RECORDING_CHUNK_TICKS * 2 * FRAME_MAX;

/// Recording in progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tape {
    pub(crate) recording: RecordingSid,
    pub(crate) pause: Option<PauseBehavior>,
    rate: Rate,
    channels: u8,
    has_begun: bool,
    ticks: usize,
    /// Number of ticks left out before the buffered samples.
    missing: u32,
    samples: Vec<i16>,
}

impl Tape {
    fn new(recording: RecordingSid, rate: Rate, channels: u8) -> Self {
        Self {
            recording,
            pause: None,
            rate,
            channels,
            has_begun: false,
            ticks: 0,
            missing: 0,
            samples: Vec::with_capacity(SAMPLES_MAX),
        }
    }

    fn frame_samples(&self) -> usize {
        self.rate.frame_samples()
    }

    /// Adds a tick of each channel; during a pause, the pause's content.
    fn take(&mut self, skipped: u32, first: &[i16], second: &[i16], outbox: &mut Outbox) {
        self.leave_out(skipped, outbox);
        let count = self.frame_samples() * usize::from(self.channels);
        match (self.pause, self.channels) {
            (Some(PauseBehavior::Skip), _) => return,
            (Some(PauseBehavior::Silence), _) => {
                self.samples.resize(self.samples.len() + count, 0);
            }
            (None, 1) => self.samples.extend_from_slice(first),
            (None, _) => {
                let both = first.iter().zip(second);
                self.samples.extend(both.flat_map(|(&a, &b)| [a, b]));
            }
        }
        self.has_begun = true;
        self.ticks += 1;
        if self.ticks == RECORDING_CHUNK_TICKS {
            self.hand_on(outbox);
        }
    }

    /// Adds a gap of skipped ticks.
    pub(crate) fn leave_out(&mut self, ticks: u32, outbox: &mut Outbox) {
        if ticks > 0 && self.pause != Some(PauseBehavior::Skip) {
            self.hand_on(outbox);
            self.missing = self.missing.saturating_add(ticks);
        }
    }

    /// Delivers the buffered samples. Samples without room in the outbox count as missing ticks,
    /// and become silence.
    pub(crate) fn hand_on(&mut self, outbox: &mut Outbox) {
        if self.samples.is_empty() {
            return;
        }
        let taken = outbox.recorded(Chunk {
            recording: self.recording,
            rate: self.rate,
            channels: self.channels,
            missing: self.missing,
            samples: &self.samples,
        });
        let ticks = u32::try_from(self.ticks).unwrap_or(u32::MAX);
        self.missing = if taken {
            0
        } else {
            self.missing.saturating_add(ticks)
        };
        self.samples.clear();
        self.ticks = 0;
    }
}

/// Recording of a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RoomTape {
    pub(crate) tape: Tape,
    ways: Ways,
}

impl RoomTape {
    /// Creates a recording at the room's current rate, which the recording keeps.
    pub(crate) fn new(recording: RecordingSid, room: &Room) -> Self {
        let mut tape = Self {
            tape: Tape::new(recording, room.rate().min(RATE_MAX), 1),
            ways: Ways::default(),
        };
        tape.fit(room);
        tape
    }

    /// Creates converters from the room's rates.
    pub(crate) fn fit(&mut self, room: &Room) {
        let to = self.tape.rate;
        self.ways
            .fit(to, room.rates(), |rate| Resampler::new(rate, to));
    }

    /// Adds the public sum of the mixed tick.
    pub(crate) fn end_tick(
        &mut self,
        skipped: u32,
        room: &Room,
        scratch: &mut Scratch,
        outbox: &mut Outbox,
    ) {
        let Scratch {
            mix, frame, other, ..
        } = scratch;
        let frame = &mut frame[..self.tape.frame_samples()];
        let public = |rate, mix: &mut [i32]| mix.copy_from_slice(room.public_at(rate));
        // During a pause too: a filter must not emit audio from before the pause.
        self.ways.bring(room, public, (mix, other), frame);
        self.tape.take(skipped, frame, &[], outbox);
    }
}

/// Recording of a leg.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LegTape {
    pub(crate) tape: Tape,
    track: Track,
    said: Side,
    heard: Side,
    listens: Option<Listening>,
}

/// Detection of speech in a recording.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Listening {
    speech: Speech,
    loud: u64,
}

/// Direction of a leg, at the recording's rate.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Side {
    way: Option<Resampler>,
    codec_frame: usize,
    frame: Vec<i16>,
    is_there: bool,
}

impl LegTape {
    pub(crate) fn new(
        recording: RecordingSid,
        codec: Rate,
        (dual, track): (bool, Track),
        tells_voice: bool,
    ) -> Self {
        let rate = codec.min(RATE_MAX);
        Self {
            tape: Tape::new(recording, rate, if dual { 2 } else { 1 }),
            track,
            said: Side::new(codec, rate),
            heard: Side::new(codec, rate),
            listens: tells_voice.then(Listening::default),
        }
    }

    /// Changes the codec of the leg.
    pub(crate) fn fit(&mut self, codec: Rate) {
        // Before the first sample the rate can still change.
        if !self.tape.has_begun {
            self.tape.rate = codec.min(RATE_MAX);
        }
        self.said = Side::new(codec, self.tape.rate);
        self.heard = Side::new(codec, self.tape.rate);
    }

    pub(crate) fn says(&mut self, pulled: Pulled, frame: &[i16]) {
        if pulled != Pulled::Silence {
            self.said.put(frame);
            if let Some(listening) = &mut self.listens {
                listening.loud = energy(&frame[..self.said.codec_frame.min(frame.len())]);
            }
        }
    }

    pub(crate) fn hears(&mut self, frame: &[i16]) {
        self.heard.put(frame);
    }

    pub(crate) fn end_tick(&mut self, skipped: u32, outbox: &mut Outbox) {
        self.listen(outbox);
        self.said.or_silence();
        self.heard.or_silence();
        match self.track {
            Track::Inbound => self.heard.frame.fill(0),
            Track::Outbound => self.said.frame.fill(0),
            Track::Both => {}
        }
        let (said, heard) = (&mut self.said.frame, &self.heard.frame);
        if self.tape.channels == 1 {
            let mut mix = [0; FRAME_MAX];
            let mix = &mut mix[..said.len()];
            for ((sum, &said), &heard) in mix.iter_mut().zip(said.iter()).zip(heard) {
                *sum = i32::from(said) + i32::from(heard);
            }
            limit(mix, said);
        }
        self.tape.take(skipped, said, heard, outbox);
    }
}

impl LegTape {
    /// Reports changes of speech. While the queue is full, no state changes, so that no change is
    /// lost.
    fn listen(&mut self, outbox: &mut Outbox) {
        let Some(listening) = self.listens.as_mut().filter(|_| !outbox.is_full()) else {
            return;
        };
        let loud = core::mem::take(&mut listening.loud);
        if let Some(speaks) = listening.speech.hears(loud) {
            let recording = self.tape.recording;
            outbox.event(Event::Voice { recording, speaks });
        }
    }
}

impl Side {
    fn new(codec: Rate, rate: Rate) -> Self {
        Self {
            way: (codec != rate).then(|| Resampler::new(codec, rate)),
            codec_frame: codec.frame_samples(),
            frame: vec![0; rate.frame_samples()],
            is_there: false,
        }
    }

    fn put(&mut self, frame: &[i16]) {
        let frame = &frame[..self.codec_frame.min(frame.len())];
        match &mut self.way {
            Some(way) => {
                way.run(frame, &mut self.frame);
            }
            None => self.frame.copy_from_slice(frame),
        }
        self.is_there = true;
    }

    fn or_silence(&mut self) {
        if !core::mem::take(&mut self.is_there) {
            self.put(&[0; Rate::Hz48000.frame_samples()]);
            self.is_there = false;
        }
    }
}
