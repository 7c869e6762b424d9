//! Events for applications: admission, restart and end of the outbox. `delivery` decides the order
//! and time of events; `sender` sends the requests.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use confab_delivery::{Full, Item};
use confab_switchboard::{About, FetchError, TimeOuts};
use confab_terms::{ConferenceSid, Method, WallTime};
use url::Url;

use crate::held::{Held, State};
use crate::sender::Sender;
use crate::web::Web;

/// Request to an application that reports an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// Conference or call of the event; events of one are delivered in order.
    pub about: About,
    /// URL of the receiver.
    pub url: String,
    /// HTTP method.
    pub method: Method,
    /// Fields of the form; names are unique.
    pub fields: Vec<(String, String)>,
    /// Limits of one attempt.
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

/// Callback in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `I-Twilio-Idempotency-Token`: a UUID, the same in all attempts.
    pub token: String,
    /// Time of the event.
    pub created: WallTime,
    /// Size that counts towards the limits, in bytes.
    pub bytes: usize,
    /// Request.
    pub callback: Callback,
}

/// Event that is on the disk at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Number of the event.
    pub id: u64,
    /// Conference or call of the event.
    pub about: About,
    /// URL of the receiver.
    pub url: String,
    /// Time of the event.
    pub created: WallTime,
    /// Size that counts towards the limits, in bytes.
    pub bytes: usize,
}

/// Callback that is on the disk and not sent yet.
#[derive(Debug)]
pub struct Kept {
    to: Arc<str>,
    item: Item<About, u64>,
}

type Admitted = (Arc<str>, Item<About, u64>, Arc<Event>);

/// Future event that is read from the disk.
pub type Loaded<'a> = Pin<Box<dyn Future<Output = Result<Option<Arc<Event>>, String>> + Send + 'a>>;

/// Storage of events on the disk. Only `load` waits for the disk.
pub trait Journal: Send + Sync + 'static {
    /// Keeps an event until `delivered` or `died`.
    fn keep(&self, id: u64, event: &Arc<Event>);
    /// Deletes an event that was delivered.
    fn delivered(&self, id: u64);
    /// Makes a dead letter of an event that expired or met a final error.
    fn died(&self, id: u64, event: &Arc<Event>, error: &FetchError, has_expired: bool);
    /// Reads an event; returns `None` if the event does not exist.
    fn load(&self, id: u64) -> Loaded<'_>;
    /// Returns number and bytes of the events that are not on the disk yet.
    fn unwritten(&self) -> (usize, usize);
}

/// The outbox. Cheap to clone.
#[derive(Clone)]
pub struct Callbacks {
    pub(crate) sender: Arc<Sender>,
}

impl Callbacks {
    /// Starts an outbox in the current tokio runtime; ids of events follow `last_id`.
    #[must_use]
    pub fn start(web: Web, journal: Arc<dyn Journal>, lifetime: Duration, last_id: u64) -> Self {
        let sender = Arc::new(Sender::new(web, journal, lifetime, last_id));
        tokio::spawn(Arc::clone(&sender).keep_time());
        Self { sender }
    }

    /// Adds the events of an earlier process, in the order of their ids.
    pub fn restore(&self, events: impl IntoIterator<Item = Restored>) {
        let now = self.sender.now();
        let wall = wall();
        {
            let mut state = self.sender.lock();
            for event in events {
                let age = wall.0.saturating_sub(event.created.0);
                let age = Duration::from_millis(u64::try_from(age).unwrap_or(0));
                let left = self.sender.lifetime.saturating_sub(age);
                let item = Item {
                    about: event.about,
                    event: event.id,
                    bytes: event.bytes,
                    expires: now + left,
                };
                state.deliveries.restore(&receiver(&event.url), item);
            }
        }
        self.sender.pump();
    }

    /// Queues a callback. Callable from any thread; never blocks.
    pub fn push(&self, callback: Callback) -> Result<(), Full> {
        let sender = &self.sender;
        let id = {
            let mut state = sender.lock();
            let (to, item, event) = sender.admit(&mut state, callback)?;
            let id = item.event;
            state.deliveries.restore(&to, item);
            state.hold(id, Held::new(event));
            id
        };
        sender.pump();
        // An event that is not being sent is written to the disk at once.
        sender.lock().keep_unless_begun(id, &*sender.journal);
        Ok(())
    }

    /// Keeps a callback on the disk, to be sent by `send` or after the next start.
    pub fn keep(&self, callback: Callback) -> Result<Kept, Full> {
        let sender = &self.sender;
        let mut state = sender.lock();
        let (to, item, event) = sender.admit(&mut state, callback)?;
        sender.journal.keep(item.event, &event);
        Ok(Kept { to, item })
    }

    /// Sends a callback that `keep` returned.
    pub fn send(&self, kept: Kept) {
        let Kept { to, item } = kept;
        self.sender.lock().deliveries.restore(&to, item);
        self.sender.pump();
    }

    /// Returns an id for an event that is about to be sent again, if the outbox has room.
    #[must_use]
    pub fn reserve(&self, url: &str, bytes: usize) -> Option<u64> {
        let mut state = self.sender.lock();
        if state.deliveries.check(&receiver(url), bytes).is_err() {
            return None;
        }
        state.last_id += 1;
        Some(state.last_id)
    }

    /// Returns the number of events that wait or are being sent.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.sender.lock().deliveries.waiting()
    }

    /// Returns the total size of these events, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.sender.lock().deliveries.bytes()
    }

    /// Stops sending. Waits for at most `patience` until no event can be sent before a pause ends.
    /// Then writes the remaining events to the disk, and returns their number.
    pub async fn drain(&self, patience: Duration) -> usize {
        let at_rest = self.sender.at_rest();
        let _ = tokio::time::timeout(patience, at_rest).await;
        self.sender.stop()
    }
}

/// Returns scheme, host and port of a URL. A string that is not a URL is a receiver by itself.
pub(crate) fn receiver(url: &str) -> Arc<str> {
    let origin = Url::parse(url).map(|url| url.origin().ascii_serialization());
    origin.map_or_else(|_| Arc::from(url), Arc::from)
}

impl Sender {
    /// Assigns an id and a token to a callback, if there is room.
    fn admit(&self, state: &mut State, callback: Callback) -> Result<Admitted, Full> {
        let to = receiver(&callback.url);
        let bytes = callback.bytes();
        state.check_memory(self.journal.unwritten())?;
        state.deliveries.check(&to, bytes)?;
        state.last_id += 1;
        let item = Item {
            about: callback.about,
            event: state.last_id,
            bytes,
            expires: self.now() + self.lifetime,
        };
        let event = Event {
            token: token(),
            created: wall(),
            bytes,
            callback,
        };
        Ok((to, item, Arc::new(event)))
    }
}

/// Returns a new idempotency token.
fn token() -> String {
    let mut bits = [0; 16];
    if let Err(error) = getrandom::fill(&mut bits) {
        // A token only has to differ from other tokens.
        tracing::error!(%error, "the system gives no random numbers");
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
        bits = now.unwrap_or_default().as_nanos().to_be_bytes();
    }
    ConferenceSid::from_random(u128::from_be_bytes(bits)).to_string()
}

pub(crate) fn wall() -> WallTime {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
    let ms = since.unwrap_or_default().as_millis();
    WallTime(i64::try_from(ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::receiver;

    #[test]
    fn a_receiver_is_scheme_host_and_port() {
        let cases = [
            ("http://Example.com/a?b#c", "http://example.com"),
            ("http://example.com:80/", "http://example.com"),
            ("https://u:p@example.com:8443/x", "https://example.com:8443"),
            ("not a url", "not a url"),
        ];
        for (url, expected) in cases {
            assert_eq!(&*receiver(url), expected);
        }
    }
}
