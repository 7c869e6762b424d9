//! Log entries: a single line each, limited in number for each kind.

use std::io::{self, Write};
use std::panic;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tracing::{debug, info, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt, registry};

use super::escaping::Escaping;
use super::limit::{FAILURES, Limit, left_out};
use super::queue::Queue;
use crate::config::LogFormat;

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(json: bool, log: impl FnOnce()) -> String {
    let kept = Kept::default();
    let to = kept.clone();
    let lines = fmt::layer().with_writer(move || Escaping::new(to.clone(), false));
    let lines = if json {
        lines.json().flatten_event(true).boxed()
    } else {
        lines.with_ansi(false).boxed()
    };
    let subscriber = registry().with(lines.with_filter(Limit::default()));
    tracing::subscriber::with_default(subscriber, log);
    let bytes = kept.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

const EVIL: &str = "one\r\n2026 WARN two\u{1b}[31m\0\u{85}\u{9b}three";

#[test]
fn an_entry_is_one_line_without_control_characters() {
    for json in [false, true] {
        let log = logged(json, || warn!(shown = %EVIL, quoted = EVIL, "evil: {EVIL}"));
        let line = log.strip_suffix('\n').unwrap();
        assert!(!line.contains(char::is_control), "{line:?}");
        assert!(line.contains("three"), "{line:?}");
        if json {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(entry["shown"], EVIL);
        }
    }
}

#[test]
fn one_kind_of_warning_cannot_flood_the_log_and_hides_no_other() {
    let before = left_out();
    let log = logged(false, || {
        for n in 0..10_000 {
            warn!(n, "flood");
        }
        warn!("another");
    });
    assert_eq!(log.lines().count(), 11);
    assert!(log.lines().last().unwrap().contains("another"));
    assert!(left_out() - before >= 9_980);
}

#[test]
fn news_that_anybody_can_cause_are_limited_and_debugging_is_never_left_out() {
    let log = logged(false, || {
        for n in 0..100 {
            info!(target: FAILURES, n, "refused");
            info!(n, "news");
            debug!(n, "detail");
        }
    });
    let of = |word: &str| log.lines().filter(|line| line.contains(word)).count();
    assert_eq!((of("refused"), of("news"), of("detail")), (10, 100, 100));
}

#[test]
fn a_new_window_takes_some_again_and_each_is_longer_while_it_goes_on() {
    let limit = Limit::default();
    let kind = tracing::callsite::Identifier(&KIND);
    let begun = Instant::now();
    let taken = |seconds| {
        let at = begun + Duration::from_secs(seconds);
        let takes = |_: &u32| limit.takes(kind.clone(), 10, at);
        (0..100).filter(takes).count()
    };
    assert_eq!((taken(0), taken(9)), (10, 0));
    assert_eq!((taken(11), taken(30)), (10, 0));
    assert_eq!((taken(32), taken(71)), (10, 0));
    // The last window ends, and the next window is not exceeded.
    assert!(limit.takes(kind.clone(), 10, begun + Duration::from_secs(73)));
    assert_eq!((taken(73 + 81), taken(73 + 92)), (10, 10));
}

struct Kind;
static KIND: Kind = Kind;

impl tracing::Callsite for Kind {
    fn set_interest(&self, _: tracing::subscriber::Interest) {}

    fn metadata(&self) -> &tracing::Metadata<'_> {
        unreachable!("nobody asks what it is")
    }
}

/// Writer that accepts nothing until `may` receives a message.
struct Blocked {
    kept: Kept,
    may: Receiver<()>,
}

impl Write for Blocked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Never blocks again once the sender is dropped.
        let _open = self.may.recv();
        self.kept.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_without_a_reader_are_dropped_counted_and_reported_once_there_is_room() {
    for (format, line) in [(LogFormat::Text, 100), (LogFormat::Json, 60_000)] {
        let (open, may) = channel();
        let kept = Kept::default();
        let to = Blocked {
            kept: kept.clone(),
            may,
        };
        let queue = Queue::start(to, format).unwrap();
        let text = format!("{}\n", "x".repeat(line));
        let begun = Instant::now();
        for _ in 0..20_000 {
            queue.push(text.as_bytes());
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "it waited");
        let dropped = queue.dropped();
        let written = 20_000 - dropped;
        assert!((1..=2_049).contains(&written), "{written} lines wait");
        assert!(written * line as u64 <= (2 << 20) + 2 * line as u64);
        drop(open);
        queue.flush(Duration::from_secs(10));
        let until = Instant::now() + Duration::from_secs(10);
        let report = loop {
            let bytes = kept.0.lock().unwrap().clone();
            let log = String::from_utf8(bytes).unwrap();
            let report = log.lines().find(|line| line.contains("dropped"));
            if let Some(report) = report {
                assert_eq!(log.lines().count() as u64, written + 1);
                break report.to_owned();
            }
            assert!(Instant::now() < until, "no report");
            thread::yield_now();
        };
        match format {
            LogFormat::Text => {
                assert!(report.ends_with(&format!(" dropped={dropped}")), "{report}");
            }
            LogFormat::Json => {
                let entry: serde_json::Value = serde_json::from_str(&report).unwrap();
                assert_eq!(entry["dropped"], dropped);
            }
        }
    }
}

#[test]
fn panics_are_entries_limited_as_errors_are() {
    const THREAD: &str = "panics on purpose";
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        match thread::current().name() == Some(THREAD) {
            true => super::panics::log(info),
            false => others(info),
        }
    }));
    let run = || {
        logged(true, || {
            for n in 0..100 {
                let panicked = panic::catch_unwind(|| panic!("number {n}\nof many"));
                assert!(panicked.is_err());
            }
        })
    };
    let thread = thread::Builder::new().name(THREAD.to_owned()).spawn(run);
    let log = thread.unwrap().join().unwrap();
    let entries: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(entries.len(), 10);
    assert_eq!(entries[0]["message"], "thread panicked: number 0\nof many");
    assert_eq!(entries[0]["thread"], THREAD);
    let place = entries[0]["place"].as_str().unwrap();
    assert!(place.contains("logging/tests.rs:"), "{place}");
}
