//! `confab check`: checks everything that a server needs, and prints a line for each result. The
//! command leaves nothing behind and accepts no calls.

mod machine;
mod network;
mod passwords;
mod secrecy;
mod trunks;

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use confab_rest::{Certificate, acceptor};

use crate::config::{BadValue, Config, SETTINGS};

pub(crate) use passwords::weak_secrets;

/// Result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Condition met.
    Good(String),
    /// Degraded: confab runs, but with a limitation; the text has a remedy.
    Weak(String),
    /// Failed: confab does not start, or calls fail; the text has a remedy.
    Bad(String),
}

/// Runs all checks and prints their results to standard output. Exit status 0: the server will
/// start; 1: it will not; 2: a setting is invalid.
pub(crate) fn check(config: Result<Box<Config>, BadValue>) -> ExitCode {
    let config = match config {
        Ok(config) => config,
        Err(bad) => {
            Found::Bad(bad.to_string()).tell();
            return ExitCode::from(2);
        }
    };
    Found::Good(format!("settings: all {} can be used", SETTINGS.len())).tell();
    let checks: [&dyn Fn() -> Vec<Found>; 8] = [
        &|| network::listening(&config),
        &|| vec![folder(&config.data_dir)],
        &|| certificate(&config).into_iter().collect(),
        &|| secrecy::all(&config),
        &|| machine::all(),
        &|| network::voice(&config).into_iter().collect(),
        &|| trunks::all(&config),
        &|| passwords::all(&config),
    ];
    let mut status = 0;
    for check in checks {
        for found in check() {
            found.tell();
            if matches!(found, Found::Bad(_)) {
                status = 1;
            }
        }
    }
    ExitCode::from(status)
}

impl Found {
    fn tell(&self) {
        let line = match self {
            Self::Good(line) => format!("✔ {line}"),
            Self::Weak(line) => format!("✘ {line} (confab runs without)"),
            Self::Bad(line) => format!("✘ {line}"),
        };
        println!("{}", line.replace(char::is_control, " "));
    }
}

/// Checks that the data folder can be written or created.
fn folder(path: &Path) -> Found {
    let shown = format!("CONFAB_DATA_DIR={:?}", path.display().to_string());
    if path.exists() && !path.is_dir() {
        return Found::Bad(format!("{shown} is no folder; another name would do"));
    }
    let nearest = path.ancestors().find(|folder| folder.exists());
    let nearest = nearest.unwrap_or(Path::new("."));
    match write_in(nearest) {
        Ok(()) if path.exists() => Found::Good(format!("{shown} can be written")),
        Ok(()) => Found::Good(format!("{shown} will be made")),
        Err(error) => Found::Bad(format!(
            "{shown}: {} cannot be written: {error}; a folder of the user who runs confab would do",
            nearest.display()
        )),
    }
}

fn write_in(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".confab-check-{}", std::process::id()));
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&probe)?;
    fs::remove_file(&probe)
}

fn certificate(config: &Config) -> Option<Found> {
    config.https_listen.or(config.sips_listen)?;
    let dir = config.data_dir.join("tls");
    let is_there = dir.join("cert.pem").exists() && dir.join("key.pem").exists();
    if !is_there {
        let shown = dir.display();
        let line = format!("certificate: will be made in {shown} at the first start");
        return Some(Found::Good(line));
    }
    let names = Vec::new();
    Some(match acceptor(&Certificate::SelfMade { dir, names }) {
        Ok(_) => Found::Good("certificate: can be served".to_owned()),
        Err(error) => Found::Bad(format!(
            "certificate: {error}; without cert.pem and key.pem a new one is made"
        )),
    })
}
