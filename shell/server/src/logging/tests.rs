//! One entry is one line, and too many of a kind are left out.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tracing::{Level, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt, registry};

use super::escaping::Escaping;
use super::limit::{Limit, left_out};

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
    assert_eq!(log.lines().count(), 21);
    assert!(log.lines().last().unwrap().contains("another"));
    assert!(left_out() - before >= 9_980);
}

#[test]
fn a_new_window_takes_warnings_again_and_debugging_is_never_left_out() {
    let limit = Limit::default();
    let kind = tracing::callsite::Identifier(&KIND);
    let begun = Instant::now();
    let taken = |level, at| {
        let takes = |_: &u32| limit.takes(kind.clone(), level, at);
        (0..100).filter(takes).count()
    };
    assert_eq!(taken(Level::WARN, begun), 20);
    assert_eq!(taken(Level::WARN, begun + Duration::from_secs(9)), 0);
    assert_eq!(taken(Level::WARN, begun + Duration::from_secs(11)), 20);
    assert_eq!(taken(Level::DEBUG, begun), 100);
}

struct Kind;
static KIND: Kind = Kind;

impl tracing::Callsite for Kind {
    fn set_interest(&self, _: tracing::subscriber::Interest) {}

    fn metadata(&self) -> &tracing::Metadata<'_> {
        unreachable!("nobody asks what it is")
    }
}
