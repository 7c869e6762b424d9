//! Drain, from the first SIGTERM to the end of the process: no new calls, then no calls. A second
//! signal sends BYE to every leg and ends the process.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use confab_switchboard::Input;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot::error::RecvError;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use crate::failure::Failure;
use crate::logging;
use crate::queues::Letterbox;
use crate::threads::Running;

/// Timeout of hanging up the last calls.
const HANG_UP_WAIT: Duration = Duration::from_secs(5);

/// Timeout of BYEs after a second signal: the process ends within 500 ms.
const AT_ONCE_WAIT: Duration = Duration::from_millis(250);
/// Timeout of BYEs after a thread has stopped.
const BYE_WAIT: Duration = Duration::from_secs(1);
/// Timeout of the watchdog's report of a panic.
const REPORT_WAIT: Duration = Duration::from_millis(500);

/// SIGTERM, SIGINT, and requests of the same process to stop.
pub(crate) struct Signals {
    term: Signal,
    interrupt: Signal,
    asked: Arc<Notify>,
}

impl Signals {
    /// Installs the handlers: the signals no longer end the process by themselves.
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

/// Outcome of a drain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drained {
    /// Complete drain: no call is left, and the switchboard's thread has ended.
    Wholly,
    /// Partial drain: calls are left that did not end in time.
    InPart,
    /// Second signal: BYE was sent to every leg, and the process must end now.
    AtOnce,
}

/// Waits for a signal, then drains.
pub(crate) async fn run(
    signals: &mut Signals,
    running: &mut Running,
    ready: &AtomicBool,
    patience: Duration,
) -> Result<Drained, Failure> {
    tokio::select! {
        () = signals.next() => {}
        Ok(stopped) = &mut running.stopped => {
            ready.store(false, Ordering::Relaxed);
            hang_up(running, BYE_WAIT).await;
            return Err(Failure::Stopped(stopped));
        }
        // The watchdog has reported a panic of this thread, or is about to.
        _ = &mut running.ended => {
            ready.store(false, Ordering::Relaxed);
            return Err(failure(running).await);
        }
    }
    ready.store(false, Ordering::Relaxed);
    tracing::info!(seconds = patience.as_secs(), "draining: no new calls");
    tokio::select! {
        drained = drain(&running.letterbox, &mut running.ended, patience) => match drained {
            Ok(drained) => Ok(drained),
            Err(RecvError { .. }) => Err(failure(running).await),
        },
        Ok(stopped) = &mut running.stopped => {
            hang_up(running, BYE_WAIT).await;
            Err(Failure::Stopped(stopped))
        }
        () = signals.next() => {
            tracing::warn!("a second signal: ending at once");
            hang_up(running, AT_ONCE_WAIT).await;
            Ok(Drained::AtOnce)
        }
    }
}

/// Waits for the last call, and hangs up after a timeout. Returns an error if the switchboard
/// panicked.
async fn drain(
    letterbox: &Letterbox,
    ended: &mut oneshot::Receiver<()>,
    patience: Duration,
) -> Result<Drained, RecvError> {
    letterbox.answer(Input::Drain).await;
    if let Ok(ended) = timeout(patience, &mut *ended).await {
        return ended.map(|()| Drained::Wholly);
    }
    tracing::info!("the drain's time is up: hanging up");
    letterbox.answer(Input::HangUpAll).await;
    match timeout(HANG_UP_WAIT, ended).await {
        Ok(ended) => ended.map(|()| Drained::Wholly),
        Err(_) => {
            tracing::warn!("calls are left that would not end");
            Ok(Drained::InPart)
        }
    }
}

/// Returns the watchdog's report after the switchboard has ended early.
async fn failure(running: &mut Running) -> Failure {
    let stopped = timeout(REPORT_WAIT, &mut running.stopped).await;
    let stopped = stopped.ok().and_then(Result::ok);
    stopped.map_or(Failure::Ended, Failure::Stopped)
}

/// Sends BYE to all legs, as far as the remaining threads can.
async fn hang_up(running: &mut Running, wait: Duration) {
    let hang_up = async {
        running.letterbox.answer(Input::Drain).await;
        running.letterbox.answer(Input::HangUpAll).await;
        let _ended = (&mut running.ended).await;
    };
    if timeout(wait, hang_up).await.is_err() {
        tracing::warn!("calls may be left without an answer to their BYE");
    }
}

/// Runs a future; a second signal ends the process immediately. No call is left by then.
pub(crate) async fn unless_again<T>(signals: &mut Signals, what: impl Future<Output = T>) -> T {
    tokio::select! {
        done = what => done,
        () = signals.next() => {
            tracing::warn!("a second signal: ending at once");
            logging::flush();
            process::exit(0);
        }
    }
}
