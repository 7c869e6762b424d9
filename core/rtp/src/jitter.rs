//! The jitter buffer: packets come in when they come, 20 ms of samples go out at each tick. It
//! decides how long voice waits; it does not know who hears it. Time is counted in ticks alone:
//! packets are read from the sockets on a tick, and a late tick is no late packet.

mod adaption;
mod conceal;
mod fixed;
mod order;
mod ring;
mod stats;
mod stream;

pub use stats::{JitterStats, Pulled};

use confab_terms::{Codec, Instant};
use serde::{Deserialize, Serialize};

use crate::Header;
use adaption::DEPTH_FRAMES_MAX;
use conceal::Concealer;
use order::Place;
use ring::{RING_SAMPLES, Ring};
use stream::{AHEAD_SAMPLES_MAX, Stream, distance};

/// A payload of more is not voice that anybody agreed on (ptime 60 is 480).
const PAYLOAD_SAMPLES_MAX: usize = 1_600;
/// A frame is quiet if its samples are no larger than this on average (−46 dBFS).
const QUIET: u32 = 160;

/// One leg's incoming voice, from packets to frames. All its memory is taken when it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JitterBuffer {
    frame: u32,
    ring: Ring,
    stream: Option<Stream>,
    concealer: Concealer,
    stats: JitterStats,
}

impl JitterBuffer {
    /// An empty buffer for a codec of so many samples a second.
    #[must_use]
    pub fn new(clock_rate: u32) -> Self {
        Self {
            frame: (clock_rate / 50).clamp(1, RING_SAMPLES / 16),
            ring: Ring::new(),
            stream: None,
            concealer: Concealer::new(),
            stats: JitterStats::default(),
        }
    }

    /// What has happened so far.
    #[must_use]
    pub fn stats(&self) -> JitterStats {
        let buffered = self.stream.as_ref().map_or(0, |stream| {
            let cursor = stream
                .cursor
                .unwrap_or(stream.end.wrapping_sub(stream.packet));
            distance(cursor, stream.end).max(0) as u32 + stream.hold * self.frame
        });
        JitterStats {
            depth_ms: buffered * 20 / self.frame,
            ..self.stats
        }
    }

    /// A packet of the same stream that holds no voice, a digit say: it is not missing.
    pub fn pass_over(&mut self, header: &Header) {
        if let Some(stream) = &mut self.stream {
            self.stats.lost += u64::from(stream.order.pass_over(header));
        }
    }

    /// So many ticks never happened: what they would have pulled is dropped, lest it delay all
    /// that follows. To be called when the packets that waited meanwhile have been inserted.
    pub fn skip(&mut self, ticks: u32) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        let held = stream.hold.min(ticks);
        stream.hold -= held;
        let samples = (ticks - held).saturating_mul(self.frame);
        if let Some(cursor) = stream.cursor.filter(|_| samples > 0) {
            self.ring.clear(cursor, samples);
            stream.cursor = Some(cursor.wrapping_add(samples));
            // The ticks left out would have faded any concealment to silence long ago.
            self.concealer = Concealer::new();
        }
    }

    /// A packet's payload arrived (of the agreed payload type and from the locked source).
    pub fn insert(&mut self, _now: Instant, header: &Header, codec: Codec, payload: &[u8]) {
        self.stats.received += 1;
        if payload.is_empty() || payload.len() > PAYLOAD_SAMPLES_MAX {
            self.stats.strayed += 1;
            return;
        }
        let samples = payload.len() as u32;
        let Some(stream) = &mut self.stream else {
            self.begin(header, samples);
            self.ring.put(header.timestamp, codec, payload);
            return;
        };
        match stream.place(header, samples) {
            Place::Next { skipped } => self.stats.lost += u64::from(skipped),
            Place::Reordered => {
                self.stats.reordered += 1;
                self.stats.lost = self.stats.lost.saturating_sub(1);
            }
            Place::Duplicate => {
                self.stats.duplicated += 1;
                return;
            }
            Place::Stray => {
                self.stats.strayed += 1;
                return;
            }
            Place::NewStream => {
                self.stats.resynchronised += 1;
                self.begin(header, samples);
            }
        }
        self.take(header.timestamp, codec, payload);
    }

    /// The next samples, as many as `out` holds (20 ms), at each tick; and what they are.
    pub fn pull(&mut self, _now: Instant, out: &mut [i16]) -> Pulled {
        let Some(stream) = &mut self.stream else {
            out.fill(0);
            return Pulled::Silence;
        };
        let pulled = if stream.hold > 0 && stream.cursor.is_some() {
            stream.hold -= 1;
            if self.concealer.conceal(out) {
                Pulled::Concealed
            } else {
                Pulled::Silence
            }
        } else {
            let cursor = self.next_cursor();
            self.play(cursor, out)
        };
        self.stats.concealed += u64::from(pulled == Pulled::Concealed);
        pulled
    }

    fn begin(&mut self, header: &Header, samples: u32) {
        self.ring.clear(0, RING_SAMPLES);
        self.stream = Some(Stream::begin(header, samples));
    }

    /// Puts a packet that belongs to the stream in its place, and learns from its lead.
    fn take(&mut self, timestamp: u32, codec: Codec, payload: &[u8]) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        let samples = payload.len() as u32;
        if let Some(lead) = stream.lead(timestamp, self.frame) {
            self.stats.late += u64::from(stream.is_past(timestamp));
            if stream.has_lost_time(lead) {
                self.stats.resynchronised += 1;
                stream.stop();
                stream.end = timestamp;
                self.ring.clear(0, RING_SAMPLES);
            } else {
                let more = stream.adaption.arrived(lead) as u32;
                stream.grow(more, self.frame);
                self.stats.grown += u64::from(more > 0);
            }
        }
        if stream.cursor.is_none() && distance(timestamp, stream.end) > AHEAD_SAMPLES_MAX {
            return;
        }
        let past = stream
            .cursor
            .map_or(0, |cursor| distance(timestamp, cursor).max(0)) as u32;
        if past >= samples {
            return;
        }
        let ahead = distance(stream.end, timestamp);
        if ahead > 0 {
            self.ring.clear(stream.end, ahead as u32);
        }
        let end = timestamp.wrapping_add(samples);
        if distance(stream.end, end) > 0 {
            stream.end = end;
            stream.packet = samples;
        }
        let past = stream
            .cursor
            .map_or(0, |cursor| distance(timestamp, cursor).max(0)) as u32;
        if let Some(rest) = payload.get(past as usize..) {
            self.ring.put(timestamp.wrapping_add(past), codec, rest);
        }
    }

    /// Where this tick plays from: where the last one ended, if nothing speaks against it.
    fn next_cursor(&mut self) -> u32 {
        let Some(stream) = &mut self.stream else {
            return 0;
        };
        let depth_max = DEPTH_FRAMES_MAX * self.frame as i32 + stream.packet as i32;
        match stream.cursor {
            Some(cursor) if distance(cursor, stream.end) <= depth_max => {}
            Some(_) => {
                self.stats.resynchronised += 1;
                stream.stop();
            }
            None => {}
        }
        let Some(cursor) = stream.cursor else {
            // Whole frames that end with the youngest sample: the least delay there can be.
            let cursor = stream
                .end
                .wrapping_sub(stream.packet.next_multiple_of(self.frame));
            let ahead = stream.end.wrapping_sub(cursor);
            self.ring.clear(stream.end, RING_SAMPLES - ahead);
            self.concealer.part();
            return cursor;
        };
        let spare = stream.adaption.tick();
        if spare == 0 {
            return cursor;
        }
        let overdue = stream.adaption.is_overdue();
        if !overdue && !self.is_quiet(cursor) {
            return cursor;
        }
        let by = if overdue { spare as u32 } else { 1 };
        self.shrink(cursor, by)
    }

    fn shrink(&mut self, cursor: u32, by: u32) -> u32 {
        if let Some(stream) = &mut self.stream {
            stream.adaption.shrunk(by as i32);
        }
        self.stats.shrunk += 1;
        self.concealer.part();
        self.ring.clear(cursor, by * self.frame);
        cursor.wrapping_add(by * self.frame)
    }

    fn is_quiet(&self, cursor: u32) -> bool {
        let mut samples = [0; (RING_SAMPLES / 16) as usize];
        let samples = &mut samples[..self.frame as usize];
        match self.ring.run(cursor, self.frame) {
            (true, there) if there == self.frame => self.ring.read(cursor, samples),
            (false, missing) if missing == self.frame => {}
            _ => return false,
        }
        let sum: u32 = samples
            .iter()
            .map(|&sample| u32::from(sample.unsigned_abs()))
            .sum();
        sum <= QUIET * self.frame
    }

    fn play(&mut self, cursor: u32, out: &mut [i16]) -> Pulled {
        let (mut voice, mut made) = (false, false);
        let mut at = cursor;
        let mut rest = &mut *out;
        while !rest.is_empty() {
            let (there, n) = self.ring.run(at, rest.len() as u32);
            let (part, after) = rest.split_at_mut(n as usize);
            if there {
                self.ring.read(at, part);
                self.concealer.voice(part);
                voice = true;
            } else {
                made |= self.concealer.conceal(part);
            }
            at = at.wrapping_add(n);
            rest = after;
        }
        self.ring.clear(cursor, out.len() as u32);
        if let Some(stream) = &mut self.stream {
            stream.cursor = Some(at);
            stream.missing = if voice {
                0
            } else {
                stream.missing.saturating_add(1)
            };
        }
        match (made, voice) {
            (true, _) => Pulled::Concealed,
            (false, true) => Pulled::Voice,
            (false, false) => Pulled::Silence,
        }
    }
}
