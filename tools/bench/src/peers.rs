//! Costs of other servers, measured in November 2026 with the same work on a machine with two
//! cores. Constants only: they are not measured again here.

/// Smallest and largest median of several series; `None`: not measured.
pub(crate) type Span = Option<(f64, f64)>;

/// Other server, with its figures.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) colour: &'static str,
    /// By callers: processor time in ms per participant-second, for one room and for rooms of five.
    pub(crate) cost: &'static [(usize, Span, Span)],
    /// Resident memory in kB per participant.
    pub(crate) rss: (f64, f64),
    pub(crate) threads: &'static str,
    /// p99 of |interarrival − 20 ms| at 400 callers.
    pub(crate) off_beat: &'static str,
    /// Delay of audio from ingress to egress in ms, p50 and p99.
    pub(crate) through: ((f64, f64), f64),
    /// Delays of mute and unmute in ms, p50 and p99, at 200 callers.
    pub(crate) updates: Option<[((f64, f64), f64); 2]>,
    pub(crate) remark: &'static str,
}

const fn one(value: f64) -> Span {
    Some((value, value))
}

const fn span(low: f64, high: f64) -> Span {
    Some((low, high))
}

pub(crate) const PEERS: &[Peer] = &[
    Peer {
        name: "FreeSWITCH",
        what: "FreeSWITCH 1.11.2, mod_conference",
        colour: "#c0504d",
        cost: &[
            (50, span(2.15, 2.57), span(2.40, 2.81)),
            (100, span(2.02, 2.31), span(2.16, 2.40)),
            (200, span(2.01, 2.05), span(2.25, 2.36)),
            (400, span(1.98, 2.27), span(2.04, 2.43)),
        ],
        rss: (680.0, 730.0),
        threads: "2.0–2.2",
        off_beat: "0.13–0.52",
        through: ((20.0, 21.0), 29.0),
        updates: Some([((17.0, 17.0), 26.0), ((44.0, 49.0), 63.0)]),
        remark: "At 800 in one room 68 heard nothing; with rooms of 5, 38 % of all frames were \
                 missing.",
    },
    Peer {
        name: "Asterisk",
        what: "Asterisk 22.10, ConfBridge",
        colour: "#e0a030",
        cost: &[
            (50, span(1.82, 1.96), span(2.10, 2.36)),
            (100, one(1.45), one(1.86)),
            (200, span(1.24, 1.46), span(1.76, 1.89)),
            (400, span(1.28, 1.68), span(1.83, 1.97)),
            (800, one(1.19), None),
        ],
        rss: (226.0, 259.0),
        threads: "1.0–1.7",
        off_beat: "1.3–2.4",
        through: ((21.0, 21.0), 21.0),
        updates: None,
        remark: "At 800 its p99 of |interarrival − 20 ms| was 4 ms.",
    },
    Peer {
        name: "Janus",
        what: "Janus 1.1.2, AudioBridge (plain RTP, no SIP)",
        colour: "#7f9f5f",
        cost: &[
            (50, one(1.34), one(1.70)),
            (100, one(1.33), one(1.51)),
            (200, one(1.19), one(1.50)),
            (400, one(1.25), one(1.43)),
            (800, one(1.07), None),
        ],
        rss: (280.0, 400.0),
        threads: "3",
        off_beat: "4.5",
        through: ((128.0, 128.0), 131.0),
        updates: None,
        remark: "At 800 in one room it took 1,261 KB a participant, and its p99 was 5 ms.",
    },
];

impl Peer {
    /// Returns the cost at a number of callers, in one room or in rooms of five.
    pub(crate) fn cost_at(&self, callers: usize, rooms_of_five: bool) -> Span {
        let row = self.cost.iter().find(|(at, ..)| *at == callers)?;
        if rooms_of_five { row.2 } else { row.1 }
    }
}

/// Formats a span for tables.
pub(crate) fn shown(span: Span, digits: usize) -> String {
    match span {
        Some((low, high)) if low < high => format!("{low:.digits$}–{high:.digits$}"),
        Some((low, _)) => format!("{low:.digits$}"),
        None => "–".to_owned(),
    }
}

/// Returns the middle of a span, for plots.
pub(crate) fn middle((low, high): (f64, f64)) -> f64 {
    f64::midpoint(low, high)
}
