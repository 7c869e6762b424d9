//! Reader of the account's Notifications: continuously during the run, and completely at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::case::marked;
use crate::api::Api;
use crate::server::{Server, pause};

/// Polling interval.
const EVERY: Duration = Duration::from_millis(50);

/// Cases reported so far.
#[derive(Clone, Default)]
pub(super) struct Told(Arc<Shared>);

#[derive(Default)]
struct Shared {
    numbers: Mutex<BTreeSet<usize>>,
    more: Condvar,
    over: AtomicBool,
}

impl Told {
    /// Polls the newest Notifications on a thread of its own until `stop`.
    pub(super) fn watch(&self, server: &Server) -> Result<std::thread::JoinHandle<Result<()>>> {
        let (api, told) = (Api::new(server)?, self.clone());
        Ok(std::thread::spawn(move || {
            while !told.0.over.load(Ordering::Relaxed) {
                let newest = api.get("/Notifications?PageSize=300")?;
                let mut numbers = told
                    .0
                    .numbers
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                let items = newest.json["notifications"]
                    .as_array()
                    .into_iter()
                    .flatten();
                numbers.extend(items.filter_map(of_list));
                drop(numbers);
                told.0.more.notify_all();
                pause(EVERY);
            }
            Ok(())
        }))
    }

    pub(super) fn stop(&self) {
        self.0.over.store(true, Ordering::Relaxed);
    }

    /// Waits until all of these cases have been reported.
    pub(super) fn wait(&self, numbers: &[usize]) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(20);
        let mut told = self
            .0
            .numbers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        loop {
            let missing = numbers.iter().find(|number| !told.contains(number));
            let Some(missing) = missing else {
                return Ok(());
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("q{missing}z was not told within 20 s");
            }
            let waited = self.0.more.wait_timeout(told, left);
            told = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Returns the case of an item in a list, if the item contains the mark.
fn of_list(item: &Value) -> Option<usize> {
    let texts = [&item["request_url"], &item["message_text"]];
    texts.into_iter().find_map(|text| marked(text.as_str()?))
}

/// All Notifications: the count by case and by code, and those of no case.
pub(super) struct Tally {
    pub(super) times: BTreeMap<usize, usize>,
    pub(super) codes: BTreeMap<String, usize>,
    pub(super) others: Vec<Value>,
}

impl Tally {
    pub(super) fn read(api: &Api) -> Result<Self> {
        let mut tally = Self {
            times: BTreeMap::new(),
            codes: BTreeMap::new(),
            others: Vec::new(),
        };
        let mut next = Some("/Notifications?PageSize=1000".to_owned());
        while let Some(path) = next {
            let page = api.get(&path)?;
            ensure!(page.status == 200, "{path}: {}", page.json);
            for item in page.json["notifications"].as_array().into_iter().flatten() {
                tally.add(api, item)?;
            }
            let link = page.json["next_page_uri"].as_str();
            next = link.and_then(|link| Some(link[link.find("/Notifications")?..].to_owned()));
        }
        Ok(tally)
    }

    fn add(&mut self, api: &Api, item: &Value) -> Result<()> {
        // The Notification of a rejected update has the URL only in its fields, which lists omit.
        let number = match of_list(item) {
            Some(number) => Some(number),
            None => {
                let sid = item["sid"].as_str().context("no sid")?;
                let whole = api.get(&format!("/Notifications/{sid}"))?;
                marked(whole.json["request_variables"].as_str().unwrap_or_default())
            }
        };
        match number {
            Some(number) => {
                *self.times.entry(number).or_default() += 1;
                let code = item["error_code"].as_str().unwrap_or_default();
                *self.codes.entry(code.to_owned()).or_default() += 1;
            }
            None => self.others.push(item.clone()),
        }
        Ok(())
    }
}
