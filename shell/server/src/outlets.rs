//! Executes the outputs of the switchboard: an arm for each output. No rules; never blocks.

pub(crate) mod in_logs;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use confab_rest::Dialect;
use confab_sockets::Udp;
use confab_sounds::{Recorder, Sounds};
use confab_store::{Entry, Store, StoredRegistration};
use confab_switchboard::{Fetch, Input, Lookup, Notice, Output, RecordingEnd, Reply, Transport};
use confab_terms::{RecordingSid, RequestId};
use confab_web::{Callback, Callbacks, Full, Kept, Web};
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

use crate::after_disk::AfterDisk;
use crate::fetches::Fetches;
use crate::gauges::Gauges;
use crate::names::Names;
use crate::queues::{Letterbox, Order};
use crate::streams::Streams;
use crate::webs;

/// Destinations of outputs.
pub(crate) struct Outlets {
    pub(crate) sip: Udp,
    pub(crate) streams: Streams,
    pub(crate) names: Names,
    pub(crate) media: Vec<MediaThread>,
    pub(crate) web: Web,
    pub(crate) fetches: Fetches,
    pub(crate) sounds: Sounds,
    pub(crate) recorder: Recorder,
    pub(crate) callbacks: CallbackQueue,
    pub(crate) after_disk: AfterDisk,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) letterbox: Letterbox,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) runtime: Handle,
    pub(crate) replies: BTreeMap<RequestId, oneshot::Sender<Reply>>,
    pub(crate) dialect: Dialect,
}

/// Queue of orders to a media thread.
pub(crate) struct MediaThread {
    orders: Sender<Order>,
    /// Orders held back while the queue is full, in order. No new input is accepted meanwhile, so
    /// the length is bounded by the outputs of a turn.
    waiting: VecDeque<Order>,
}

impl MediaThread {
    pub(crate) fn new(orders: Sender<Order>) -> Self {
        Self {
            orders,
            waiting: VecDeque::new(),
        }
    }

    fn send(&mut self, order: Order) {
        self.waiting.push_back(order);
        self.flush();
    }

    fn flush(&mut self) {
        while let Some(order) = self.waiting.pop_front() {
            if let Err(TrySendError::Full(order)) = self.orders.try_send(order) {
                self.waiting.push_front(order);
                return;
            }
        }
    }
}

/// Outbox, and the reports of events that it rejects.
pub(crate) struct CallbackQueue {
    callbacks: Callbacks,
    store: Arc<dyn Store>,
    gauges: Arc<Gauges>,
    dialect: Dialect,
}

impl CallbackQueue {
    pub(crate) fn new(
        callbacks: &Callbacks,
        store: &Arc<dyn Store>,
        gauges: &Arc<Gauges>,
        dialect: Dialect,
    ) -> Self {
        Self {
            callbacks: callbacks.clone(),
            store: Arc::clone(store),
            gauges: Arc::clone(gauges),
            dialect,
        }
    }

    fn push(&self, callback: Callback) {
        let copy = callback.clone();
        if let Err(full) = self.callbacks.push(callback) {
            self.rejected(copy, full);
        }
    }

    /// Stores a callback in the outbox; returns `None` if the callback was rejected.
    fn keep(&self, callback: Callback) -> Option<Kept> {
        let copy = callback.clone();
        let kept = self.callbacks.keep(callback);
        kept.map_err(|full| self.rejected(copy, full)).ok()
    }

    fn rejected(&self, callback: Callback, full: Full) {
        self.gauges.callbacks_dropped.add(1);
        let about = callback.about;
        tracing::warn!(about = webs::about(self.dialect, about), "{full}");
        if full.is_first {
            let code = webs::NO_ROOM;
            let message = format!("{full}, and so are those that follow until there is room");
            let sent = (callback.url, callback.method, callback.fields);
            let notice = webs::notice(about, sent, code, message, None);
            self.store.keep(Entry::Notice(notice));
        }
    }
}

/// Returns true for the last callback of a recording.
fn reports_ended_recording(fields: &[(String, String)]) -> bool {
    let mut fields = fields.iter();
    fields.any(|(name, status)| name == "RecordingStatus" && status != "in-progress")
}

impl Outlets {
    /// Sends held-back orders to media threads; returns whether all were sent.
    pub(crate) fn flush(&mut self) -> bool {
        self.media.iter_mut().for_each(MediaThread::flush);
        !self.is_behind()
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.media.iter().any(|thread| !thread.waiting.is_empty())
    }

    pub(crate) fn expect_reply(&mut self, request: RequestId, reply: oneshot::Sender<Reply>) {
        self.replies.insert(request, reply);
    }

    pub(crate) fn carry_out(&mut self, output: Output) {
        match output {
            Output::Datagram { to, bytes } => {
                self.gauges.sip_out.add(1);
                if !self.sip.send_to(&bytes, to) {
                    self.gauges.sip_unsent.add(1);
                    tracing::debug!(%to, "the kernel did not take a SIP message");
                }
            }
            Output::Connection { connection, order } => self.streams.obey(connection, order),
            Output::Resolve {
                lookup,
                host,
                port,
                transport,
            } => self.resolve(lookup, host, port, transport),
            Output::Reply { request, reply } => {
                if let Some(asked) = self.replies.remove(&request) {
                    let _no_longer_waiting = asked.send(reply);
                }
            }
            Output::OpenLeg { leg, thread } => self.order(thread, Order::OpenLeg(leg)),
            Output::MoveLeg { leg, from, to } => {
                self.order(from, Order::MoveLeg { leg, to });
                self.order(to, Order::AwaitLeg(leg));
            }
            Output::Media { thread, command } => self.order(thread, Order::Command(command)),
            Output::Fetch(fetch) => self.fetch(fetch),
            Output::CancelFetch { fetch } => self.fetches.cancel(fetch),
            Output::DropAudio { audio } => self.sounds.drop_audio(audio),
            Output::Decode {
                decode,
                audio,
                call,
            } => self.sounds.decode(decode, audio, call),
            Output::ReleaseSound { decode } => self.sounds.release(decode),
            Output::Say {
                decode,
                text,
                voice,
                language,
            } => self
                .sounds
                .say(decode, &text, voice.as_deref(), language.as_deref()),
            Output::Callback {
                about,
                url,
                method,
                fields,
                time_outs,
            } => self.call_back(Callback {
                about,
                url,
                method,
                fields: self.dialect.fields(fields),
                time_outs,
            }),
            Output::News(news) => in_logs::log(self.dialect, &news),
            Output::CallEnded(call) | Output::CallMeasured(call) => self.keep(Entry::Call(call)),
            Output::ConferenceEnded(ended) => self.keep(Entry::Conference(ended)),
            Output::Registration { at, registration } => self
                .store
                .keep_registration(StoredRegistration { at, registration }),
            Output::Row { at, change } => self.store.keep_row(at, change),
            Output::OpenRecording { recording, trim } => self.open_recording(recording, trim),
            Output::Recording(view) => self.keep(Entry::Recording(view)),
            Output::Notice(notice) => self.notice(notice),
        }
    }

    fn keep(&self, entry: Entry) {
        self.store.keep(entry);
    }

    fn open_recording(&self, recording: RecordingSid, trim: bool) {
        if self.recorder.open(recording, trim) {
            return;
        }
        let letterbox = self.letterbox.clone();
        let end = RecordingEnd::Failed {
            duration_ms: 0,
            message: "too much waits to be written already".to_owned(),
        };
        let input = Input::Recorded { recording, end };
        self.runtime
            .spawn(async move { letterbox.answer(input).await });
    }

    fn call_back(&self, callback: Callback) {
        if !reports_ended_recording(&callback.fields) {
            return self.callbacks.push(callback);
        }
        // The recording's row is written first: a reported recording must not be unknown after a
        // restart.
        if let Some(kept) = self.callbacks.keep(callback) {
            let callbacks = self.callbacks.callbacks.clone();
            self.after_disk.run(move || callbacks.send(kept));
        }
    }

    fn order(&mut self, thread: u16, order: Order) {
        if let Some(thread) = self.media.get_mut(usize::from(thread)) {
            thread.send(order);
        }
    }

    fn fetch(&self, mut fetch: Fetch) {
        let said = fetch.fields.clone();
        fetch.fields = self.dialect.fields(fetch.fields);
        let (web, letterbox) = (self.web.clone(), self.letterbox.clone());
        let cancelled = self.fetches.begin(fetch.fetch);
        self.runtime.spawn(async move {
            let id = fetch.fetch;
            let fetched = cancelled.or(web.fetch_with_cookies(fetch)).await;
            let Some((result, cookies)) = fetched else {
                return;
            };
            // The core receives the fields in its own spelling.
            let result = result.map_err(|mut error| {
                error.exchange.get_or_insert_default().fields = said;
                error
            });
            let fetched = Input::Fetched {
                fetch: id,
                result,
                cookies,
            };
            letterbox.answer(fetched).await;
        });
    }

    fn resolve(
        &self,
        lookup: Lookup,
        host: String,
        port: Option<u16>,
        transport: Option<Transport>,
    ) {
        let (names, letterbox) = (self.names.clone(), self.letterbox.clone());
        self.runtime.spawn(async move {
            let targets = names.find(&host, port, transport).await;
            letterbox.answer(Input::Resolved { lookup, targets }).await;
        });
    }

    fn notice(&self, mut notice: Notice) {
        if let Some(exchange) = &mut notice.exchange {
            exchange.fields = self.dialect.fields(std::mem::take(&mut exchange.fields));
        }
        let code = notice.code;
        let call = notice.call.map(|call| self.dialect.spell(call));
        let conference = notice.conference.map(|sid| self.dialect.spell(sid));
        let url = notice.url.as_deref().map(in_logs::in_logs);
        let what = in_logs::text_in_logs(&self.dialect.notice_text(&notice));
        tracing::warn!(code, what, call, conference, url, "notice");
        self.store.keep(Entry::Notice(notice));
    }
}
