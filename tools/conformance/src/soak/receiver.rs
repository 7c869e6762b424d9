//! Application of the soak test: serves documents and music, receives events, and checks their
//! order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use confab_phone::heard::wav;

/// One event in this number is rejected with 503.
const REFUSED_ONE_IN: u64 = 40;

/// State of a conference by its events so far.
#[derive(Default)]
struct Progress {
    /// Last accepted SequenceNumber.
    last: u64,
    inside: BTreeSet<String>,
    ended: bool,
}

#[derive(Default)]
struct Books {
    arrived: u64,
    events: u64,
    conferences: BTreeMap<String, Progress>,
    /// Rejected event that must be repeated before any other of its conference.
    refused: BTreeMap<String, u64>,
    faults: Vec<String>,
}

struct Shared {
    address: String,
    books: Mutex<Books>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Application of the soak test; the runtime ends on drop.
pub(super) struct Receiver {
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

impl Receiver {
    /// Listens on a free port of 127.0.0.1.
    pub(super) fn start() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
        let shared = Arc::new(Shared {
            address: listener.local_addr()?.to_string(),
            books: Mutex::default(),
        });
        let router = axum::Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            shared,
            _runtime: runtime,
        })
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.shared.address)
    }

    pub(super) fn events(&self) -> u64 {
        self.shared.lock().events
    }

    pub(super) fn conferences(&self) -> usize {
        self.shared.lock().conferences.len()
    }

    /// Returns the number of conferences without an end.
    pub(super) fn open(&self) -> usize {
        let books = self.shared.lock();
        books.conferences.values().filter(|one| !one.ended).count()
    }

    /// Returns the faults in the order of events, and the missing events.
    pub(super) fn faults(&self) -> Vec<String> {
        let books = self.shared.lock();
        let mut faults = books.faults.clone();
        for (conference, progress) in &books.conferences {
            if !progress.ended {
                faults.push(format!("{conference}: no conference-end"));
            }
            if !progress.inside.is_empty() {
                faults.push(format!(
                    "{conference}: no participant-leave of {:?}",
                    progress.inside
                ));
            }
        }
        faults
    }
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri, body: Bytes) -> Response {
    let fields = fields(&String::from_utf8_lossy(&body));
    match uri.path() {
        "/voice" => {
            let xml = document(&shared.address, &fields);
            ([("content-type", "text/xml")], xml).into_response()
        }
        "/music" => ([("content-type", "audio/wav")], tone()).into_response(),
        "/events" => match shared.lock().take(&fields) {
            true => StatusCode::NO_CONTENT.into_response(),
            false => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Books {
    /// Accepts an event; returns false to request a repetition.
    fn take(&mut self, fields: &BTreeMap<String, String>) -> bool {
        let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let (conference, event) = (text("ConferenceSid"), text("StatusCallbackEvent"));
        let number: u64 = text("SequenceNumber").parse().unwrap_or_default();
        let progress = self.conferences.entry(conference.clone()).or_default();
        let is_next = number == progress.last + 1 && !progress.ended;
        let comes_again = self.refused.remove(&conference) == Some(number);
        if !is_next {
            self.faults.push(format!(
                "{conference}: {event} has number {number} after {}{}",
                progress.last,
                if progress.ended { ", the end" } else { "" }
            ));
        }
        self.arrived += 1;
        if self.arrived.is_multiple_of(REFUSED_ONE_IN) && !comes_again {
            self.refused.insert(conference, number);
            return false;
        }
        progress.last = number;
        self.events += 1;
        let call = text("CallSid");
        let is_expected = match event.as_str() {
            "participant-join" => progress.inside.insert(call.clone()),
            "participant-leave" => progress.inside.remove(&call),
            "conference-start" => !progress.inside.is_empty() || number == 1,
            "conference-end" => {
                progress.ended = true;
                progress.inside.is_empty()
            }
            _ => call.is_empty() || progress.inside.contains(&call),
        };
        if !is_expected {
            let inside = &progress.inside;
            self.faults.push(format!(
                "{conference}: {event} of {call:?}; inside: {inside:?}"
            ));
        }
        true
    }
}

/// Returns a document for the dialed room; two rooms are recorded.
fn document(address: &str, fields: &BTreeMap<String, String>) -> String {
    let to = fields.get("To").cloned().unwrap_or_default();
    let user = to.strip_prefix("sip:").unwrap_or(&to);
    let room = user.split('@').next().unwrap_or_default();
    let record = match room {
        "room0" | "room1" => " record=\"record-from-start\"",
        _ => "",
    };
    format!(
        "<Response><Dial><Conference{record} statusCallback=\"http://{address}/events\" \
         statusCallbackEvent=\"start end join leave mute hold modify speaker announcement\">\
         {room}</Conference></Dial></Response>"
    )
}

fn fields(text: &str) -> BTreeMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://x/?{text}"));
    let pairs = url.iter().flat_map(reqwest::Url::query_pairs);
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Returns a WAV file with a second of a tone.
fn tone() -> Vec<u8> {
    let step = std::f64::consts::TAU * 600.0 / 8_000.0;
    let samples = (0..8_000).map(|at| (6_000.0 * (step * f64::from(at)).sin()) as i16);
    wav(&samples.collect::<Vec<_>>())
}
