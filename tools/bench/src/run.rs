//! A run: a crowd calls a server, sends, is measured, and hangs up; then the same crowd uses the
//! floor.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use confab_sockets::{now, sleep_until};
use confab_terms::{Codec, Instant};

use crate::crowd::{CALLERS_IP, Cast, Crowd, Heard, Talk};
use crate::ear::{Counts, Window};
use crate::floor::Floor;
use crate::process::{Look, look};
use crate::server::{Api, Server};
use crate::signalling::{Signalling, payload_type};

/// Maximum delay of a piece of the tone; beyond, the piece counts as lost.
const HEARD_WITHIN: Duration = Duration::from_millis(200);
/// Maximum delay of a change by the API; beyond, the change counts as lost.
const CHANGED_WITHIN: Duration = Duration::from_secs(1);

/// Durations and repetitions of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) warm: Duration,
    pub(crate) window: Duration,
    pub(crate) floor_window: Duration,
    pub(crate) rounds: usize,
    /// Number of mutes, and of unmutes, in a round.
    pub(crate) updates: u32,
}

/// Scenario of a run.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) cast: Cast,
    /// Settings of the server, in addition to the usual ones.
    pub(crate) settings: &'static [(&'static str, &'static str)],
    /// True if the first caller is muted and unmuted during the run.
    pub(crate) updates: bool,
}

/// Results of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    /// Processor time in ms per participant-second.
    pub(crate) cpu: f64,
    /// Resident memory in kB per participant, beyond that of the idle server.
    pub(crate) rss: f64,
    pub(crate) threads: f64,
    pub(crate) counts: Counts,
    pub(crate) off_beat_p50: f64,
    pub(crate) off_beat_p99: f64,
    pub(crate) off_beat_longest: f64,
    /// Number of calls that were up at the end of the run.
    pub(crate) up: usize,
    /// Share of the crowd's own packets that were sent more than 5 ms late.
    pub(crate) behind: f64,
    pub(crate) payload_bytes: f64,
    /// Delays of audio from ingress to egress, in ms.
    pub(crate) through: Vec<f64>,
    pub(crate) mutes: Vec<f64>,
    pub(crate) unmutes: Vec<f64>,
    pub(crate) floor_cpu: f64,
    pub(crate) floor_off_beat_p99: f64,
    /// Share of the floor's frames that arrived late.
    pub(crate) floor_late: f64,
}

/// Executes a scenario with confab, then with the floor.
pub(crate) fn run(scenario: &Scenario, times: Times) -> Result<Taken> {
    let mut taken = against_confab(scenario, times)?;
    against_floor(scenario, times, &mut taken)?;
    Ok(taken)
}

/// Measures a process during the window of a crowd that sends.
fn measured(crowd: &Crowd, pid: u32, warm: Duration, window: Duration) -> Result<(Look, Look)> {
    sleep_until(now() + warm);
    let from = now() + Duration::from_millis(100);
    let to = from + window;
    crowd.measure(Window { from, to });
    sleep_until(from);
    let before = look(pid)?;
    sleep_until(to);
    Ok((before, look(pid)?))
}

fn cost(crowd: &Crowd, (before, after): (Look, Look)) -> f64 {
    let participant_seconds = crowd.window().seconds() * crowd.cast.callers as f64;
    (after.cpu_s - before.cpu_s) * 1_000.0 / participant_seconds
}

fn against_confab(scenario: &Scenario, times: Times) -> Result<Taken> {
    let cast = scenario.cast;
    let server = Server::start(scenario.settings)?;
    let idle = look(server.pid())?;
    let crowd = Crowd::new(cast)?;
    let from: SocketAddr = format!("{CALLERS_IP}:0").parse()?;
    let signalling = Signalling::new(server.sip, from, cast.codec)?;
    let room = |caller| format!("bench{:03}", cast.room(caller));
    let callers = (0..cast.callers).map(|n| Ok((room(n), crowd.port(n)?)));
    let callers: Vec<_> = callers.collect::<Result<_>>()?;
    let calls = signalling
        .call(&callers)
        .with_context(|| format!("the server's log ends with\n{}", server.log()))?;
    let places: Vec<_> = calls.iter().map(|call| call.media).collect();
    let (outcome, heard) = crowd.talk(&places, || {
        let looks = measured(&crowd, server.pid(), times.warm, times.window)?;
        let mut updates = Vec::new();
        if scenario.updates {
            updates = mute_and_unmute(&mut server.api()?, &room(0), times.updates)?;
        }
        Ok((looks, updates))
    })?;
    let (looks, updates) = outcome;
    let up = signalling.end(&calls)?;
    let listening = &heard.listening;
    let (mutes, unmutes) = audible(&updates, &heard);
    Ok(Taken {
        cpu: cost(&crowd, looks),
        rss: (looks.1.rss_kb - idle.rss_kb) / cast.callers as f64,
        threads: looks.1.threads,
        counts: listening.counts,
        off_beat_p50: listening.off_beat.percentile(0.5),
        off_beat_p99: listening.off_beat.percentile(0.99),
        off_beat_longest: listening.off_beat.longest_ms(),
        up,
        behind: heard.behind.share_above(5_000_000),
        payload_bytes: listening.payload_bytes,
        through: through(&heard, cast),
        mutes,
        unmutes,
        ..Taken::default()
    })
}

/// Executes a scenario with the floor: the same callers and packets, and responses of the server's
/// size.
fn against_floor(scenario: &Scenario, times: Times, taken: &mut Taken) -> Result<()> {
    let crowd = Crowd::new(scenario.cast)?;
    let payload_bytes = taken.payload_bytes.round() as usize;
    let floor = Floor::start(
        scenario.cast.callers,
        payload_bytes,
        payload_type(scenario.cast.codec),
    )?;
    let warm = times.warm / 2;
    let (looks, heard) = crowd.talk(&floor.places, || {
        measured(&crowd, floor.pid(), warm, times.floor_window)
    })?;
    ensure!(
        heard.listening.counts.frames > 0,
        "the floor was not heard: is there a packet filter on 127.0.0.2?"
    );
    taken.floor_cpu = cost(&crowd, looks);
    let counts = heard.listening.counts;
    taken.floor_late = counts.late as f64 / counts.frames as f64;
    taken.floor_off_beat_p99 = heard.listening.off_beat.percentile(0.99);
    Ok(())
}

/// Mutes and unmutes a participant; returns the time and the direction of each update.
fn mute_and_unmute(api: &mut Api, room: &str, rounds: u32) -> Result<Vec<(Instant, bool)>> {
    let participant = api.oldest(room)?;
    let mut updates = Vec::new();
    for round in 0..rounds {
        for muted in [true, false] {
            // Covers all phases relative to the tick.
            let pause = 120_000 + u64::from(round) * 7_919 % 20_000;
            sleep_until(now() + Duration::from_micros(pause));
            updates.push((now(), muted));
            api.mute(&participant, muted)?;
        }
    }
    sleep_until(now() + CHANGED_WITHIN / 4);
    Ok(updates)
}

/// Returns the delays in ms from each update to the first changed frame at each listener: mutes,
/// and unmutes.
fn audible(updates: &[(Instant, bool)], heard: &Heard) -> (Vec<f64>, Vec<f64>) {
    let (mut mutes, mut unmutes) = (Vec::new(), Vec::new());
    for &(at, muted) in updates {
        for changes in &heard.listening.changes {
            if let Some(ms) = first_after(changes, at, !muted, CHANGED_WITHIN) {
                if muted { &mut mutes } else { &mut unmutes }.push(ms);
            }
        }
    }
    (mutes, unmutes)
}

/// Returns the delays in ms from each piece of the tone to its first frame at each other listener
/// in the room.
fn through(heard: &Heard, cast: Cast) -> Vec<f64> {
    let mut all = Vec::new();
    if cast.talk == Talk::Moving && cast.codec != Codec::Opus {
        for edge in &heard.edges {
            for (listener, changes) in heard.listening.changes.iter().enumerate() {
                let same_room = cast.room(listener) == cast.room(edge.caller);
                if listener != edge.caller && same_room {
                    all.extend(first_after(changes, edge.at, true, HEARD_WITHIN));
                }
            }
        }
    }
    all
}

fn first_after(
    changes: &[(Instant, bool)],
    at: Instant,
    to: bool,
    within: Duration,
) -> Option<f64> {
    let later = changes.partition_point(|(changed, _)| *changed < at);
    let (changed, _) = changes[later..]
        .iter()
        .find(|(_, is_there)| *is_there == to)?;
    let since = changed.saturating_since(at);
    (since < within).then_some(since.as_secs_f64() * 1_000.0)
}
