//! `Client`: access to an account at a base URL. Cheap to clone; clones share their connections.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::wire::Wire;
use crate::{Account, CallAt, Calls, ConferenceAt, Conferences, Error, tls};

/// Client of an account at a base URL.
#[derive(Clone, Debug)]
pub struct Client {
    wire: Arc<Wire>,
}

impl Client {
    /// Creates a client of a server: `http://127.0.0.1:8080`,
    /// `https://example.signalwire.com/api/laml`, `https://api.twilio.com`. Certificates are
    /// checked against the system's roots.
    pub fn new(base_url: &str, account: &str, token: &str) -> Result<Self, Error> {
        Self::builder(base_url, account, token).build()
    }

    /// Creates a client of a SignalWire space, such as `example.signalwire.com`.
    pub fn signalwire(space: &str, project: &str, token: &str) -> Result<Self, Error> {
        Self::new(&format!("https://{space}/api/laml"), project, token)
    }

    /// Creates a client of Twilio.
    pub fn twilio(account: &str, token: &str) -> Result<Self, Error> {
        Self::new("https://api.twilio.com", account, token)
    }

    /// Returns a builder, for further settings.
    #[must_use]
    pub fn builder(base_url: &str, account: &str, token: &str) -> ClientBuilder {
        ClientBuilder {
            base_url: base_url.to_owned(),
            account: account.to_owned(),
            token: token.to_owned(),
            roots: Vec::new(),
            time_out: Duration::from_secs(30),
        }
    }

    /// Returns access to one conference.
    #[must_use]
    pub fn conferences(&self, sid: impl Into<String>) -> ConferenceAt {
        ConferenceAt::new(Arc::clone(&self.wire), sid.into())
    }

    /// Returns access to all conferences.
    #[must_use]
    pub fn all_conferences(&self) -> Conferences {
        Conferences::new(Arc::clone(&self.wire))
    }

    /// Returns access to one call.
    #[must_use]
    pub fn calls(&self, sid: impl Into<String>) -> CallAt {
        CallAt::new(Arc::clone(&self.wire), sid.into())
    }

    /// Returns access to all calls.
    #[must_use]
    pub fn all_calls(&self) -> Calls {
        Calls::new(Arc::clone(&self.wire))
    }

    /// Fetches the account.
    pub async fn account(&self) -> Result<Account, Error> {
        self.wire.fetch(&[], &[]).await
    }
}

/// Builder of a client.
#[derive(Clone)]
pub struct ClientBuilder {
    base_url: String,
    account: String,
    token: String,
    roots: Vec<Vec<u8>>,
    time_out: Duration,
}

impl ClientBuilder {
    /// Adds a trusted root certificate in PEM, such as the `ca.pem` that confab creates at its
    /// first start.
    #[must_use]
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Sets the timeout of a whole request; 30 s by default.
    #[must_use]
    pub fn time_out(mut self, time_out: Duration) -> Self {
        self.time_out = time_out;
        self
    }

    /// Creates the client.
    pub fn build(self) -> Result<Client, Error> {
        let base = Url::parse(&self.base_url).ok();
        let base = base.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let base = base.ok_or_else(|| Error::BaseUrl(self.base_url.clone()))?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config(&self.roots)?)
            .timeout(self.time_out)
            // The vendors' libraries follow no redirects either, and credentials must not go
            // elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("confab-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Tls(error.to_string()))?;
        Ok(Client {
            wire: Arc::new(Wire::new(http, base, self.account, self.token)),
        })
    }
}
