//! The HTTP clients: one for each time-out to connect, all of them with the guarded resolver and
//! without proxies, cookies, redirects and compression.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::limits::{CLIENTS_MAX, IDLE_MAX, IDLE_PER_HOST_MAX};
use crate::resolve::Guarded;

pub(crate) struct Clients {
    guard: Arc<Guarded>,
    tls: ClientConfig,
    by_open_ms: Mutex<BTreeMap<u32, Client>>,
}

impl Clients {
    pub(crate) fn new(guard: Guarded, roots: Vec<CertificateDer<'static>>) -> Self {
        Self {
            guard: Arc::new(guard),
            tls: tls_client(roots),
            by_open_ms: Mutex::default(),
        }
    }

    /// The client that gives up connecting after `open_ms`.
    pub(crate) fn get(&self, open_ms: u32) -> reqwest::Result<Client> {
        let mut known = self
            .by_open_ms
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = known.get(&open_ms) {
            return Ok(client.clone());
        }
        let client = self.build(open_ms)?;
        if known.len() < CLIENTS_MAX {
            known.insert(open_ms, client.clone());
        }
        Ok(client)
    }

    fn build(&self, open_ms: u32) -> reqwest::Result<Client> {
        Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .dns_resolver(self.guard.clone())
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .http1_only()
            .connect_timeout(Duration::from_millis(u64::from(open_ms)))
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
            .pool_idle_timeout(IDLE_MAX)
            .user_agent(concat!("confab/", env!("CARGO_PKG_VERSION")))
            .build()
    }
}

/// Whom we believe: the machine's own authorities, and these. A machine without any can still
/// fetch plain http: every certificate is then unknown, and the fetch says so.
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
