//! `confab check`: looks at all that a server will need, and says what it found, one line each.
//! It leaves nothing behind and takes no calls.

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

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// As it should be.
    Good(String),
    /// confab runs, but not as well as it could; what would do.
    Weak(String),
    /// confab does not run so, or calls will not; what would do.
    Bad(String),
}

/// Checks, and says so on standard output. Exit status 0: it will run; 1: it will not;
/// 2: a setting cannot be used.
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

/// Whether the data folder can be written, or made.
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
