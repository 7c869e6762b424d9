//! Jitter buffer: packets arrive irregularly; each tick plays out 20 ms of samples. The buffer
//! chooses the delay of the voice. Time is counted in ticks only: sockets are read on a tick, so a
//! late tick does not make a packet late.

mod adaption;
mod codes;
mod conceal;
mod fixed;
mod order;
mod pace;
mod packets;
mod playing;
mod ring;
mod slips;
mod stats;
mod store;
mod stream;
mod stretch;

pub use stats::{JitterStats, Pulled};

use confab_codec::OpusSpares;
use confab_terms::{Codec, Instant};
use serde::{Deserialize, Serialize};

use crate::Header;
use order::Place;
use pace::Pace;
use store::Store;
use stream::{Stream, ahead_max, distance};

/// Ingress voice of one leg, from packets to frames. All memory is allocated at creation, except
/// for an Opus decoder, which is lent to the buffer while there is voice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JitterBuffer {
    /// Timestamp units in 20 ms.
    frame: u32,
    store: Store,
    stream: Option<Stream>,
    pace: Pace,
    stats: JitterStats,
}

impl JitterBuffer {
    /// Creates an empty buffer for voice in this codec.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        Self {
            frame: codec.frame_units(),
            store: Store::new(codec),
            stream: None,
            pace: Pace::new(codec.frame_units()),
            stats: JitterStats::default(),
        }
    }

    /// Returns the duration of a payload in timestamp units; `None` if the payload is not voice.
    #[must_use]
    pub fn units(&self, payload: &[u8]) -> Option<u32> {
        self.store.units(payload)
    }

    /// Returns whether playing this payload would allocate memory, since a decoder is missing.
    #[must_use]
    pub fn lacks_decoder(&self, payload: &[u8]) -> bool {
        self.store.lacks_decoder(payload)
    }

    /// Returns whether the buffer holds a decoder: voice arrives, or arrived recently.
    #[must_use]
    pub fn has_decoder(&self) -> bool {
        self.store.has_decoder()
    }

    /// Returns whether all output is silence: the buffer holds no decoder, since all received
    /// packets denote silence.
    #[must_use]
    pub fn is_mute(&self) -> bool {
        self.store.is_mute()
    }

    /// Takes a decoder if the codec needs one.
    pub fn equip(&mut self, spares: &mut OpusSpares) {
        self.store.equip(spares);
    }

    /// Gives the decoder back after a long time without voice. Call once per tick.
    pub fn rest(&mut self, spares: &mut OpusSpares) {
        self.store.rest(spares);
    }

    /// Gives the decoder back immediately.
    pub fn release(&mut self, spares: &mut OpusSpares) {
        self.store.release(spares);
    }

    /// Returns the statistics.
    #[must_use]
    pub fn stats(&self) -> JitterStats {
        let buffered = self.stream.as_ref().map_or(0, |stream| {
            let cursor = stream
                .cursor
                .unwrap_or(stream.end.wrapping_sub(stream.packet));
            distance(cursor, stream.end).max(0) as u32 + stream.owed
        });
        JitterStats {
            depth_ms: buffered * 20 / self.frame,
            ..self.stats
        }
    }

    /// Returns the number of packets missing when a later one arrived, and of those that arrived
    /// after all.
    #[must_use]
    pub fn lost_and_reordered(&self) -> (u64, u64) {
        let JitterStats {
            lost, reordered, ..
        } = self.stats;
        // `lost` excludes packets that arrived late.
        (lost + reordered, reordered)
    }

    /// Accepts a packet of the same stream without voice, such as a digit; its sequence number is
    /// not counted as lost.
    pub fn pass_over(&mut self, header: &Header) {
        if let Some(stream) = &mut self.stream {
            self.stats.lost += u64::from(stream.order.pass_over(header).unwrap_or(0));
        }
    }

    /// Accepts a packet of the same stream that announces silence (comfort noise, RFC 3389).
    /// Neither the packet nor the voice that does not follow is counted as lost.
    pub fn pause(&mut self, header: &Header) {
        if let Some(stream) = &mut self.stream
            && let Some(lost) = stream.order.pass_over(header)
        {
            self.stats.lost += u64::from(lost);
            stream.paused = true;
        }
    }

    /// Drops the samples of `ticks` omitted ticks, so that the omission adds no delay. Call after
    /// inserting the packets that waited meanwhile.
    pub fn skip(&mut self, ticks: u32) {
        self.pace.tick(ticks);
        let Some(stream) = &mut self.stream else {
            return;
        };
        let held = (stream.owed / self.frame).min(ticks);
        stream.owed -= held * self.frame;
        let samples = (ticks - held).saturating_mul(self.frame);
        if let Some(cursor) = stream.cursor.filter(|_| samples > 0) {
            self.store.clear(cursor, samples);
            stream.cursor = Some(cursor.wrapping_add(samples));
            // Concealment would have faded to silence during the omitted ticks.
            self.store.forget();
        }
    }

    /// Inserts the payload of a packet (of the agreed payload type, from the locked source).
    pub fn insert(&mut self, _now: Instant, header: &Header, payload: &[u8]) {
        self.stats.received += 1;
        let Some(samples) = self.store.units(payload) else {
            self.stats.strayed += 1;
            return;
        };
        let Some(stream) = &mut self.stream else {
            self.pace.accepted(header, header.timestamp, samples);
            self.begin(header, samples);
            self.store.put(header.timestamp, payload, 0);
            return;
        };
        let raw = header;
        let header = &Header {
            timestamp: self.pace.place(raw),
            ..*raw
        };
        let place = stream.place(header, samples);
        if matches!(place, Place::Next { .. } | Place::NewStream)
            && self.pace.accepted(raw, header.timestamp, samples)
        {
            self.stats.resynchronised += 1;
            self.begin(raw, samples);
            self.store.put(raw.timestamp, payload, 0);
            return;
        }
        match place {
            Place::Next { skipped } => {
                self.stats.lost += u64::from(skipped);
                // A timestamp gap without lost packets is a pause.
                if skipped == 0 && distance(stream.end, header.timestamp) > 0 {
                    let guessed = u64::from(stream.guessed);
                    self.stats.concealed = self.stats.concealed.saturating_sub(guessed);
                    self.store.rests();
                }
            }
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
        self.take(header.timestamp, samples, payload);
    }

    fn begin(&mut self, header: &Header, samples: u32) {
        self.store.keep(0, 0);
        self.stream = Some(Stream::begin(header, samples, self.frame));
    }

    /// Stores a packet of the stream and adapts the delay to its lead.
    fn take(&mut self, timestamp: u32, samples: u32, payload: &[u8]) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        stream.guessed = 0;
        stream.paused = false;
        if let Some(lead) = stream.lead(timestamp) {
            self.stats.late += u64::from(stream.is_past(timestamp));
            if stream.has_lost_time(lead) {
                self.stats.resynchronised += 1;
                stream.stop();
                stream.end = timestamp;
                self.store.keep(0, 0);
            } else {
                let more = stream.adaption.arrived(lead);
                // The owed delay compensates for the lateness and is needed now.
                if more > 0 || stream.owed > 0 && stream.is_past(timestamp) {
                    stream.grow(more, self.store.complete());
                    self.stats.grown += u64::from(more > 0);
                }
            }
        }
        if stream.cursor.is_none() && distance(timestamp, stream.end) > ahead_max(self.frame) {
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
            self.store.clear(stream.end, ahead as u32);
        }
        let end = timestamp.wrapping_add(samples);
        if distance(stream.end, end) > 0 {
            stream.end = end;
            stream.packet = samples;
        }
        let past = stream
            .cursor
            .map_or(0, |cursor| distance(timestamp, cursor).max(0)) as u32;
        self.store.put(timestamp, payload, past);
    }
}
