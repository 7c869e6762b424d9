//! Plan of the runs and their results. Runs are executed in rounds, so that a disturbance of the
//! machine affects all runs alike.

use std::time::Duration;

use anyhow::Result;
use confab_terms::Codec;

use crate::crowd::{Cast, Talk};
use crate::ear::Counts;
use crate::histogram::{median, percentile_of};
use crate::run::{Scenario, Taken, Times, run};

/// Settings: all voices are mixed, as the peers do.
const ALL_MIXED: &[(&str, &str)] = &[("CONFAB_MIX_VOICES_MAX", "0")];
/// Settings: defaults, with the sixteen loudest voices mixed.
const AS_IT_COMES: &[(&str, &str)] = &[];

/// Purpose of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// One room, all send, all are mixed.
    OneRoom,
    /// Rooms of five, all send, all are mixed.
    RoomsOfFive,
    /// One room, all send, default settings.
    Loudest,
    /// One room, few speak.
    Listeners,
    /// Delay of audio from ingress to egress.
    Through,
    /// Delay from an API request to the audible change.
    Updates,
}

/// Scenario, and the results of its rounds.
pub(crate) struct Row {
    pub(crate) figure: Figure,
    pub(crate) scenario: Scenario,
    pub(crate) taken: Vec<Taken>,
    /// Error of a failed round.
    pub(crate) failed: Option<String>,
}

/// Size of the plan.
pub(crate) struct Plan {
    pub(crate) times: Times,
    one_room: &'static [usize],
    /// Number of callers in the figures after the first.
    many: usize,
    most: usize,
    through: usize,
    updates: usize,
}

impl Plan {
    pub(crate) fn full() -> Self {
        Self {
            times: Times {
                warm: Duration::from_secs(3),
                window: Duration::from_secs(10),
                floor_window: Duration::from_secs(8),
                rounds: 3,
                updates: 40,
            },
            one_room: &[50, 100, 200, 400, 500, 800, 1_000, 2_000],
            many: 200,
            most: 2_000,
            through: 100,
            updates: 500,
        }
    }

    /// Returns a short plan for a check of the program.
    pub(crate) fn quick() -> Self {
        Self {
            times: Times {
                warm: Duration::from_secs(2),
                window: Duration::from_secs(4),
                floor_window: Duration::from_secs(3),
                rounds: 1,
                updates: 10,
            },
            one_room: &[20, 50],
            many: 20,
            most: 50,
            through: 20,
            updates: 50,
        }
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        let cast = |callers, rooms, speakers, codec| Cast {
            callers,
            rooms,
            speakers,
            codec,
            talk: Talk::Pilot,
        };
        let pcmu = |callers| cast(callers, 1, callers, Codec::Pcmu);
        let mut rows: Vec<Row> = (self.one_room.iter())
            .map(|&n| Row::new(Figure::OneRoom, pcmu(n), ALL_MIXED))
            .collect();
        let rooms_of_five = cast(self.many, self.many / 5, 5, Codec::Pcmu);
        rows.push(Row::new(Figure::RoomsOfFive, rooms_of_five, ALL_MIXED));
        for callers in [self.many, self.most] {
            rows.push(Row::new(Figure::Loudest, pcmu(callers), AS_IT_COMES));
        }
        for listening in [
            cast(self.many, 1, 3, Codec::Pcmu),
            cast(self.many, 1, 3, Codec::Opus),
            cast(self.most, 1, 5, Codec::Pcmu),
            cast(self.most, 1, 5, Codec::Opus),
        ] {
            rows.push(Row::new(Figure::Listeners, listening, AS_IT_COMES));
        }
        let moving = Cast {
            talk: Talk::Moving,
            ..pcmu(self.through)
        };
        rows.push(Row::new(Figure::Through, moving, ALL_MIXED));
        let mut updates = Row::new(Figure::Updates, pcmu(self.updates), ALL_MIXED);
        updates.scenario.updates = true;
        rows.push(updates);
        rows
    }

    /// Executes all rounds; a failure is printed and recorded, and the remaining runs continue.
    pub(crate) fn take(&self, rows: &mut [Row]) {
        for round in 1..=self.times.rounds {
            for row in &mut *rows {
                let name = &row.scenario.name;
                println!("round {round} of {}: {name}", self.times.rounds);
                let outcome = run(&row.scenario, self.times);
                row.note(outcome);
            }
        }
    }
}

impl Row {
    fn new(figure: Figure, cast: Cast, settings: &'static [(&'static str, &'static str)]) -> Self {
        let Cast {
            callers,
            rooms,
            speakers,
            codec,
            ..
        } = cast;
        let name = format!(
            "{figure:?} {}: {callers} callers, {rooms} rooms, {speakers} speakers in each",
            codec.name()
        );
        Self {
            figure,
            scenario: Scenario {
                name,
                cast,
                settings,
                updates: false,
            },
            taken: Vec::new(),
            failed: None,
        }
    }

    fn note(&mut self, outcome: Result<Taken>) {
        match outcome {
            Ok(taken) => {
                let counts = taken.counts;
                println!(
                    "    {:.3} ms a participant-second ({:.2} × the floor's {:.3}), {:.0} KB; {} \
                     frames, {} missing, {} late, {} repeated, p99 off 20 ms by {:.2} ms (floor \
                     {:.2}); tone: {} without, {} slips of {}; {} up; behind {:.2} %",
                    taken.cpu,
                    taken.cpu / taken.floor_cpu,
                    taken.floor_cpu,
                    taken.rss,
                    counts.frames,
                    counts.missing,
                    counts.late,
                    counts.repeated,
                    taken.off_beat_p99,
                    taken.floor_off_beat_p99,
                    counts.without_tone,
                    counts.slips,
                    counts.searched,
                    taken.up,
                    taken.behind * 100.0,
                );
                for (what, values) in [
                    ("in -> out", &taken.through),
                    ("mute", &taken.mutes),
                    ("unmute", &taken.unmutes),
                ] {
                    if !values.is_empty() {
                        let (half, most) =
                            (percentile_of(values, 0.5), percentile_of(values, 0.99));
                        println!("    {what}: p50 {half:.1} ms, p99 {most:.1} ms");
                    }
                }
                self.taken.push(taken);
            }
            Err(error) => {
                println!("    failed: {error:#}");
                let first = format!("{error:#}");
                self.failed = first.lines().next().map(str::to_owned);
            }
        }
    }

    pub(crate) fn callers(&self) -> usize {
        self.scenario.cast.callers
    }

    /// Returns the median of the rounds.
    pub(crate) fn of(&self, value: impl Fn(&Taken) -> f64) -> f64 {
        median(self.taken.iter().map(value))
    }

    /// Returns the cost of confab relative to the floor of the same run.
    pub(crate) fn ratio(&self) -> f64 {
        self.of(|taken| taken.cpu / taken.floor_cpu)
    }

    /// Returns the counts of all rounds together: a frame missing in one round is counted as
    /// missing.
    pub(crate) fn counts(&self) -> Counts {
        let mut all = Counts::default();
        for taken in &self.taken {
            all.add(taken.counts);
        }
        all
    }

    /// Returns a percentile of the values of all rounds together.
    pub(crate) fn share(&self, values: impl Fn(&Taken) -> &Vec<f64>, share: f64) -> f64 {
        let all: Vec<f64> = self.taken.iter().flat_map(|t| values(t).clone()).collect();
        percentile_of(&all, share)
    }

    /// Returns the minimum number of calls that were up at the end of a round.
    pub(crate) fn up(&self) -> usize {
        self.taken.iter().map(|taken| taken.up).min().unwrap_or(0)
    }
}
