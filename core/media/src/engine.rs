//! Engine: the complete state of a media thread. This file has the structure; the work is in
//! `apply`, `receive`, `tick` and `report`.

use core::time::Duration;

use confab_codec::OpusSettings;
use confab_mixer::Room;
use confab_rtp::rtcp::ReportBlock;
use confab_terms::limits::{MEDIA_COMMANDS_MAX, TICK};
use confab_terms::{Instant, LegId, RoomId, WallTime};
use serde::{Deserialize, Serialize};

use crate::counters::Counters;
use crate::leg::Leg;
use crate::music::prepare_music;
use crate::outbox::Outbox;
use crate::rates::Wanted;
use crate::scratch::Scratch;
use crate::shared::Shared;
use crate::slab::Slab;
use crate::tape::RoomTape;
use crate::{Output, Player};

/// Configuration of an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineConfig {
    /// Time of the first tick; further ticks follow every 20 ms.
    pub start: Instant,
    /// Time of day at `start`, for RTCP.
    pub wall: WallTime,
    /// Maximum number of voices in a room's sum, the loudest; 0: all.
    pub voices_max: usize,
    /// Settings of Opus encoders.
    pub opus: OpusSettings,
    /// True if rooms hear the digits of their participants.
    pub digits_in_rooms: bool,
    /// Time without RTP and RTCP from a leg until `Event::MediaTimeout`; `None`: never.
    pub media_timeout: Option<Duration>,
}

/// State of a media thread.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Engine {
    pub(crate) config: EngineConfig,
    pub(crate) ticks: u64,
    pub(crate) deadline: Instant,
    pub(crate) legs: Slab<Leg>,
    pub(crate) rooms: Slab<RoomAudio>,
    /// Changes that take effect on the next tick.
    pub(crate) unconfirmed: Vec<(RoomId, u64)>,
    pub(crate) outbox: Outbox,
    pub(crate) counters: Counters,
    /// Number of recordings in progress.
    pub(crate) tapes: usize,
    #[serde(skip)]
    pub(crate) scratch: Scratch,
}

/// Room, with the data that its listeners share in a tick.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RoomAudio {
    pub(crate) room: Room,
    pub(crate) wanted: Wanted,
    /// True if speech in the room is reported.
    pub(crate) tells_speech: bool,
    pub(crate) shared: Shared,
    pub(crate) tape: Option<Box<RoomTape>>,
}

impl Engine {
    /// Creates an engine without legs.
    #[must_use]
    pub fn new(config: EngineConfig) -> Self {
        // Computed here, so that no tick has to.
        prepare_music();
        Self {
            config,
            ticks: 0,
            deadline: config.start,
            legs: Slab::default(),
            rooms: Slab::default(),
            unconfirmed: Vec::with_capacity(MEDIA_COMMANDS_MAX),
            outbox: Outbox::default(),
            counters: Counters::default(),
            tapes: 0,
            scratch: Scratch::default(),
        }
    }

    /// Returns the next output, in order. Must be called after every `apply`, `receive` and `tick`
    /// until it returns `None`.
    pub fn poll_output(&mut self) -> Option<Output<'_>> {
        self.outbox.poll()
    }

    /// Returns the number of ticks so far, which is the number of the last tick.
    #[must_use]
    pub fn tick_count(&self) -> u64 {
        self.ticks
    }

    /// Returns the time of the next tick. The time is absolute: it does not drift.
    #[must_use]
    pub fn next_deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns the number of legs.
    #[must_use]
    pub fn leg_count(&self) -> usize {
        self.legs.len()
    }

    /// Returns the number of open rooms.
    #[must_use]
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// Returns the counters so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Returns the current players of a leg, each with its position.
    pub fn players(&self, leg: LegId) -> impl Iterator<Item = Player> + '_ {
        self.legs
            .get(leg.0)
            .into_iter()
            .flat_map(|leg| leg.ear.players())
    }

    /// Returns the phone's last report block on our stream (RTCP).
    #[must_use]
    pub fn heard_by_peer(&self, leg: LegId) -> Option<ReportBlock> {
        self.legs.get(leg.0)?.peer_reports.last
    }

    /// Returns whether a voice reaches a listener, as the room mixes it.
    #[must_use]
    pub fn audible(&self, room: RoomId, listener: LegId, speaker: LegId) -> bool {
        let room = self.rooms.get(room.0);
        room.is_some_and(|audio| audio.room.audible(listener, speaker))
    }

    /// Counts the tick; returns the number of ticks skipped because this tick is far too late.
    pub(crate) fn count_tick(&mut self, now: Instant) -> u32 {
        let late = now.saturating_since(self.deadline);
        // After a short stall the ticks catch up; a long stall is skipped, else a phone would
        // receive a second of audio in a burst.
        let skipped = if late > TICK * 10 {
            u32::try_from(late.as_nanos() / TICK.as_nanos()).unwrap_or(u32::MAX)
        } else {
            0
        };
        self.ticks += 1;
        self.deadline += TICK * skipped.saturating_add(1);
        self.counters.skipped_ticks += u64::from(skipped);
        skipped
    }
}
