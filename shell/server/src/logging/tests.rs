//! One entry is one line, and too many of a kind are left out.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tracing::{debug, info, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt, registry};

use super::escaping::Escaping;
use super::limit::{FAILURES, Limit, left_out};

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
    // The last window ends, and the next one is not used up.
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
