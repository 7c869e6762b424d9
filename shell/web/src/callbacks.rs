//! Callbacks: events told to applications, in order within a conference. A slow receiver delays
//! its own conference only; what is over the bounds is dropped, never waited for. What was dropped
//! or given up is told, and for the caller to log.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use confab_switchboard::{About, FetchError, TimeOuts};
use confab_terms::Method;
use reqwest::header::HeaderMap;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use crate::body::Body;
use crate::drops::Drops;
use crate::exchange::Ask;
use crate::failure;
use crate::limits::{
    CALLBACK_ANSWER_BYTES_MAX, CALLBACK_ATTEMPTS_MAX, CALLBACK_BYTES_MAX, CALLBACK_PAUSE,
    CALLBACK_TOTAL, CALLBACKS_AT_ONCE, CALLBACKS_MAX, CALLBACKS_PER_CONFERENCE_MAX,
};
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

/// How a callback was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Its receiver did not take it.
    GivenUp,
    /// It found no room; not each of these is told of.
    Dropped,
}

/// Called with callbacks that were lost, how and why.
pub type Failed = Box<dyn Fn(&Callback, Loss, &FetchError) + Send + Sync>;

/// Too many callbacks wait: this one was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many callbacks wait; this one was dropped")]
pub struct Full;

/// Sends callbacks. Cheap to clone.
#[derive(Clone)]
pub struct Callbacks {
    sender: Arc<Sender>,
}

struct Sender {
    web: Web,
    runtime: Handle,
    failed: Failed,
    waiting: Mutex<Waiting>,
    at_once: Semaphore,
    idle: Notify,
}

#[derive(Default)]
struct Waiting {
    /// A conference or call is in here while one task sends its callbacks; the first is under way.
    queues: BTreeMap<About, VecDeque<Callback>>,
    count: usize,
    bytes: usize,
    drops: Drops,
}

impl Callbacks {
    /// To be called inside the tokio runtime that is to send.
    #[must_use]
    pub fn start(web: Web, failed: Failed) -> Self {
        let sender = Sender {
            web,
            runtime: Handle::current(),
            failed,
            waiting: Mutex::default(),
            at_once: Semaphore::new(CALLBACKS_AT_ONCE),
            idle: Notify::new(),
        };
        let sender = Arc::new(sender);
        Self { sender }
    }

    /// Queues a callback; from any thread, never blocks.
    pub fn push(&self, callback: Callback) -> Result<(), Full> {
        let about = callback.about;
        let bytes = callback.bytes();
        let mut waiting = self.sender.lock();
        let queued = waiting.queues.get(&about).map_or(0, VecDeque::len);
        let over = waiting.count >= CALLBACKS_MAX || waiting.bytes + bytes > CALLBACK_BYTES_MAX;
        if over || queued >= CALLBACKS_PER_CONFERENCE_MAX {
            let told = waiting.drops.note(Instant::now());
            drop(waiting);
            if let Some(before) = told {
                let error = failure::connection(no_room(before));
                (self.sender.failed)(&callback, Loss::Dropped, &error);
            }
            return Err(Full);
        }
        waiting.count += 1;
        waiting.bytes += bytes;
        let queue = waiting.queues.entry(about).or_default();
        queue.push_back(callback);
        if queued == 0 {
            let sender = self.sender.clone();
            self.sender
                .runtime
                .spawn(async move { sender.run(about).await });
        }
        Ok(())
    }

    /// How many wait or are under way.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.sender.lock().count
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
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the callbacks about one thing until none is left.
    async fn run(&self, about: About) {
        loop {
            let first = self
                .lock()
                .queues
                .get(&about)
                .and_then(|queue| queue.front().cloned());
            let Some(callback) = first else { return };
            if let Err(error) = self.send(&callback).await {
                (self.failed)(&callback, Loss::GivenUp, &error);
            }
            if self.finished(&callback) {
                return;
            }
        }
    }

    /// Takes the callback off its queue; tells whether the queue is gone.
    fn finished(&self, callback: &Callback) -> bool {
        let mut waiting = self.lock();
        waiting.count -= 1;
        waiting.bytes -= callback.bytes();
        if waiting.count == 0 {
            self.idle.notify_waiters();
        }
        let Some(queue) = waiting.queues.get_mut(&callback.about) else {
            return true;
        };
        queue.pop_front();
        let empty = queue.is_empty();
        if empty {
            waiting.queues.remove(&callback.about);
        }
        empty
    }

    async fn send(&self, callback: &Callback) -> Result<(), FetchError> {
        let Ok(_permit) = self.at_once.acquire().await else {
            return Err(failure::connection("the server is ending"));
        };
        let end = Instant::now() + CALLBACK_TOTAL;
        let mut pause = CALLBACK_PAUSE;
        let mut attempt = 1;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let tried = timeout(left, self.web.shared.tell(callback)).await;
            let Ok(result) = tried else {
                let message = format!("not told within {} s", CALLBACK_TOTAL.as_secs());
                return Err(failure::connection(message));
            };
            let Err(error) = result else { return Ok(()) };
            let over = attempt == CALLBACK_ATTEMPTS_MAX || Instant::now() + pause >= end;
            if over || !worth_another(&error) {
                return Err(error);
            }
            sleep(pause).await;
            pause *= 2;
            attempt += 1;
        }
    }
}

fn no_room(before: u64) -> String {
    let also = match before {
        0 => String::new(),
        many => format!(", as were {many} before it of which nothing was said"),
    };
    format!("too many callbacks wait to be taken; this one was dropped{also}; answer them sooner")
}

/// What may be better in a second: the network, the name, a server's own fault. A refusal stays.
fn worth_another(error: &FetchError) -> bool {
    let passing = error
        .status
        .is_none_or(|status| status >= 500 || matches!(status, 408 | 429));
    matches!(error.code, 11200 | 11210 | 11217) && passing
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
        let mut body = Body::new(self.exchange(&ask).await?.response);
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
