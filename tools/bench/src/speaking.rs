//! Sender of a crowd's audio: absolute ticks of 20 ms, with the callers spread over the tick. All
//! payloads are encoded beforehand.

use std::sync::atomic::Ordering;
use std::time::Duration;

use confab_codec::PAYLOAD_BYTES_MAX;
use confab_sockets::{now, sleep_until, try_realtime};
use confab_terms::Instant;
use confab_terms::limits::TICK;

use crate::crowd::{Crowd, Talk};
use crate::histogram::Histogram;
use crate::signalling::payload_type;

const HEAD_BYTES: usize = 12;
/// Interval in which packets of several callers are sent together.
const SLOT: Duration = Duration::from_millis(1);
const SLOTS: usize = (TICK.as_nanos() / SLOT.as_nanos()) as usize;
/// Interval between silent frames of a listener, in frames: 400 ms, as Opus does (RFC 7587 §3.1.3).
const PAUSE_FRAMES: usize = 20;
/// Length of a piece of the moving tone, and of the pause after it, in frames.
const PIECE_FRAMES: usize = 12;
/// Distance between speakers of consecutive pieces: a prime, so that each caller speaks.
const STRIDE: usize = 7_919;

/// Departure of the first packet of a piece of the moving tone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) at: Instant,
    pub(crate) caller: usize,
}

#[derive(Clone, Copy)]
struct Mouth {
    sequence: u16,
    timestamp: u32,
    said_before: bool,
}

/// State of the sending thread.
pub(crate) struct Speaking<'a> {
    crowd: &'a Crowd,
    mouths: Vec<Mouth>,
    edges: Vec<Edge>,
    behind: Histogram,
}

impl<'a> Speaking<'a> {
    pub(crate) fn new(crowd: &'a Crowd) -> Self {
        let mouth = |n: usize| Mouth {
            sequence: (n * 251) as u16,
            timestamp: (n as u32).wrapping_mul(2_654_435_761),
            said_before: false,
        };
        Self {
            crowd,
            mouths: (0..crowd.cast.callers).map(mouth).collect(),
            edges: Vec::new(),
            behind: Histogram::default(),
        }
    }

    /// Sends until the crowd is stopped.
    pub(crate) fn run(mut self) -> (Vec<Edge>, Histogram) {
        try_realtime();
        let callers = self.mouths.len();
        let begin = now() + TICK;
        for frame in 0.. {
            for slot in 0..SLOTS {
                if self.crowd.stop.load(Ordering::Acquire) {
                    return (self.edges, self.behind);
                }
                let due = begin + TICK * frame as u32 + SLOT * slot as u32;
                sleep_until(due);
                let (from, to) = (slot * callers / SLOTS, (slot + 1) * callers / SLOTS);
                for caller in from..to {
                    self.say(caller, frame, due);
                }
            }
        }
        unreachable!("frames do not end")
    }

    fn say(&mut self, caller: usize, frame: usize, due: Instant) {
        let crowd = self.crowd;
        let codec = crowd.cast.codec;
        let mouth = &mut self.mouths[caller];
        let (sequence, timestamp) = (mouth.sequence, mouth.timestamp);
        mouth.timestamp = timestamp.wrapping_add(codec.clock_rate() / 50);
        let voices = &crowd.voices;
        let (begins, turn) = (
            frame.is_multiple_of(2 * PIECE_FRAMES),
            frame / (2 * PIECE_FRAMES),
        );
        let on_turn = crowd.cast.talk == Talk::Moving
            && frame % (2 * PIECE_FRAMES) < PIECE_FRAMES
            && (turn * STRIDE) % crowd.cast.callers == caller;
        let mut pauses = false;
        let payload = if crowd.cast.is_pilot(caller) || on_turn {
            &voices.tone[frame % voices.tone.len()]
        } else if crowd.cast.place(caller) < crowd.cast.speakers {
            &voices.noise[(frame + caller * 37) % voices.noise.len()]
        } else if (frame + caller).is_multiple_of(PAUSE_FRAMES) {
            pauses = true;
            &voices.silence
        } else {
            return;
        };
        let mut packet = [0; HEAD_BYTES + PAYLOAD_BYTES_MAX];
        let marker = if pauses || !mouth.said_before {
            0x80
        } else {
            0
        };
        packet[0] = 0x80;
        packet[1] = payload_type(codec) | marker;
        packet[2..4].copy_from_slice(&sequence.to_be_bytes());
        packet[4..8].copy_from_slice(&timestamp.to_be_bytes());
        packet[8..12].copy_from_slice(&(0x00c0_ffee ^ ((caller as u32) << 8)).to_be_bytes());
        let end = HEAD_BYTES + payload.len();
        packet[HEAD_BYTES..end].copy_from_slice(payload);
        mouth.said_before = true;
        mouth.sequence = sequence.wrapping_add(1);
        let at = now();
        self.behind.add(at.0.saturating_sub(due.0));
        if on_turn && begins {
            self.edges.push(Edge { at, caller });
        }
        crowd.sockets[caller].send(&packet[..end]);
    }
}
