//! Queue of outputs for `poll_output`, in order. Packets are ranges of an arena that is reused.

use confab_terms::limits::MEDIA_OUTPUTS_MAX;
use confab_terms::{Digit, LegId, PlayerId, Rate, RecordingSid, SocketAddr, SoundId};
use serde::{Deserialize, Serialize};

use crate::counters::Counters;
use crate::leg::Leg;
use crate::origin::Verdict;
use crate::{Chunk, Component, Event, Output};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outbox {
    waiting: Vec<Waiting>,
    next: usize,
    bytes: Vec<u8>,
    /// Samples of recordings.
    samples: Vec<i16>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Waiting {
    Packet {
        leg: LegId,
        component: Component,
        to: SocketAddr,
        start: u32,
        length: u16,
    },
    Locked {
        leg: LegId,
        component: Component,
        peer: SocketAddr,
    },
    Unlocked {
        leg: LegId,
    },
    Wants {
        leg: LegId,
        player: PlayerId,
        sound: SoundId,
        position: u64,
        rate: Rate,
    },
    Recorded {
        recording: RecordingSid,
        rate: Rate,
        channels: u8,
        missing: u32,
        start: u32,
        length: u32,
    },
    RecordingOver(RecordingSid),
    Event(Event),
    Taken,
}

impl Outbox {
    /// Reserves memory for the outputs of these legs in a tick, so that the tick need not allocate.
    pub(crate) fn reserve(&mut self, legs: usize, bytes_a_leg: usize) {
        let waiting = legs.min(MEDIA_OUTPUTS_MAX / 4) * 4;
        self.waiting
            .reserve(waiting.saturating_sub(self.waiting.len()));
        let bytes = legs * bytes_a_leg;
        self.bytes.reserve(bytes.saturating_sub(self.bytes.len()));
    }

    /// Returns space for a packet, to be filled immediately; `None` if the queue is full.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most MEDIA_OUTPUTS_MAX packets of at most RTP_PACKET_BYTES_MAX"
    )]
    pub(crate) fn packet(
        &mut self,
        leg: LegId,
        component: Component,
        to: SocketAddr,
        length: usize,
    ) -> Option<&mut [u8]> {
        if self.is_full() {
            return None;
        }
        let start = self.bytes.len();
        self.bytes.resize(start + length, 0);
        self.waiting.push(Waiting::Packet {
            leg,
            component,
            to,
            start: start as u32,
            length: length as u16,
        });
        Some(&mut self.bytes[start..])
    }

    /// Removes the packet that `packet` added last.
    pub(crate) fn retract(&mut self) {
        if let Some(Waiting::Packet { start, .. }) = self.waiting.last() {
            self.bytes.truncate(*start as usize);
            self.waiting.pop();
        }
    }

    /// Reports a source that is locked. Returns whether its packet is used.
    pub(crate) fn source(
        &mut self,
        leg: LegId,
        component: Component,
        from: SocketAddr,
        verdict: Verdict,
    ) -> bool {
        if verdict == Verdict::Lock {
            self.locked(leg, component, from);
        }
        verdict != Verdict::Drop
    }

    fn locked(&mut self, leg: LegId, component: Component, peer: SocketAddr) {
        self.waiting.push(Waiting::Locked {
            leg,
            component,
            peer,
        });
    }

    pub(crate) fn unlocked(&mut self, leg: LegId) {
        self.waiting.push(Waiting::Unlocked { leg });
    }

    /// Enqueues a request for sound; a lost request is repeated later.
    pub(crate) fn wants(
        &mut self,
        leg: LegId,
        player: PlayerId,
        sound: SoundId,
        (position, rate): (u64, Rate),
    ) {
        if !self.is_full() {
            self.waiting.push(Waiting::Wants {
                leg,
                player,
                sound,
                position,
                rate,
            });
        }
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.waiting.push(Waiting::Event(event));
    }

    /// Reserves memory for the recordings of a tick.
    pub(crate) fn reserve_samples(&mut self, samples: usize) {
        self.samples
            .reserve(samples.saturating_sub(self.samples.len()));
    }

    /// Enqueues a chunk of a recording. Returns false if the queue is full and the chunk is lost.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most MEDIA_OUTPUTS_MAX chunks of a few thousand samples"
    )]
    pub(crate) fn recorded(&mut self, chunk: Chunk<'_>) -> bool {
        if self.is_full() {
            return false;
        }
        self.waiting.push(Waiting::Recorded {
            recording: chunk.recording,
            rate: chunk.rate,
            channels: chunk.channels,
            missing: chunk.missing,
            start: self.samples.len() as u32,
            length: chunk.samples.len() as u32,
        });
        self.samples.extend_from_slice(chunk.samples);
        true
    }

    pub(crate) fn recording_over(&mut self, recording: RecordingSid) {
        self.waiting.push(Waiting::RecordingOver(recording));
    }

    /// Enqueues a received digit.
    pub(crate) fn digit(&mut self, leg: LegId, digit: Digit, counters: &mut Counters) {
        if self.is_full() {
            counters.lost_outputs += 1;
        } else {
            self.event(Event::Digit { leg, digit });
        }
    }

    /// Reports changes of a leg's speech. While the queue is full, no state changes, so that no
    /// change is lost.
    pub(crate) fn speech(&mut self, leg: &mut Leg, loudness: Option<u64>) {
        if self.is_full() {
            return;
        }
        let told = match loudness {
            Some(energy) => leg.speech.hears(energy),
            None => leg.speech.is_unheard(),
        };
        if let Some(speaks) = told {
            self.event(Event::Speech {
                leg: leg.id,
                speaks,
            });
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= MEDIA_OUTPUTS_MAX
    }

    pub(crate) fn poll(&mut self) -> Option<Output<'_>> {
        let Some(waiting) = self.waiting.get_mut(self.next) else {
            self.waiting.clear();
            self.bytes.clear();
            self.samples.clear();
            self.next = 0;
            return None;
        };
        self.next += 1;
        Some(match core::mem::replace(waiting, Waiting::Taken) {
            Waiting::Packet {
                leg,
                component,
                to,
                start,
                length,
            } => Output::Packet {
                leg,
                component,
                to,
                bytes: &self.bytes[start as usize..][..usize::from(length)],
            },
            Waiting::Locked {
                leg,
                component,
                peer,
            } => Output::Locked {
                leg,
                component,
                peer,
            },
            Waiting::Unlocked { leg } => Output::Unlocked { leg },
            Waiting::Wants {
                leg,
                player,
                sound,
                position,
                rate,
            } => Output::Wants {
                leg,
                player,
                sound,
                position,
                rate,
            },
            Waiting::Recorded {
                recording,
                rate,
                channels,
                missing,
                start,
                length,
            } => Output::Recorded(Chunk {
                recording,
                rate,
                channels,
                missing,
                samples: &self.samples[start as usize..][..length as usize],
            }),
            Waiting::RecordingOver(recording) => Output::RecordingOver(recording),
            Waiting::Event(event) => Output::Event(event),
            Waiting::Taken => unreachable!("each place is polled once"),
        })
    }
}
