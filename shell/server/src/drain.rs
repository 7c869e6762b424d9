//! From the first SIGTERM to the end: no new calls, then no calls. A second one ends at once.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use confab_switchboard::Input;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::threads::Running;

/// Time for the last calls to be hung up.
const HANG_UP_WAIT: Duration = Duration::from_secs(5);

/// Time for BYEs after a thread has stopped.
const BYE_WAIT: Duration = Duration::from_secs(1);
/// Time for the watchdog to report a panic.
const REPORT_WAIT: Duration = Duration::from_millis(500);

/// SIGTERM and SIGINT, and whoever runs the server within this process.
pub(crate) struct Signals {
    term: Signal,
    interrupt: Signal,
    asked: Arc<Notify>,
}

impl Signals {
    /// From now on they no longer end the process by themselves.
    pub(crate) fn listen(asked: Arc<Notify>) -> Result<Self, Failure> {
        let one = |kind| signal(kind).map_err(Failure::refused("to tell of signals"));
        Ok(Self {
            term: one(SignalKind::terminate())?,
            interrupt: one(SignalKind::interrupt())?,
            asked,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
            () = self.asked.notified() => {}
        }
    }
}

/// Waits for a signal, then drains; whether the switchboard's thread has ended.
pub(crate) async fn run(
    signals: &mut Signals,
    running: &mut Running,
    ready: &AtomicBool,
    patience: Duration,
) -> Result<bool, Failure> {
    tokio::select! {
        () = signals.next() => {}
        Ok(stopped) = &mut running.stopped => {
            ready.store(false, Ordering::Relaxed);
            hang_up(running).await;
            return Err(Failure::Stopped(stopped));
        }
        // A panic of its thread was found by the watchdog, or is about to be.
        _ = &mut running.ended => {
            ready.store(false, Ordering::Relaxed);
            let stopped = timeout(REPORT_WAIT, &mut running.stopped).await;
            return Err(stopped.ok().and_then(Result::ok).map_or(Failure::Ended, Failure::Stopped));
        }
    }
    ready.store(false, Ordering::Relaxed);
    tracing::info!(seconds = patience.as_secs(), "draining: no new calls");
    let drain = async {
        running.letterbox.answer(Input::Drain).await;
        if timeout(patience, &mut running.ended).await.is_ok() {
            return true;
        }
        tracing::info!("the drain's time is up: hanging up");
        running.letterbox.answer(Input::HangUpAll).await;
        let ended = timeout(HANG_UP_WAIT, &mut running.ended).await.is_ok();
        if !ended {
            tracing::warn!("calls are left that would not end");
        }
        ended
    };
    Ok(unless_again(signals, drain).await)
}

/// Sends BYE to all legs as far as the threads that are left can.
async fn hang_up(running: &mut Running) {
    let hang_up = async {
        running.letterbox.answer(Input::Drain).await;
        running.letterbox.answer(Input::HangUpAll).await;
        let _ended = (&mut running.ended).await;
    };
    if timeout(BYE_WAIT, hang_up).await.is_err() {
        tracing::warn!("calls may be left without a BYE");
    }
}

/// Does this, unless a second signal ends the process at once.
pub(crate) async fn unless_again<T>(signals: &mut Signals, what: impl Future<Output = T>) -> T {
    tokio::select! {
        done = what => done,
        () = signals.next() => {
            tracing::warn!("a second signal: ending at once");
            process::exit(0);
        }
    }
}
