//! The API as a raw HTTP client sees it: statuses, headers and JSON, with no library between.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::server::{ACCOUNT, Server, TOKEN, pause};

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `X-Applied-Tick`.
    pub applied_tick: Option<u64>,
    /// The body; null if there is none.
    pub json: Value,
}

/// A client of one server.
pub struct Api {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    base: String,
}

impl Api {
    /// Of this server, plain.
    pub fn new(server: &Server) -> Result<Self> {
        // Whoever comes first installs it; the others find it there.
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
            // Nothing here runs between two requests, so that a server which closes what is idle
            // for ten seconds would be noticed too late.
            .pool_idle_timeout(Duration::from_secs(5))
            .build()?;
        Ok(Self {
            runtime,
            http,
            base,
        })
    }

    /// `GET` below the account.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.http.get(format!("{}{path}", self.base)))
    }

    /// `POST` of a form below the account.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer> {
        self.send(self.http.post(format!("{}{path}", self.base)).form(form))
    }

    /// `POST` of anything below the account.
    pub fn post_raw(&self, path: &str, content_type: &str, body: Vec<u8>) -> Result<Answer> {
        let request = self.http.post(format!("{}{path}", self.base));
        self.send(request.header("content-type", content_type).body(body))
    }

    /// `DELETE` below the account.
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

    /// The sid of the live conference of this name.
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

    /// Waits until so many are seated; their participants, oldest first.
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
