//! Sends the events of the outbox in the order and at the times of `delivery`, and writes events to
//! the disk. An event that is accepted at once needs no row there.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use confab_delivery::{After, Attempt, Outcome, Step};
use confab_switchboard::{About, FetchError};
use confab_terms::Instant;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant as Clock, sleep_until, timeout};

use crate::callbacks::{Event, Journal, receiver};
use crate::failure;
use crate::held::State;
use crate::tell::NotTold;
use crate::web::Web;

/// Maximum duration of a first attempt without a row on the disk.
const KEEP_AFTER: Duration = Duration::from_millis(20);
/// Maximum number of expired events that are read from the disk at once.
const BURIALS_AT_ONCE: usize = 8;

type Trying = Attempt<About, Arc<str>, u64>;

/// Sender of the outbox.
pub(crate) struct Sender {
    web: Web,
    runtime: Handle,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) lifetime: Duration,
    state: Mutex<State>,
    start: Clock,
    /// Signal: the outbox may be at rest.
    rests: Notify,
    /// Signal: the next pause ends earlier than planned.
    sooner: Notify,
    /// Permits for reading expired events from the disk.
    burials: Semaphore,
}

impl Sender {
    pub(crate) fn new(
        web: Web,
        journal: Arc<dyn Journal>,
        lifetime: Duration,
        last_id: u64,
    ) -> Self {
        let seed = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let state = State::new(seed.as_nanos() as u64, last_id);
        Self {
            web,
            runtime: Handle::current(),
            journal,
            lifetime,
            state: Mutex::new(state),
            start: Clock::now(),
            rests: Notify::new(),
            sooner: Notify::new(),
            burials: Semaphore::new(BURIALS_AT_ONCE),
        }
    }

    // Changes are complete before anything can panic: a poisoned lock guards consistent data.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Instant {
        Instant(0) + self.start.elapsed()
    }

    /// Begins every attempt that may begin now.
    pub(crate) fn pump(self: &Arc<Self>) {
        loop {
            let step = self.lock().step(self.now());
            let sender = Arc::clone(self);
            match step {
                Some(Step::Send(attempt)) => {
                    self.runtime
                        .spawn(async move { sender.send(attempt).await });
                }
                Some(Step::Expired(id)) => {
                    self.runtime.spawn(async move { sender.expired(id).await });
                }
                None => break,
            }
        }
        let state = self.lock();
        let wakes_at = state.deliveries.wakes_at();
        let is_sooner = match (wakes_at, state.wakes_at) {
            (Some(at), Some(planned)) => at < planned,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if is_sooner {
            self.sooner.notify_one();
        }
    }

    /// Begins due attempts whenever a pause ends.
    pub(crate) async fn keep_time(self: Arc<Self>) {
        loop {
            let wakes_at = {
                let mut state = self.lock();
                state.wakes_at = state.deliveries.wakes_at();
                state.wakes_at
            };
            let sooner = self.sooner.notified();
            match wakes_at {
                None => sooner.await,
                Some(at) => {
                    let at = self.start + at.saturating_since(Instant(0));
                    tokio::select! {
                        () = sooner => {}
                        () = sleep_until(at) => self.pump(),
                    }
                }
            }
        }
    }

    /// Makes one attempt.
    async fn send(self: Arc<Self>, attempt: Trying) {
        let id = attempt.event;
        let held = self.lock().event(id);
        let (event, is_kept) = match held {
            Some(held) => held,
            None => match self.journal.load(id).await {
                Ok(Some(event)) => (event, true),
                Ok(None) => return self.not_sent(&attempt, Outcome::Missing),
                Err(reason) => {
                    tracing::warn!(id, reason, "an event cannot be read from the disk");
                    return self.not_sent(&attempt, Outcome::NotRead);
                }
            },
        };
        let mut trying = pin!(self.tried(&event, attempt.within));
        let told = match is_kept {
            true => trying.await,
            false => match timeout(KEEP_AFTER, &mut trying).await {
                Ok(told) => told,
                Err(_) => {
                    self.lock().keep(id, &*self.journal);
                    trying.await
                }
            },
        };
        self.attempted(&attempt, &event, told);
    }

    fn not_sent(self: &Arc<Self>, attempt: &Trying, outcome: Outcome) {
        let mut state = self.lock();
        let (to, about) = (&attempt.to, attempt.about);
        state.deliveries.attempted(self.now(), to, about, outcome);
        drop(state);
        self.rests.notify_waiters();
        self.pump();
    }

    fn attempted(
        self: &Arc<Self>,
        attempt: &Trying,
        event: &Arc<Event>,
        told: Result<(), NotTold>,
    ) {
        let outcome = match &told {
            Ok(()) => Outcome::Delivered,
            Err(NotTold { error, retry_after }) => Outcome::Failed {
                code: error.code,
                status: error.status,
                retry_after: *retry_after,
            },
        };
        let (id, to) = (attempt.event, &attempt.to);
        let mut state = self.lock();
        let after = state
            .deliveries
            .attempted(self.now(), to, attempt.about, outcome);
        let error = told.err().map(|not_told| not_told.error);
        match (after, error) {
            (After::Delivered, _) => {
                state.forget_error(to);
                if state.release(id) {
                    self.journal.delivered(id);
                }
            }
            (After::Final, Some(error)) => {
                state.release(id);
                self.journal.died(id, event, &error, false);
            }
            (After::Again { at, is_first }, Some(error)) => {
                if is_first {
                    let seconds = at.saturating_since(self.now()).as_secs_f32();
                    let (receiver, reason) = (&**to, &error.message);
                    tracing::warn!(receiver, reason, seconds, "events wait for their receiver");
                }
                state.remember_error(to, error);
                state.keep(id, &*self.journal);
            }
            (After::Final | After::Again { .. } | After::Unknown, _) => {}
        }
        drop(state);
        self.rests.notify_waiters();
        self.pump();
    }

    /// Makes a dead letter of an expired event.
    async fn expired(self: Arc<Self>, id: u64) {
        // The semaphore is never closed.
        let _permit = self.burials.acquire().await;
        let held = {
            let mut state = self.lock();
            let held = state.event(id).map(|(event, _)| event);
            state.release(id);
            held
        };
        let event = match held {
            Some(event) => event,
            None => match self.journal.load(id).await {
                Ok(Some(event)) => event,
                Ok(None) => return,
                // The next start finds the event again.
                Err(reason) => {
                    return tracing::warn!(id, reason, "an event cannot be read from the disk");
                }
            },
        };
        let to = receiver(&event.callback.url);
        let last = self.lock().last_error(&to);
        let last = last.unwrap_or_else(|| failure::connection("no attempt"));
        let seconds = self.lifetime.as_secs();
        let message = format!("not delivered within {seconds} s: {}", last.message);
        let error = FetchError { message, ..last };
        self.journal.died(id, &event, &error, true);
        self.rests.notify_waiters();
    }

    /// Waits until no event can be sent before a pause ends.
    pub(crate) async fn at_rest(&self) {
        loop {
            let mut rests = pin!(self.rests.notified());
            rests.as_mut().enable();
            if self.lock().deliveries.is_at_rest() {
                return;
            }
            rests.await;
        }
    }

    /// Begins no further attempt, and writes the events that are only in memory to the journal.
    /// Returns the number of events.
    pub(crate) fn stop(&self) -> usize {
        let mut state = self.lock();
        state.stop(&*self.journal);
        state.deliveries.waiting()
    }

    async fn tried(&self, event: &Event, within: Duration) -> Result<(), NotTold> {
        let told = timeout(within, self.web.shared.tell(event)).await;
        told.unwrap_or_else(|_| {
            let message = format!("not answered within {} s", within.as_secs());
            Err(failure::connection(message).into())
        })
    }
}
