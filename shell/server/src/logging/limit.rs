//! Limit on log entries of each kind: a fixed number in a window, then none until the window ends.
//! While the limit is exceeded, each window is twice as long. A kind is a place in the code.
//! Dropped entries are counted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

const WINDOW: Duration = Duration::from_secs(10);
/// Maximum length of a window, reached while each window exceeds the limit.
const WINDOW_MAX: Duration = Duration::from_secs(600);
/// Maximum number of warnings and errors of a kind in a window; also the limit of `FAILURES`.
const WARNINGS_MAX: u32 = 10;
/// Target of info entries that anybody can cause without limit: limited like warnings.
pub(crate) const FAILURES: &str = "confab::failures";
/// Maximum number of info entries of a kind in a window: a call begins and ends.
const NEWS_MAX: u32 = 2_000;

static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

/// Returns the number of entries dropped since the start.
pub(crate) fn left_out() -> u64 {
    LEFT_OUT.load(Ordering::Relaxed)
}

/// Windows of all kinds; bounded by the number of places in the code that log.
#[derive(Default)]
pub(super) struct Limit {
    kinds: Mutex<HashMap<Identifier, Window>>,
}

struct Window {
    begun: Instant,
    lasts: Duration,
    count: u32,
}

impl Limit {
    pub(super) fn takes(&self, kind: Identifier, most: u32, now: Instant) -> bool {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let window = kinds.entry(kind).or_insert(Window {
            begun: now,
            lasts: WINDOW,
            count: 0,
        });
        if now.saturating_duration_since(window.begun) >= window.lasts {
            let too_much = window.count > most;
            *window = Window {
                begun: now,
                lasts: if too_much {
                    (window.lasts * 2).min(WINDOW_MAX)
                } else {
                    WINDOW
                },
                count: 0,
            };
        }
        window.count = window.count.saturating_add(1);
        let takes = window.count <= most;
        if !takes {
            LEFT_OUT.fetch_add(1, Ordering::Relaxed);
        }
        takes
    }
}

impl<S: Subscriber> Filter<S> for Limit {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let about = event.metadata();
        let most = match *about.level() {
            Level::ERROR | Level::WARN => WARNINGS_MAX,
            Level::INFO if about.target() == FAILURES => WARNINGS_MAX,
            Level::INFO => NEWS_MAX,
            // Debug and trace entries are never limited.
            _ => return true,
        };
        self.takes(about.callsite(), most, Instant::now())
    }
}
