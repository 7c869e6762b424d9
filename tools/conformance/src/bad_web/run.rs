//! Execution of all visits, several at a time; then Notifications are counted, and the canary is
//! validated.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use confab_phone::{PhoneConfig, Phones};

use super::canary::Canary;
use super::case::{Case, WAYS, cases};
use super::names;
use super::told::{Tally, Told};
use super::visit::Visit;
use crate::api::Api;
use crate::server::{Server, pause};

const VOICE: &str = "http://public.test/voice";

/// Results of the run.
pub struct Figures {
    /// Number of URLs tried.
    pub tried: usize,
    /// Number of these URLs in Notifications.
    pub told: usize,
    /// Cases reported more than once.
    pub repeated: Vec<usize>,
    /// URLs never reported.
    pub untold: Vec<String>,
    /// Number of Notifications by code.
    pub codes: BTreeMap<String, usize>,
    /// Connections to addresses that are not public.
    pub hits: Vec<SocketAddr>,
    /// Number of connections to the application.
    pub visits: usize,
    /// Notifications about none of the cases.
    pub others: Vec<String>,
    /// Connections to a permitted network: validates the canary.
    pub hits_when_allowed: Vec<SocketAddr>,
    /// Duration of the run.
    pub took: Duration,
}

/// Tries each parameter once in each of a number of calls. Requires a prior `namespace::furnish`.
pub fn run(calls: usize, at_once: usize) -> Result<Figures> {
    let begun = Instant::now();
    names::serve()?;
    let all = Arc::new(cases(calls));
    let canary = Canary::start(Arc::clone(&all))?;
    // The carrier answers outbound calls: each joins the conference that it dialed.
    let carrier = Server::start(&[])?;
    let server = Server::start(&[
        ("CONFAB_FETCH_ALLOW", ""),
        ("CONFAB_VOICE_URL", VOICE),
        ("CONFAB_TRUNK_ADDRESS", &carrier.sip),
        // A callback to an unresolvable name is reported at expiry.
        ("CONFAB_CALLBACK_LIFETIME", "1"),
    ])?;
    let (api, phones, told) = (Api::new(&server)?, Phones::new()?, Told::default());
    let watcher = told.watch(&server)?;
    let next = AtomicUsize::new(0);
    let visits = std::thread::scope(|scope| {
        let worker = || -> Result<()> {
            let api = Api::new(&server)?;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(cases) = all.chunks(WAYS.len()).nth(number) else {
                    return Ok(());
                };
                let visit = Visit {
                    server: &server,
                    api: &api,
                    phones: &phones,
                    canary: &canary,
                    told: &told,
                    cases,
                    number,
                };
                if let Err(error) = visit.run() {
                    next.store(calls, Ordering::Relaxed);
                    let urls: Vec<&String> = cases.iter().map(|case| &case.url).collect();
                    return Err(error.context(format!("visit {number}: {urls:#?}")));
                }
            }
        };
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(worker)).collect();
        let ends = workers.into_iter().map(ScopedJoinHandle::join);
        ends.map(|end| end.unwrap_or_else(|_| anyhow::bail!("a visit panicked")))
            .collect::<Result<Vec<()>>>()
    });
    told.stop();
    let _watched = watcher.join();
    visits.with_context(|| server.log())?;
    let tally = Tally::read(&api)?;
    let hits = canary.hits();
    let visits = canary.visits();
    drop(server);
    let hits_when_allowed = sing(&canary)?;
    Ok(figures(&all, tally, hits, visits, hits_when_allowed, begun))
}

fn figures(
    all: &[Case],
    tally: Tally,
    hits: Vec<SocketAddr>,
    visits: usize,
    hits_when_allowed: Vec<SocketAddr>,
    begun: Instant,
) -> Figures {
    let untold = all
        .iter()
        .filter(|case| !tally.times.contains_key(&case.number));
    let repeated = tally.times.iter().filter(|(_, times)| **times > 1);
    Figures {
        tried: all.len(),
        told: tally.times.len(),
        repeated: repeated.map(|(number, _)| *number).collect(),
        untold: untold
            .map(|case| format!("{:?} {}", case.way, case.url))
            .collect(),
        codes: tally.codes,
        hits,
        visits,
        others: tally.others.iter().map(short).collect(),
        hits_when_allowed,
        took: begun.elapsed(),
    }
}

fn short(notification: &serde_json::Value) -> String {
    let [code, url] = ["error_code", "request_url"].map(|key| notification[key].as_str());
    format!("{} {}", code.unwrap_or_default(), url.unwrap_or_default())
}

/// Validates the canary: a server with two permitted networks must reach it.
fn sing(canary: &Canary) -> Result<Vec<SocketAddr>> {
    let already = canary.hits().len();
    let allow = ("CONFAB_FETCH_ALLOW", "10.0.0.0/8,fd12::/16");
    let server = Server::start(&[allow, ("CONFAB_VOICE_URL", VOICE)])?;
    let (api, phones) = (Api::new(&server)?, Phones::new()?);
    let config = PhoneConfig::new(server.sip.parse()?, "allowed", "caller");
    let phone = phones.call(&config)?;
    phone.wait_until_talking(Duration::from_secs(20))?;
    let (conference, seated) = api.seated("lobby", 1)?;
    let call = seated[0]["call_sid"].as_str().context("a participant")?;
    let to = format!("/Conferences/{conference}/Participants/{call}");
    for (nth, url) in ["http://10.1.2.3/", "http://[fd12::9]:8080/"]
        .iter()
        .enumerate()
    {
        let answer = api.post(&to, &[("AnnounceUrl", url)])?;
        ensure!(answer.status == 200, "{answer:?}");
        let until = Instant::now() + Duration::from_secs(10);
        while canary.hits().len() <= already + nth && Instant::now() < until {
            pause(Duration::from_millis(20));
        }
    }
    Ok(canary.hits().split_off(already))
}
