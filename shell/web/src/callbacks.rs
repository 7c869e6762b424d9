//! Callbacks: events told to applications. What is sent when, tried again, given up or dropped is
//! `delivery`'s to decide; here it is sent. What was dropped or given up is told, and for the
//! caller to log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use confab_delivery::{After, Attempt, Bounds, Deliveries, Full, Outcome};
use confab_switchboard::{About, FetchError, TimeOuts};
use confab_terms::limits::CALLBACK_TOTAL;
use confab_terms::{Instant, Method};
use reqwest::header::HeaderMap;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant as Clock, sleep_until, timeout};

use crate::body::Body;
use crate::exchange::Ask;
use crate::failure;
use crate::jar::Jar;
use crate::limits::CALLBACK_ANSWER_BYTES_MAX;
use crate::web::{Shared, Web};

/// One event for one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The order is kept within this.
    pub about: About,
    /// Whom to tell.
    pub url: String,
    /// How.
    pub method: Method,
    /// The form's fields, no name twice.
    pub fields: Vec<(String, String)>,
    /// How long an attempt may take.
    pub time_outs: TimeOuts,
}

impl Callback {
    fn bytes(&self) -> usize {
        let fields = self
            .fields
            .iter()
            .map(|(name, value)| name.len() + value.len() + 64);
        self.url.len() + 256 + fields.sum::<usize>()
    }
}

/// Called with each callback that was given up, and why.
pub type Failed = Box<dyn Fn(&Callback, &FetchError) + Send + Sync>;

/// Sends callbacks. Cheap to clone.
#[derive(Clone)]
pub struct Callbacks {
    sender: Arc<Sender>,
}

struct Sender {
    web: Web,
    runtime: Handle,
    failed: Failed,
    deliveries: Mutex<Deliveries<About, Callback>>,
    start: Clock,
    idle: Notify,
}

impl Callbacks {
    /// To be called inside the tokio runtime that is to send.
    #[must_use]
    pub fn start(web: Web, failed: Failed) -> Self {
        let sender = Sender {
            web,
            runtime: Handle::current(),
            failed,
            deliveries: Mutex::new(Deliveries::new(Bounds::default())),
            start: Clock::now(),
            idle: Notify::new(),
        };
        let sender = Arc::new(sender);
        Self { sender }
    }

    /// Queues a callback; from any thread, never blocks.
    pub fn push(&self, callback: Callback) -> Result<(), Full> {
        let (about, bytes) = (callback.about, callback.bytes());
        self.sender.lock().push(about, callback, bytes)?;
        self.sender.set_out();
        Ok(())
    }

    /// How many wait or are under way.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.sender.lock().waiting()
    }

    /// Waits until all are sent or given up, at most so long; tells how many are left.
    pub async fn drain(&self, patience: Duration) -> usize {
        let all_sent = async {
            loop {
                let idle = self.sender.idle.notified();
                if self.waiting() == 0 {
                    return;
                }
                idle.await;
            }
        };
        let _ = timeout(patience, all_sent).await;
        self.waiting()
    }
}

impl Sender {
    fn lock(&self) -> MutexGuard<'_, Deliveries<About, Callback>> {
        self.deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Instant {
        Instant(0) + self.start.elapsed()
    }

    /// Begins every attempt that may begin now.
    fn set_out(self: &Arc<Self>) {
        loop {
            let attempt = self.lock().next_attempt(self.now());
            let Some(attempt) = attempt else { return };
            let sender = Arc::clone(self);
            self.runtime
                .spawn(async move { sender.send(attempt).await });
        }
    }

    /// Sends one callback, as often as it is to be tried.
    async fn send(self: Arc<Self>, mut attempt: Attempt<About, Callback>) {
        loop {
            let callback = &attempt.callback;
            let result = self.tried(callback, attempt.within).await;
            let outcome = match &result {
                Ok(()) => Outcome::Told,
                Err(error) => Outcome::Failed {
                    code: error.code,
                    status: error.status,
                },
            };
            let after = self.lock().attempted(self.now(), attempt.about, outcome);
            if let After::Again(at) = after {
                sleep_until(self.start + at.saturating_since(Instant(0))).await;
                let again = self.lock().again(self.now(), attempt.about);
                let Some(again) = again else { return };
                attempt = again;
                continue;
            }
            if let Err(error) = result {
                (self.failed)(callback, &error);
            }
            if self.lock().waiting() == 0 {
                self.idle.notify_waiters();
            }
            return self.set_out();
        }
    }

    async fn tried(&self, callback: &Callback, within: Duration) -> Result<(), FetchError> {
        let told = timeout(within, self.web.shared.tell(callback)).await;
        told.unwrap_or_else(|_| {
            let message = format!("not told within {} s", CALLBACK_TOTAL.as_secs());
            Err(failure::connection(message))
        })
    }
}

impl Shared {
    /// One attempt.
    async fn tell(&self, callback: &Callback) -> Result<(), FetchError> {
        let ask = Ask {
            method: callback.method,
            url: &callback.url,
            fields: &callback.fields,
            time_outs: callback.time_outs,
            conditions: HeaderMap::new(),
            signed: true,
        };
        // Events carry no cookies: no vendor documents them there.
        let mut jar = Jar::default();
        let mut body = Body::new(self.exchange(&ask, &mut jar).await?.response);
        let status = body.status();
        if !(200..300).contains(&status) {
            return Err(body.witness(failure::status(status)).await);
        }
        // The answer means nothing, but a connection is used again only once it is read.
        let mut read = 0;
        let rest = async {
            while let Ok(Some(chunk)) = body.next().await {
                read += chunk.len();
                if read > CALLBACK_ANSWER_BYTES_MAX {
                    return;
                }
            }
        };
        let _ = timeout(Duration::from_secs(1), rest).await;
        Ok(())
    }
}
