//! The engine: all that one media thread knows. This file holds it together; what it does is in
//! the files named for it: `apply`, `receive`, `tick`, `report`.

use core::time::Duration;

use confab_codec::OpusSettings;
use confab_mixer::Room;
use confab_rtp::rtcp::ReportBlock;
use confab_terms::limits::{MEDIA_COMMANDS_MAX, TICK};
use confab_terms::{Instant, LegId, Rate, RoomId, WallTime};
use serde::{Deserialize, Serialize};

use crate::counters::Counters;
use crate::leg::Leg;
use crate::music::music;
use crate::outbox::Outbox;
use crate::rates::Wanted;
use crate::scratch::Scratch;
use crate::shared::Shared;
use crate::slab::Slab;
use crate::tape::RoomTape;
use crate::{Output, Player};

/// What an engine is told once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineConfig {
    /// The first tick is due then, and one every 20 ms after it.
    pub start: Instant,
    /// The time of day at `start`, for RTCP.
    pub wall: WallTime,
    /// A room sums so many voices at most, the loudest; 0: all.
    pub voices_max: usize,
    /// How Opus is encoded.
    pub opus: OpusSettings,
    /// A room hears the keys that are pressed in it.
    pub digits_in_rooms: bool,
    /// Time without RTP and RTCP from a leg until `Event::MediaTimeout`; `None`: never.
    pub media_timeout: Option<Duration>,
}

/// All that one media thread knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Engine {
    pub(crate) config: EngineConfig,
    pub(crate) ticks: u64,
    pub(crate) deadline: Instant,
    pub(crate) legs: Slab<Leg>,
    pub(crate) rooms: Slab<RoomAudio>,
    /// Changes that hold from the next tick on.
    pub(crate) unconfirmed: Vec<(RoomId, u64)>,
    pub(crate) outbox: Outbox,
    pub(crate) counters: Counters,
    /// Recordings that are taken now.
    pub(crate) tapes: usize,
    #[serde(skip)]
    pub(crate) scratch: Scratch,
}

/// A room, and what its listeners share in one tick.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RoomAudio {
    pub(crate) room: Room,
    pub(crate) wanted: Wanted,
    /// Somebody wants to know who speaks.
    pub(crate) tells_speech: bool,
    pub(crate) shared: Shared,
    pub(crate) tape: Option<Box<RoomTape>>,
}

impl Engine {
    /// An engine without legs.
    #[must_use]
    pub fn new(config: EngineConfig) -> Self {
        // Made now, so that no tick has to.
        for rate in Rate::ALL {
            music(rate);
        }
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

    /// The next thing to be done, in order. To be asked after every `apply`, `receive` and
    /// `tick`, until there is none.
    pub fn poll_output(&mut self) -> Option<Output<'_>> {
        self.outbox.poll()
    }

    /// How many ticks there were: the number of the last one.
    #[must_use]
    pub fn tick_count(&self) -> u64 {
        self.ticks
    }

    /// When the next tick is due. An absolute time: it does not drift.
    #[must_use]
    pub fn next_deadline(&self) -> Instant {
        self.deadline
    }

    /// Legs that are here.
    #[must_use]
    pub fn leg_count(&self) -> usize {
        self.legs.len()
    }

    /// Rooms that are open.
    #[must_use]
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// What went wrong in the world so far, and how much of it went right.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// What plays to a leg now, each with its position.
    pub fn players(&self, leg: LegId) -> impl Iterator<Item = Player> + '_ {
        self.legs
            .get(leg.0)
            .into_iter()
            .flat_map(|leg| leg.ear.players())
    }

    /// What a phone last reported of how it receives us (RTCP).
    #[must_use]
    pub fn heard_by_peer(&self, leg: LegId) -> Option<ReportBlock> {
        self.legs.get(leg.0)?.peer_reports.last
    }

    /// Whether a voice reaches a listener, as the room mixes it.
    #[must_use]
    pub fn audible(&self, room: RoomId, listener: LegId, speaker: LegId) -> bool {
        let room = self.rooms.get(room.0);
        room.is_some_and(|audio| audio.room.audible(listener, speaker))
    }

    /// Counts the tick, and says how many were left out because this one is far too late.
    pub(crate) fn count_tick(&mut self, now: Instant) -> u32 {
        let late = now.saturating_since(self.deadline);
        // A stall is made up for by ticking faster, but only a short one: else a phone would get
        // a second of audio in a burst.
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
