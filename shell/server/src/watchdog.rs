//! Watchdog: detects a thread that panicked, and a media thread or switchboard that is stuck.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use confab_sockets::{now, sleep_until};
use tokio::sync::oneshot;

use crate::failure::Failure;
use crate::threads::spawn;

/// Interval of the checks.
const INTERVAL: Duration = Duration::from_millis(100);
/// Number of consecutive checks without a turn after which a thread counts as stuck: 2 s. Checks
/// are counted, not time: a stall of the whole machine stops this thread too.
const CHECKS_MAX: u32 = 20;
/// Lateness of a check above which a stall is logged.
const STALL: Duration = Duration::from_secs(1);

/// States of a thread, as `Pulse` stores them.
const IDLE: u8 = 0;
const WORKS: u8 = 1;
const ENDED: u8 = 2;
const PANICKED: u8 = 3;

/// Life signs of a thread.
#[derive(Clone, Debug)]
pub(crate) struct Pulse(Arc<Life>);

#[derive(Debug)]
struct Life {
    name: String,
    state: AtomicU8,
    turns: AtomicU64,
}

impl Pulse {
    pub(crate) fn new(name: &str) -> Self {
        Self(Arc::new(Life {
            name: name.to_owned(),
            state: AtomicU8::new(IDLE),
            turns: AtomicU64::new(0),
        }))
    }

    /// Records the beginning of a turn: the next turn is due within 2 s, unless the thread waits.
    pub(crate) fn works(&self) {
        self.0.turns.fetch_add(1, Ordering::Relaxed);
        self.0.state.store(WORKS, Ordering::Relaxed);
    }

    /// Records the end of a turn: the thread may wait without a limit.
    pub(crate) fn waits(&self) {
        self.0.state.store(IDLE, Ordering::Relaxed);
    }

    /// Returns a guard that records the end of the thread when it is dropped there.
    pub(crate) fn until_end(&self) -> UntilEnd {
        UntilEnd(self.clone())
    }
}

/// Guard that lives as long as its thread.
pub(crate) struct UntilEnd(Pulse);

impl Drop for UntilEnd {
    fn drop(&mut self) {
        let state = if thread::panicking() { PANICKED } else { ENDED };
        self.0.0.state.store(state, Ordering::Relaxed);
    }
}

/// Thread that has stopped working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stopped {
    pub(crate) thread: String,
    panicked: bool,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thread = &self.thread;
        match self.panicked {
            true => write!(f, "thread {thread} panicked"),
            false => write!(f, "thread {thread} has stood still for 2 s"),
        }
    }
}

/// Watched thread, with the number of checks without a turn.
struct Watched {
    pulse: Pulse,
    turns: u64,
    checks: u32,
}

impl Watched {
    fn check(&mut self) -> Option<Stopped> {
        let life = &self.pulse.0;
        let (turns, state) = (
            life.turns.load(Ordering::Relaxed),
            life.state.load(Ordering::Relaxed),
        );
        let stands = state == WORKS && turns == self.turns;
        self.checks = if stands { self.checks + 1 } else { 0 };
        self.turns = turns;
        let panicked = state == PANICKED;
        (panicked || self.checks >= CHECKS_MAX).then(|| Stopped {
            thread: life.name.clone(),
            panicked,
        })
    }
}

/// Watches threads. The receiver gets the first thread that stops; the channel is closed without a
/// message once all threads have ended.
pub(crate) fn watch(pulses: Vec<Pulse>) -> Result<oneshot::Receiver<Stopped>, Failure> {
    let (found, stopped) = oneshot::channel();
    let watched = pulses.into_iter().map(|pulse| Watched {
        pulse,
        turns: 0,
        checks: 0,
    });
    let mut watched: Vec<_> = watched.collect();
    spawn("watchdog", Pulse::new("watchdog"), move || {
        loop {
            let due = now() + INTERVAL;
            sleep_until(due);
            let late = now().saturating_since(due);
            if late >= STALL {
                tracing::warn!(
                    milliseconds = late.as_millis(),
                    "the machine stalled: all threads stood still"
                );
            }
            if let Some(stopped) = watched.iter_mut().find_map(Watched::check) {
                tracing::error!(thread = stopped.thread, "{stopped}");
                // No receiver is left if the server is ending.
                let _unwatched = found.send(stopped);
                return;
            }
            watched.retain(|one| one.pulse.0.state.load(Ordering::Relaxed) != ENDED);
            if watched.is_empty() || found.is_closed() {
                return;
            }
        }
    })?;
    Ok(stopped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(pulse: &Pulse) -> Watched {
        Watched {
            pulse: pulse.clone(),
            turns: 0,
            checks: 0,
        }
    }

    fn checks(watched: &mut Watched, count: u32) -> Option<Stopped> {
        (0..count).find_map(|_| watched.check())
    }

    #[test]
    fn thread_without_a_turn_in_twenty_checks_has_stopped() {
        let pulse = Pulse::new("media-0");
        let mut watched = watched(&pulse);
        assert_eq!(checks(&mut watched, 100), None, "no turn has begun");
        pulse.works();
        assert_eq!(checks(&mut watched, CHECKS_MAX), None);
        pulse.works();
        assert_eq!(checks(&mut watched, CHECKS_MAX), None);
        let stopped = checks(&mut watched, 1).unwrap().to_string();
        assert_eq!(stopped, "thread media-0 has stood still for 2 s");
    }

    #[test]
    fn thread_that_waits_has_not_stopped() {
        let pulse = Pulse::new("switchboard");
        let mut watched = watched(&pulse);
        pulse.works();
        assert_eq!(checks(&mut watched, CHECKS_MAX - 1), None);
        pulse.waits();
        assert_eq!(checks(&mut watched, 10 * CHECKS_MAX), None);
    }

    #[tokio::test]
    async fn panic_of_a_thread_is_reported_as_a_panic() {
        let (calm, bad) = (Pulse::new("wants"), Pulse::new("media-1"));
        let stopped = watch(vec![calm.clone(), bad.clone()]).unwrap();
        let _calm = calm.until_end();
        let thread = spawn("media-1", bad, || panic!("on purpose")).unwrap();
        let stopped = stopped.await.unwrap();
        assert_eq!(stopped.to_string(), "thread media-1 panicked");
        assert!(thread.join().is_err());
    }

    #[tokio::test]
    async fn watch_ends_without_a_report_when_all_threads_have_ended() {
        let pulse = Pulse::new("media-0");
        let stopped = watch(vec![pulse.clone()]).unwrap();
        let thread = spawn("media-0", pulse.clone(), move || pulse.works()).unwrap();
        thread.join().unwrap();
        assert!(stopped.await.is_err());
    }
}
