//! `Web`: shared state of the HTTP client, and the entry point of a fetch.

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

/// Configuration of a `Web`.
pub struct WebConfig {
    /// Networks that are allowed although they are not public (`CONFAB_FETCH_ALLOW`).
    pub allow: Vec<Cidr>,
    /// URLs of the configuration, such as `CONFAB_VOICE_URL`. Their host and port are allowed at
    /// any address, except through a redirect or a playlist of another host.
    pub operator_urls: Vec<Url>,
    /// Key that signs requests to applications.
    pub signing: SigningKey,
    /// Name resolver.
    pub resolver: Arc<dyn Resolve>,
    /// Certificate authorities that are trusted in addition to the machine's.
    pub roots: Vec<CertificateDer<'static>>,
}

impl WebConfig {
    /// Returns a configuration with public addresses, the system's resolver and the machine's
    /// authorities.
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

/// HTTP client for URLs of third parties. Cheap to clone; requires a tokio runtime.
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

/// Adds the fields of the request to an error.
fn asked(fetch: &Fetch, mut error: FetchError) -> FetchError {
    let exchange = error.exchange.get_or_insert_default();
    exchange.fields.clone_from(&fetch.fields);
    error
}

impl Web {
    /// Creates a client whose audio bodies go to `sink`.
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

    /// Fetches a whole document, or the head of an audio response, whose body streams in the
    /// background.
    pub async fn fetch(&self, fetch: Fetch) -> Result<Fetched, FetchError> {
        self.fetch_with_cookies(fetch).await.0
    }

    /// Fetches like `fetch`; also returns the cookies that the responses set, redirects included.
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
