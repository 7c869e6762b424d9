//! `Client`: an account at a base URL. Cheap to clone; clones share their connections.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::wire::Wire;
use crate::{Account, CallAt, Calls, ConferenceAt, Conferences, Error, tls};

/// An account at a base URL.
#[derive(Clone, Debug)]
pub struct Client {
    wire: Arc<Wire>,
}

impl Client {
    /// A client of a server: `http://127.0.0.1:8080`, `https://example.signalwire.com/api/laml`,
    /// `https://api.twilio.com`. Certificates are checked against the system's roots.
    pub fn new(base_url: &str, account: &str, token: &str) -> Result<Self, Error> {
        Self::builder(base_url, account, token).build()
    }

    /// A client of a SignalWire space, `example.signalwire.com`.
    pub fn signalwire(space: &str, project: &str, token: &str) -> Result<Self, Error> {
        Self::new(&format!("https://{space}/api/laml"), project, token)
    }

    /// A client of Twilio.
    pub fn twilio(account: &str, token: &str) -> Result<Self, Error> {
        Self::new("https://api.twilio.com", account, token)
    }

    /// A client with more to say about it.
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

    /// One conference.
    #[must_use]
    pub fn conferences(&self, sid: impl Into<String>) -> ConferenceAt {
        ConferenceAt::new(Arc::clone(&self.wire), sid.into())
    }

    /// All conferences.
    #[must_use]
    pub fn all_conferences(&self) -> Conferences {
        Conferences::new(Arc::clone(&self.wire))
    }

    /// One call.
    #[must_use]
    pub fn calls(&self, sid: impl Into<String>) -> CallAt {
        CallAt::new(Arc::clone(&self.wire), sid.into())
    }

    /// All calls.
    #[must_use]
    pub fn all_calls(&self) -> Calls {
        Calls::new(Arc::clone(&self.wire))
    }

    /// The account itself.
    pub async fn account(&self) -> Result<Account, Error> {
        self.wire.fetch(&[], &[]).await
    }
}

/// A client in the making.
#[derive(Clone)]
pub struct ClientBuilder {
    base_url: String,
    account: String,
    token: String,
    roots: Vec<Vec<u8>>,
    time_out: Duration,
}

impl ClientBuilder {
    /// Trusts this certificate too, in PEM: the `ca.pem` that confab makes at its first start.
    #[must_use]
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// How long a request may take in all; 30 s if nothing is said.
    #[must_use]
    pub fn time_out(mut self, time_out: Duration) -> Self {
        self.time_out = time_out;
        self
    }

    /// The client.
    pub fn build(self) -> Result<Client, Error> {
        let base = Url::parse(&self.base_url).ok();
        let base = base.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let base = base.ok_or_else(|| Error::BaseUrl(self.base_url.clone()))?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config(&self.roots)?)
            .timeout(self.time_out)
            // The vendors' libraries follow none either, and credentials must not travel.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("confab-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Tls(error.to_string()))?;
        Ok(Client {
            wire: Arc::new(Wire::new(http, base, self.account, self.token)),
        })
    }
}
