//! Numbers of the core, with their names in `/metrics`. Adjacent rows of the same family differ in
//! a label.

use confab_media::Counters as EngineCounters;
use confab_rest::{Family, Values};
use confab_switchboard::{Counters, Leftovers};

use crate::gauges::Mirror;

/// Numbers of an engine.
pub(crate) struct EngineNow {
    pub(crate) counters: EngineCounters,
    pub(crate) legs: usize,
    pub(crate) rooms: usize,
}

/// Numbers of the switchboard.
pub(crate) struct SwitchboardNow {
    pub(crate) counters: Counters,
    pub(crate) leftovers: Leftovers,
}

/// Number with its name and label.
pub(crate) struct Row<T> {
    family: &'static str,
    help: &'static str,
    label: Option<(&'static str, &'static str)>,
    /// True for a counter, false for a value that rises and falls.
    grows: bool,
    read: fn(&T) -> u64,
}

const fn row<T>(family: &'static str, help: &'static str, read: fn(&T) -> u64) -> Row<T> {
    Row {
        family,
        help,
        label: None,
        grows: true,
        read,
    }
}

impl<T> Row<T> {
    const fn of(mut self, label: &'static str, value: &'static str) -> Self {
        self.label = Some((label, value));
        self
    }

    const fn now(mut self) -> Self {
        self.grows = false;
        self
    }
}

/// Number of rows of an engine.
pub(crate) const ENGINE_ROWS: usize = ENGINE.len();
/// Number of rows of the switchboard.
pub(crate) const SWITCHBOARD_ROWS: usize = SWITCHBOARD.len();

const IN: (&str, &str) = (
    "confab_packets_in_total",
    "Packets taken from callers' phones",
);
const OUT: (&str, &str) = (
    "confab_packets_out_total",
    "Packets sent to callers' phones",
);
const DROPPED: (&str, &str) = (
    "confab_packets_dropped_total",
    "Packets that came to media ports and were dropped, by reason",
);
const STALE: (&str, &str) = (
    "confab_media_stale_total",
    "What came too late for its player, room or leg",
);

const ENGINE: [Row<EngineNow>; 19] = [
    row("confab_legs", "Legs now", |e: &EngineNow| e.legs as u64).now(),
    row(
        "confab_rooms",
        "Rooms that are mixed now",
        |e: &EngineNow| e.rooms as u64,
    )
    .now(),
    row(IN.0, IN.1, |e: &EngineNow| e.counters.rtp_in).of("kind", "rtp"),
    row(IN.0, IN.1, |e: &EngineNow| e.counters.rtcp_in).of("kind", "rtcp"),
    row(OUT.0, OUT.1, |e: &EngineNow| e.counters.rtp_out).of("kind", "rtp"),
    row(OUT.0, OUT.1, |e: &EngineNow| e.counters.rtcp_out).of("kind", "rtcp"),
    row(DROPPED.0, DROPPED.1, |e: &EngineNow| e.counters.no_such_leg).of("reason", "no_such_leg"),
    row(DROPPED.0, DROPPED.1, |e: &EngineNow| {
        e.counters.foreign_source
    })
    .of("reason", "foreign_source"),
    row(DROPPED.0, DROPPED.1, |e: &EngineNow| e.counters.unauthentic).of("reason", "unauthentic"),
    row(DROPPED.0, DROPPED.1, |e: &EngineNow| e.counters.malformed).of("reason", "malformed"),
    row(DROPPED.0, DROPPED.1, |e: &EngineNow| {
        e.counters.foreign_payload_type
    })
    .of("reason", "foreign_payload_type"),
    row(
        "confab_packets_missing_total",
        "RTP packets that were missing when a later one came; those that came after all included",
        |e: &EngineNow| e.counters.missing,
    ),
    row(
        "confab_packets_overtaken_total",
        "RTP packets that came after a later one",
        |e: &EngineNow| e.counters.overtaken,
    ),
    row(
        "confab_frames_concealed_total",
        "Frames made up because a packet was not there in time",
        |e: &EngineNow| e.counters.concealed,
    ),
    row(
        "confab_player_ticks_dry_total",
        "Ticks in which a player had run out of what it plays",
        |e: &EngineNow| e.counters.dry,
    ),
    row(STALE.0, STALE.1, |e: &EngineNow| e.counters.stale_chunks).of("what", "chunk"),
    row(STALE.0, STALE.1, |e: &EngineNow| e.counters.stale_commands).of("what", "command"),
    row(
        "confab_ticks_skipped_total",
        "Ticks left out because a media thread came far too late",
        |e: &EngineNow| e.counters.skipped_ticks,
    ),
    row(
        "confab_media_outputs_lost_total",
        "Packets and events of an engine that found no room",
        |e: &EngineNow| e.counters.lost_outputs,
    ),
];

const SIP_NOW: (&str, &str) = ("confab_sip_state", "What SIP keeps now");
const WAITING: (&str, &str) = ("confab_answers_awaited", "Questions without an answer now");

const SWITCHBOARD: [Row<SwitchboardNow>; 19] = [
    row("confab_calls", "Calls now", |s: &SwitchboardNow| {
        s.counters.calls
    })
    .now(),
    row(
        "confab_conferences",
        "Conferences now",
        |s: &SwitchboardNow| s.counters.conferences,
    )
    .now(),
    row(
        "confab_calls_total",
        "Calls since the start",
        |s: &SwitchboardNow| s.counters.calls_total,
    ),
    row(
        "confab_conferences_total",
        "Conferences since the start",
        |s: &SwitchboardNow| s.counters.conferences_total,
    ),
    row(
        "confab_calls_refused_total",
        "Calls refused: too many, or draining",
        |s: &SwitchboardNow| s.counters.calls_refused,
    ),
    row(
        "confab_sip_kept_flows",
        "SIP flows of phones behind NAT that are kept open now",
        |s: &SwitchboardNow| s.counters.kept_flows,
    )
    .now(),
    row(
        "confab_legs_moved_total",
        "Legs that went to the media thread of their conference",
        |s: &SwitchboardNow| s.counters.legs_moved,
    ),
    row(
        "confab_updates_busy_total",
        "Updates refused because the media thread had too much to do",
        |s: &SwitchboardNow| s.counters.updates_busy,
    ),
    row(
        "confab_updates_not_confirmed_total",
        "Updates whose tick the room did not tell in time",
        |s: &SwitchboardNow| s.counters.updates_not_confirmed,
    ),
    row(
        "confab_disagreements_total",
        "Times that rules and room did not agree: each is a fault of confab",
        |s: &SwitchboardNow| s.counters.disagreements,
    ),
    row(
        "confab_answers_stale_total",
        "Answers to questions that nobody has any more",
        |s: &SwitchboardNow| s.counters.stale_answers,
    ),
    row(
        "confab_webhooks_total",
        "Events told to applications",
        |s: &SwitchboardNow| s.counters.callbacks,
    ),
    row(
        "confab_notices_total",
        "Notifications",
        |s: &SwitchboardNow| s.counters.notices,
    ),
    row(
        "confab_sip_logins_failed_total",
        "SIP logins with an unknown user or a wrong password",
        |s: &SwitchboardNow| s.counters.failed_logins,
    ),
    row(
        "confab_sip_refused_by_limits_total",
        "SIP requests and connections refused by limits on their peer",
        |s: &SwitchboardNow| s.counters.refused_by_limits,
    ),
    row(SIP_NOW.0, SIP_NOW.1, |s: &SwitchboardNow| {
        s.leftovers.transactions as u64
    })
    .now()
    .of("kind", "transaction"),
    row(SIP_NOW.0, SIP_NOW.1, |s: &SwitchboardNow| {
        s.leftovers.dialogs as u64
    })
    .now()
    .of("kind", "dialog"),
    row(WAITING.0, WAITING.1, |s: &SwitchboardNow| {
        s.leftovers.fetches as u64
    })
    .now()
    .of("kind", "fetch"),
    row(WAITING.0, WAITING.1, |s: &SwitchboardNow| {
        s.leftovers.decodes as u64
    })
    .now()
    .of("kind", "decode"),
];

impl EngineNow {
    pub(crate) fn read(&self) -> [u64; ENGINE_ROWS] {
        std::array::from_fn(|n| (ENGINE[n].read)(self))
    }
}

impl SwitchboardNow {
    pub(crate) fn read(&self) -> [u64; SWITCHBOARD_ROWS] {
        std::array::from_fn(|n| (SWITCHBOARD[n].read)(self))
    }
}

pub(super) fn engines(shown: &Mirror<ENGINE_ROWS>) -> Vec<Family> {
    families(&ENGINE, |place| shown.get(place))
}

pub(super) fn switchboard(shown: &Mirror<SWITCHBOARD_ROWS>) -> Vec<Family> {
    families(&SWITCHBOARD, |place| shown.get(place))
}

fn families<T>(rows: &[Row<T>], value: impl Fn(usize) -> u64) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let value = value(place);
        let Some((label, of)) = row.label else {
            let values = if row.grows {
                Values::Counter(value)
            } else {
                Values::Gauge(value as f64)
            };
            families.push(family(row, values));
            continue;
        };
        if families.last().is_none_or(|last| last.name != row.family) {
            let values = if row.grows {
                Values::Counters(label, Vec::new())
            } else {
                Values::Gauges(label, Vec::new())
            };
            families.push(family(row, values));
        }
        match families.last_mut().map(|last| &mut last.values) {
            Some(Values::Counters(_, values)) => values.push((of.to_owned(), value)),
            Some(Values::Gauges(_, values)) => values.push((of.to_owned(), value as f64)),
            _ => {}
        }
    }
    families
}

fn family<T>(row: &Row<T>, values: Values) -> Family {
    Family {
        name: row.family,
        help: row.help,
        values,
    }
}
