//! Server of the demo, in the same process: free ports, a new account, log and data in the demo's
//! folder. Settings of the environment have no effect.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use confab_sockets::random_seed;
use confab_terms::AccountSid;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::config::{Config, Layers};
use crate::failure::Failure;
use crate::logging;
use crate::serve::{self, Doors};

/// Timeout of the drain, which takes milliseconds once the calls have ended.
const DRAIN_WAIT: Duration = Duration::from_secs(10);

/// Running server.
pub(crate) struct Server {
    pub(crate) doors: Doors,
    pub(crate) account: String,
    pub(crate) token: String,
    stop: Arc<Notify>,
    running: JoinHandle<Result<(), Failure>>,
}

impl Server {
    /// Starts the server; returns once the server accepts calls.
    pub(crate) fn start(runtime: &Runtime, folder: &Path) -> Result<Self, Failure> {
        let (account, token) = credentials();
        let config = config(folder, &account, &token)?;
        let log = folder.join("confab.log");
        let file = File::create(&log).map_err(Failure::not_written(&log))?;
        logging::start_in(&config, file)?;
        let stop = Arc::new(Notify::new());
        let asked = Arc::clone(&stop);
        let (told, open) = oneshot::channel();
        let mut running = runtime.spawn(async move {
            let tell = |doors| {
                let _gave_up = told.send(doors);
            };
            serve::run(&config, asked, tell).await
        });
        let doors = runtime.block_on(async {
            match open.await {
                Ok(doors) => Ok(doors),
                // The server ended before it accepted calls, and returned the error.
                Err(_) => Err(ended((&mut running).await)),
            }
        })?;
        Ok(Self {
            doors,
            account,
            token,
            stop,
            running,
        })
    }

    /// Drains the server, and waits for its end.
    pub(crate) fn stop(self, runtime: &Runtime) -> Result<(), Failure> {
        self.stop.notify_one();
        match runtime.block_on(async { timeout(DRAIN_WAIT, self.running).await }) {
            Ok(Ok(result)) => result,
            _ => Err(Failure::Ended),
        }
    }
}

fn ended(result: Result<Result<(), Failure>, tokio::task::JoinError>) -> Failure {
    match result {
        Ok(Err(failure)) => failure,
        _ => Failure::Ended,
    }
}

fn credentials() -> (String, String) {
    let seed = random_seed();
    let (id, secret) = seed.split_at(16);
    let number = |bytes: &[u8]| bytes.iter().fold(0, |n, &byte| n << 8 | u128::from(byte));
    let account = AccountSid::from_random(number(id)).to_string();
    (account, format!("PT{:032x}", number(secret)))
}

fn config(folder: &Path, account: &str, token: &str) -> Result<Config, Failure> {
    let data = folder.join("data").to_string_lossy().into_owned();
    let given = |name: &str| match name {
        "http_listen" | "sip_listen" => Some("127.0.0.1:0".to_owned()),
        "https_listen" => Some(String::new()),
        "data_dir" => Some(data.clone()),
        "account_sid" => Some(account.to_owned()),
        "auth_token" => Some(token.to_owned()),
        "fetch_allow" => Some("127.0.0.1/32".to_owned()),
        "drain_seconds" => Some("0".to_owned()),
        _ => None,
    };
    let layers = Layers::merge(|setting| given(setting.name), |_| None, None)?;
    Ok(Config::read(&layers)?)
}
