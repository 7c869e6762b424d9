//! The web's fetcher and its callbacks, set up from the configuration.

use std::sync::Arc;

use confab_store::{Entry, Store};
use confab_switchboard::{FetchError, Notice};
use confab_web::{AudioSink, Callback, Callbacks, SigningKey, Web, WebConfig};

use crate::config::Config;
use crate::gauges::Gauges;

/// The fetcher; audio goes to `sink`.
pub(crate) fn web(config: &Config, store: &Arc<dyn Store>, sink: Arc<dyn AudioSink>) -> Web {
    let signing = SigningKey::new(store.account().signing_key.clone());
    let mut web = WebConfig::new(signing);
    web.allow.clone_from(&config.fetch_allow);
    web.operator_hosts = config
        .voice
        .as_ref()
        .and_then(|(url, _)| host_of(url))
        .into_iter()
        .collect();
    Web::new(web, sink)
}

/// The callbacks; what cannot be told becomes a notice.
pub(crate) fn callbacks(web: &Web, store: &Arc<dyn Store>, gauges: &Arc<Gauges>) -> Callbacks {
    let (store, gauges) = (Arc::clone(store), Arc::clone(gauges));
    let failed = move |callback: &Callback, error: &FetchError| {
        gauges.callbacks_failed.add(1);
        store.keep(Entry::Notice(Notice {
            code: error.code,
            message: error.message.clone(),
            at: confab_sockets::wall(),
            call: None,
            conference: Some(callback.conference),
            url: Some(callback.url.clone()),
            method: Some(callback.method),
        }));
    };
    Callbacks::start(web.clone(), Box::new(failed))
}

fn host_of(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}
