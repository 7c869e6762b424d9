//! The web's fetcher and its callbacks, set up from the configuration.

use std::sync::Arc;

use confab_rest::Dialect;
use confab_store::{Entry, Store};
use confab_switchboard::{About, FetchError, Notice, Severity};
use confab_web::{AudioSink, Callback, Callbacks, Loss, SigningKey, Web, WebConfig};

use crate::config::Config;
use crate::gauges::Gauges;

/// The fetcher; audio goes to `sink`.
pub(crate) fn web(config: &Config, store: &Arc<dyn Store>, sink: Arc<dyn AudioSink>) -> Web {
    let signing = SigningKey::new(store.account().signing_key.clone());
    let mut web = WebConfig::new(signing);
    web.allow.clone_from(&config.fetch_allow);
    let operators = [
        &config.voice,
        &config.voice_fallback,
        &config.status_callback,
    ];
    web.operator_hosts = operators
        .into_iter()
        .flatten()
        .filter_map(|(url, _)| host_of(url))
        .collect();
    Web::new(web, sink)
}

/// The callbacks; what cannot be told becomes a notice.
pub(crate) fn callbacks(
    dialect: Dialect,
    web: &Web,
    store: &Arc<dyn Store>,
    gauges: &Arc<Gauges>,
) -> Callbacks {
    let (store, gauges) = (Arc::clone(store), Arc::clone(gauges));
    let failed = move |callback: &Callback, loss: Loss, error: &FetchError| {
        let FetchError { code, message, .. } = error;
        let about = about(dialect, callback.about);
        match loss {
            Loss::GivenUp => {
                gauges.callbacks_failed.add(1);
                tracing::warn!(about, code, what = message, "a callback was given up");
            }
            // Whoever pushed it counts them all.
            Loss::Dropped => tracing::warn!(about, code, what = message, "a callback was dropped"),
        }
        let (call, conference) = match callback.about {
            About::Call(call) => (Some(call), None),
            About::Conference(conference) => (None, Some(conference)),
        };
        let mut exchange = error.exchange.clone().unwrap_or_default();
        exchange.fields.clone_from(&callback.fields);
        store.keep(Entry::Notice(Notice {
            code: error.code,
            severity: Severity::Error,
            message: error.message.clone(),
            at: confab_sockets::wall(),
            call,
            conference,
            url: Some(callback.url.clone()),
            method: Some(callback.method),
            exchange: Some(exchange),
        }));
    };
    Callbacks::start(web.clone(), Box::new(failed))
}

/// What an event is about, as applications know it.
pub(crate) fn about(dialect: Dialect, about: About) -> String {
    match about {
        About::Call(call) => dialect.spell(call),
        About::Conference(conference) => dialect.spell(conference),
    }
}

fn host_of(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}
