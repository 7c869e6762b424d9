//! Web client, configured for this server, and the notices of events.

use std::sync::Arc;

use confab_rest::Dialect;
use confab_store::Store;
use confab_switchboard::{About, Exchange, Notice, Severity};
use confab_terms::Method;
use confab_web::{AudioSink, SigningKey, Web, WebConfig};

use crate::config::Config;

/// Vendor's code: a request to an application failed.
pub(crate) const NO_ROOM: u32 = 11_200;

/// Creates the web client; audio goes to `sink`.
pub(crate) fn web(config: &Config, store: &Arc<dyn Store>, sink: Arc<dyn AudioSink>) -> Web {
    let signing = SigningKey::new(store.account().signing_key.clone());
    let mut web = WebConfig::new(signing);
    web.allow.clone_from(&config.fetch_allow);
    let operators = [
        &config.voice,
        &config.voice_fallback,
        &config.status_callback,
    ];
    web.operator_urls = operators
        .into_iter()
        .flatten()
        .filter_map(|(url, _)| url::Url::parse(url).ok())
        .collect();
    Web::new(web, sink)
}

/// Returns the notice of an event that was not delivered.
pub(crate) fn notice(
    about: About,
    (url, method, fields): (String, Method, Vec<(String, String)>),
    code: u32,
    message: String,
    exchange: Option<Box<Exchange>>,
) -> Notice {
    let (call, conference) = match about {
        About::Call(call) => (Some(call), None),
        About::Conference(conference) => (None, Some(conference)),
    };
    Notice {
        code,
        severity: Severity::Error,
        message,
        at: confab_sockets::wall(),
        call,
        conference,
        url: Some(url),
        method: Some(method),
        exchange: Some(Box::new(Exchange {
            fields,
            ..exchange.map_or_else(Exchange::default, |exchange| *exchange)
        })),
    }
}

/// Returns the call or conference of an event, in the dialect's spelling.
pub(crate) fn about(dialect: Dialect, about: About) -> String {
    match about {
        About::Call(call) => dialect.spell(call),
        About::Conference(conference) => dialect.spell(conference),
    }
}
