//! Checks of the machine: clock, real-time priority, descriptors, speech synthesis.

use std::thread;
use std::time::Duration;

use confab_sockets::{Priority, now, raise_open_files, sleep_until, try_realtime, wall};
use confab_sounds::{Flite, Phrase, Tts};
use confab_terms::WallTime;
use confab_terms::limits::TICK;

use super::Found;

/// Number of measured ticks: half a second.
const TICKS: u32 = 25;
/// Maximum acceptable lateness of a tick; a phone with a small jitter buffer makes more lateness
/// audible.
const LATE: Duration = Duration::from_millis(2);
/// Earliest plausible date: 2025-01-01, before the first version of confab.
const EARLIEST: WallTime = WallTime(1_735_689_600_000);
/// Latest plausible date: 2100-01-01.
const LATEST: WallTime = WallTime(4_102_444_800_000);
/// Minimum number of descriptors: two sockets for each call, and some for the rest.
const DESCRIPTORS_MIN: u64 = 4_096;

pub(super) fn all() -> Vec<Found> {
    let mut found = vec![time_of_day()];
    // As on a media thread; on a separate thread, since the priority stays with a thread.
    match thread::Builder::new().spawn(|| (try_realtime(), lateness())) {
        Ok(ticking) => {
            if let Ok((priority, lateness)) = ticking.join() {
                found.push(ticks(lateness));
                found.push(urgency(priority));
            }
        }
        Err(error) => found.push(Found::Bad(format!(
            "threads: {error}; a higher limit of tasks would do"
        ))),
    }
    found.push(descriptors(raise_open_files()));
    found.push(speech());
    found
}

fn time_of_day() -> Found {
    let now = wall();
    if now < EARLIEST || now > LATEST {
        return Found::Bad(format!(
            "time of day: {now} cannot be; a clock that is kept by NTP would do"
        ));
    }
    Found::Good(format!("time of day: {now}"))
}

/// Returns the maximum lateness of the measured ticks.
fn lateness() -> Duration {
    let begin = now();
    let late = |n| {
        let due = begin + TICK * n;
        sleep_until(due);
        now().saturating_since(due)
    };
    (1..=TICKS).map(late).max().unwrap_or_default()
}

fn ticks(lateness: Duration) -> Found {
    let ms = lateness.as_secs_f64() * 1_000.0;
    if lateness > LATE {
        return Found::Weak(format!(
            "ticks: up to {ms:.1} ms late; a machine with less to do, or real-time priority, would \
             do"
        ));
    }
    Found::Good(format!("ticks: at most {ms:.2} ms late"))
}

fn urgency(priority: Priority) -> Found {
    match priority {
        Priority::Realtime => Found::Good("priority: real-time".to_owned()),
        Priority::Nice => Found::Weak(
            "priority: a nice value of -11 only; LimitRTPRIO=1 in the unit would do".to_owned(),
        ),
        Priority::Ordinary => Found::Weak(
            "priority: that of any program; LimitRTPRIO=1 in the unit, or CAP_SYS_NICE, would do"
                .to_owned(),
        ),
    }
}

fn descriptors(limit: u64) -> Found {
    if limit < DESCRIPTORS_MIN {
        return Found::Weak(format!(
            "open files: {limit}, a call needs two; LimitNOFILE=65536 in the unit would do"
        ));
    }
    Found::Good(format!("open files: {limit}"))
}

fn speech() -> Found {
    let flite = Flite::default();
    let phrase = Phrase {
        voice: flite.voice(None, None),
        text: "confab".to_owned(),
        rate: 8_000,
    };
    match flite.speak(&phrase) {
        Ok(_) => Found::Good("speech: flite speaks".to_owned()),
        Err(error) => Found::Weak(format!("speech: {}", error.message)),
    }
}
