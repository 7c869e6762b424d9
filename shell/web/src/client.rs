//! HTTP clients: four for each connect timeout. Two of the four reuse connections. Two are for the
//! operator's own host and port, and only their resolver is not guarded. Clients never share
//! connections. No proxies, cookies, redirects and compression.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use tower::util::MapRequestLayer;

use crate::limits::{CLIENTS_MAX, IDLE_MAX, IDLE_PER_HOST_MAX};
use crate::resolve::Guarded;

tokio::task_local! {
    /// True if a connection was opened for the request of this task.
    static OPENED: Cell<bool>;
}

/// Awaits a request; returns the result, and true if a connection was opened for the request.
pub(crate) async fn noting<T>(request: impl Future<Output = T>) -> (T, bool) {
    let noted = async {
        let answered = request.await;
        (answered, OPENED.with(Cell::get))
    };
    OPENED.scope(Cell::new(false), noted).await
}

/// Clients with the same connect timeout and the same exemption.
#[derive(Clone)]
pub(crate) struct Pair {
    /// Client that reuses connections.
    pub(crate) keeping: Client,
    /// Client that opens a connection for each request.
    pub(crate) opening: Client,
}

pub(crate) struct Clients {
    guard: Guarded,
    tls: ClientConfig,
    /// Clients by connect timeout in milliseconds, and by exemption from the address check.
    pairs: Mutex<BTreeMap<(u32, bool), Pair>>,
}

impl Clients {
    pub(crate) fn new(guard: Guarded, roots: Vec<CertificateDer<'static>>) -> Self {
        Self {
            guard,
            tls: tls_client(roots),
            pairs: Mutex::default(),
        }
    }

    /// Returns the clients with a connect timeout of `open_ms`; `exempt` clients connect to any
    /// address.
    pub(crate) fn get(&self, open_ms: u32, exempt: bool) -> reqwest::Result<Pair> {
        let mut known = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (open_ms, exempt);
        if let Some(pair) = known.get(&key) {
            return Ok(pair.clone());
        }
        let mut guard = self.guard.clone();
        if exempt {
            guard.allowed = None;
        }
        let guard = Arc::new(guard);
        let pair = Pair {
            keeping: self.build(&guard, open_ms, IDLE_PER_HOST_MAX)?,
            opening: self.build(&guard, open_ms, 0)?,
        };
        if known.len() < CLIENTS_MAX {
            known.insert(key, pair.clone());
        }
        Ok(pair)
    }

    fn build(&self, guard: &Arc<Guarded>, open_ms: u32, kept: usize) -> reqwest::Result<Client> {
        Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .dns_resolver(guard.clone())
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .http1_only()
            // Shoutcast servers do not respond in HTTP/1; see `icy`.
            .http09_responses()
            .connect_timeout(Duration::from_millis(u64::from(open_ms)))
            .connector_layer(MapRequestLayer::new(|to| {
                // Fails outside of `noting`, where the result is not needed.
                let _nobody = OPENED.try_with(|opened| opened.set(true));
                to
            }))
            .pool_max_idle_per_host(kept)
            .pool_idle_timeout(IDLE_MAX)
            .user_agent(concat!("confab/", env!("CARGO_PKG_VERSION")))
            .build()
    }
}

/// Returns a TLS configuration that trusts the machine's certificate authorities and `roots`. On a
/// machine without authorities, http still works; https URLs fail with an unknown certificate.
#[must_use]
pub fn tls_client(roots: Vec<CertificateDer<'static>>) -> ClientConfig {
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(roots, provider.clone());
    let versions = || with_safe_versions(provider.clone());
    match verifier {
        Ok(verifier) => versions()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "https URLs will fail; install ca-certificates");
            versions()
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth()
        }
    }
}

fn with_safe_versions(
    provider: Arc<CryptoProvider>,
) -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the suites of TLS 1.2 and 1.3")
}
