//! `Web`: what the server holds, and the way of one fetch. Judges nothing but kind and size.

use std::sync::Arc;
use std::time::Duration;

use confab_switchboard::{Cookie, Fetch, FetchError, FetchKind, Fetched};
use confab_terms::Cidr;
use rustls::pki_types::CertificateDer;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;

use crate::allowed::Allowed;
use crate::bare::BareUrls;
use crate::cache::Cache;
use crate::client::Clients;
use crate::failure;
use crate::jar::Jar;
use crate::limits::{FETCHES_AT_ONCE, STREAMS_AT_ONCE};
use crate::resolve::{Guarded, Resolve, SystemResolver};
use crate::signature::SigningKey;
use crate::sink::AudioSink;

/// What a `Web` is made of.
pub struct WebConfig {
    /// Networks that may be reached although they are not public (`CONFAB_FETCH_ALLOW`).
    pub allow: Vec<Cidr>,
    /// URLs of the configuration, such as `CONFAB_VOICE_URL`: their host with their port may be
    /// reached at any address, except through a redirect or a playlist of another host.
    pub operator_urls: Vec<Url>,
    /// Signs what goes to applications.
    pub signing: SigningKey,
    /// Looks names up.
    pub resolver: Arc<dyn Resolve>,
    /// Authorities trusted besides the machine's own.
    pub roots: Vec<CertificateDer<'static>>,
}

impl WebConfig {
    /// Public addresses only, the system's resolver, the machine's authorities.
    #[must_use]
    pub fn new(signing: SigningKey) -> Self {
        Self {
            allow: Vec::new(),
            operator_urls: Vec::new(),
            signing,
            resolver: Arc::new(SystemResolver::default()),
            roots: Vec::new(),
        }
    }
}

/// The one way to other people's URLs. Cheap to clone; needs a tokio runtime to be used in.
#[derive(Clone)]
pub struct Web {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) allowed: Arc<Allowed>,
    pub(crate) clients: Clients,
    pub(crate) signing: SigningKey,
    pub(crate) sink: Arc<dyn AudioSink>,
    pub(crate) cache: Cache,
    pub(crate) bare: BareUrls,
    pub(crate) streams: Arc<Semaphore>,
    fetches: Semaphore,
}

/// What went wrong, with what was asked.
fn asked(fetch: &Fetch, mut error: FetchError) -> FetchError {
    let exchange = error.exchange.get_or_insert_default();
    exchange.fields.clone_from(&fetch.fields);
    error
}

impl Web {
    /// Audio bodies go to `sink`.
    #[must_use]
    pub fn new(config: WebConfig, sink: Arc<dyn AudioSink>) -> Self {
        let allowed = Arc::new(Allowed::new(config.allow, &config.operator_urls));
        let guard = Guarded {
            resolver: config.resolver,
            allowed: Some(allowed.clone()),
        };
        let shared = Shared {
            allowed,
            clients: Clients::new(guard, config.roots),
            signing: config.signing,
            sink,
            cache: Cache::default(),
            bare: BareUrls::default(),
            streams: Arc::new(Semaphore::new(STREAMS_AT_ONCE)),
            fetches: Semaphore::new(FETCHES_AT_ONCE),
        };
        let shared = Arc::new(shared);
        Self { shared }
    }

    /// Fetches a document whole, or audio as far as its head: the body streams on by itself.
    pub async fn fetch(&self, fetch: Fetch) -> Result<Fetched, FetchError> {
        self.fetch_with_cookies(fetch).await.0
    }

    /// The same; returns the cookies too that the responses have set, redirects included.
    pub async fn fetch_with_cookies(
        &self,
        mut fetch: Fetch,
    ) -> (Result<Fetched, FetchError>, Vec<Cookie>) {
        let mut jar = Jar::of(std::mem::take(&mut fetch.cookies));
        let total = Duration::from_millis(u64::from(fetch.time_outs.total_ms));
        let result = timeout(total, self.within(&fetch, &mut jar)).await;
        let result = result.unwrap_or_else(|_| {
            let message = format!("not finished within {} ms", total.as_millis());
            Err(failure::connection(message))
        });
        (result.map_err(|error| asked(&fetch, error)), jar.set)
    }

    async fn within(&self, fetch: &Fetch, jar: &mut Jar) -> Result<Fetched, FetchError> {
        let permit = self.shared.fetches.acquire().await;
        let _permit = permit.map_err(|_| failure::connection("the server is ending"))?;
        match fetch.kind {
            FetchKind::Document => self.fetch_document(fetch, jar).await,
            FetchKind::DocumentOrAudio | FetchKind::Audio => self.fetch_cached(fetch, jar).await,
        }
    }
}
