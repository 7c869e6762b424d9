//! From the first SIGTERM to the end: no new calls, then no calls. A second one ends at once.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use confab_switchboard::Input;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::queues::Letterbox;

/// How long the last calls may take to be hung up.
const HANG_UP_WAIT: Duration = Duration::from_secs(5);

/// SIGTERM and SIGINT.
pub(crate) struct Signals {
    term: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on they no longer end the process by themselves.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let one = |kind| signal(kind).map_err(Failure::refused("to tell of signals"));
        Ok(Self {
            term: one(SignalKind::terminate())?,
            interrupt: one(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Waits for a signal, then drains. `ended` ends when the switchboard's thread has.
pub(crate) async fn run_until_drained(
    mut signals: Signals,
    letterbox: &Letterbox,
    ready: &AtomicBool,
    patience: Duration,
    mut ended: oneshot::Receiver<()>,
) -> Result<(), Failure> {
    tokio::select! {
        () = signals.next() => {}
        _ = &mut ended => return Err(Failure::Stopped("the switchboard")),
    }
    ready.store(false, Ordering::Relaxed);
    tracing::info!(seconds = patience.as_secs(), "draining: no new calls");
    let drain = async {
        letterbox.answer(Input::Drain).await;
        if timeout(patience, &mut ended).await.is_ok() {
            return;
        }
        tracing::info!("the drain's time is up: hanging up");
        letterbox.answer(Input::HangUpAll).await;
        if timeout(HANG_UP_WAIT, &mut ended).await.is_err() {
            tracing::warn!("calls are left that would not end");
        }
    };
    tokio::select! {
        () = drain => Ok(()),
        () = signals.next() => {
            tracing::warn!("a second signal: ending at once");
            process::exit(0);
        }
    }
}
