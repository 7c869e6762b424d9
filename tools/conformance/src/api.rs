//! HTTP client of the API without a vendor's library: status, headers and JSON.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::server::{ACCOUNT, Server, TOKEN, pause};

/// Response of the API.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header `X-Applied-Tick`.
    pub applied_tick: Option<u64>,
    /// Body; null if empty.
    pub json: Value,
}

/// Client of one server.
pub struct Api {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    base: String,
}

impl Api {
    /// Creates a client of this server, over plain HTTP.
    pub fn new(server: &Server) -> Result<Self> {
        // Fails if another test has already installed a provider.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let base = format!(
            "{}/api/laml/2010-04-01/Accounts/{}",
            server.base(),
            server.account
        );
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(10))
            // The runtime is idle between requests and would notice a closed connection too late.
            // The server closes idle connections after 10 s.
            .pool_idle_timeout(Duration::from_secs(5))
            .build()?;
        Ok(Self {
            runtime,
            http,
            base,
        })
    }

    /// Sends a `GET` to a path below the account.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.http.get(format!("{}{path}", self.base)))
    }

    /// Sends a `POST` of a form to a path below the account.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer> {
        self.send(self.http.post(format!("{}{path}", self.base)).form(form))
    }

    /// Sends a `POST` of any body to a path below the account.
    pub fn post_raw(&self, path: &str, content_type: &str, body: Vec<u8>) -> Result<Answer> {
        let request = self.http.post(format!("{}{path}", self.base));
        self.send(request.header("content-type", content_type).body(body))
    }

    /// Sends a `DELETE` to a path below the account.
    pub fn delete(&self, path: &str) -> Result<Answer> {
        self.send(self.http.delete(format!("{}{path}", self.base)))
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer> {
        self.runtime.block_on(async {
            let response = request.basic_auth(ACCOUNT, Some(TOKEN)).send().await?;
            let status = response.status().as_u16();
            let tick = response.headers().get("x-applied-tick");
            let applied_tick = tick.and_then(|t| t.to_str().ok()?.parse().ok());
            let text = response.text().await?;
            let json = if text.is_empty() {
                Value::Null
            } else {
                serde_json::from_str(&text).with_context(|| format!("{status}: {text}"))?
            };
            Ok(Answer {
                status,
                applied_tick,
                json,
            })
        })
    }

    /// Returns the SID of the live conference with this name.
    pub fn conference(&self, name: &str) -> Result<String> {
        let list = self.get(&format!("/Conferences?FriendlyName={name}"))?;
        let found = list.json["conferences"].as_array().into_iter().flatten();
        let live = found.filter(|c| c["status"] != "completed");
        let sids: Vec<&str> = live.filter_map(|c| c["sid"].as_str()).collect();
        match sids.as_slice() {
            [sid] => Ok((*sid).to_owned()),
            _ => bail!("{} live conferences named {name}: {list:?}", sids.len()),
        }
    }

    /// Waits until this number of participants is seated; returns the SID of the conference and the
    /// participants, oldest first.
    pub fn seated(&self, name: &str, how_many: usize) -> Result<(String, Vec<Value>)> {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let outcome = self.conference(name).and_then(|sid| {
                let list = self.get(&format!("/Conferences/{sid}/Participants?PageSize=1000"))?;
                let seated = list.json["participants"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                ensure!(
                    seated.len() == how_many,
                    "{} of {how_many} are seated",
                    seated.len()
                );
                Ok((sid, seated))
            });
            match outcome {
                Ok(found) => return Ok(found),
                Err(error) if Instant::now() > until => return Err(error),
                Err(_) => pause(Duration::from_millis(20)),
            }
        }
    }
}
