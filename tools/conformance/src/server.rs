//! `target/release/confab serve` as a child process, with free ports and a data folder of its own.
//! Ends on drop.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::ports::{MediaPorts, free_sip_port, free_tcp_port};

/// Account of all test servers.
pub const ACCOUNT: &str = "0f7f1b9e-6f1c-4b2e-9a57-3a8f0a0c5d11";
/// Token of the account.
pub const TOKEN: &str = "PT-conformance-0123456789abcdef";
/// Key of the webhooks' signatures.
pub const SIGNING_KEY: &str = "PSK_conformance_0123456789";

/// Account in the notation of Twilio.
pub const TWILIO_ACCOUNT: &str = "AC0f7f1b9e6f1c4b2e9a573a8f0a0c5d11";

/// Dialect of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Default.
    SignalWire,
    /// `CONFAB_DIALECT=twilio`.
    Twilio,
}

/// Running confab.
pub struct Server {
    child: Child,
    folder: tempfile::TempDir,
    /// Reserved as long as the server runs.
    _media: MediaPorts,
    /// SID of the account in the server's dialect.
    pub account: &'static str,
    /// Key of the webhooks' signatures.
    pub key: &'static str,
    /// HTTP address `127.0.0.1:…`.
    pub http: String,
    /// HTTPS address `127.0.0.1:…`.
    pub https: String,
    /// SIP address `127.0.0.1:…`, over UDP and TCP.
    pub sip: String,
}

/// Returns the path of the binary under test.
pub fn binary() -> Result<PathBuf> {
    let built = root().join("target/release/confab");
    let path = std::env::var_os("CONFAB_BINARY").map_or(built, PathBuf::from);
    if !path.is_file() {
        bail!(
            "{} is not there: run `cargo build --release` first",
            path.display()
        );
    }
    Ok(path)
}

/// Returns the root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .map_or_else(PathBuf::new, Path::to_path_buf)
}

impl Server {
    /// Starts a server with additional environment variables, and waits until it accepts calls.
    pub fn start(more: &[(&str, &str)]) -> Result<Self> {
        Self::speaking(Dialect::SignalWire, more)
    }

    /// Starts a server in a dialect.
    pub fn speaking(dialect: Dialect, more: &[(&str, &str)]) -> Result<Self> {
        Self::with_file(dialect, "", more)
    }

    /// Starts a server with this `confab.toml`.
    pub fn configured(file: &str, more: &[(&str, &str)]) -> Result<Self> {
        Self::with_file(Dialect::SignalWire, file, more)
    }

    fn with_file(dialect: Dialect, file: &str, more: &[(&str, &str)]) -> Result<Self> {
        let (name, account, key) = match dialect {
            Dialect::SignalWire => ("signalwire", ACCOUNT, SIGNING_KEY),
            Dialect::Twilio => ("twilio", TWILIO_ACCOUNT, TOKEN),
        };
        let folder = tempfile::tempdir()?;
        let media = MediaPorts::reserve()?;
        let http = format!("127.0.0.1:{}", free_tcp_port()?);
        let https = format!("127.0.0.1:{}", free_tcp_port()?);
        let given = more.iter().find(|(name, _)| *name == "CONFAB_SIP_LISTEN");
        let sip = match given {
            Some((_, address)) => (*address).to_owned(),
            None => format!("127.0.0.1:{}", free_sip_port("127.0.0.1")?),
        };
        let mut command = Command::new(binary()?);
        if !file.is_empty() {
            std::fs::write(folder.path().join("confab.toml"), file)?;
            command.current_dir(folder.path());
        }
        let log = std::fs::File::create(folder.path().join("log"))?;
        command
            .arg("serve")
            .env("CONFAB_HTTP_LISTEN", &http)
            .env("CONFAB_HTTPS_LISTEN", &https)
            .env("CONFAB_SIP_LISTEN", &sip)
            .env("CONFAB_RTP_PORTS", media.to_string())
            .env("CONFAB_DATA_DIR", folder.path().join("data"))
            .env("CONFAB_DIALECT", name)
            .env("CONFAB_ACCOUNT_SID", account)
            .env("CONFAB_AUTH_TOKEN", TOKEN)
            .env("CONFAB_SIGNING_KEY", SIGNING_KEY)
            .env("CONFAB_FETCH_ALLOW", "127.0.0.0/8")
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = command.spawn().context("confab did not start")?;
        let mut server = Self {
            child,
            folder,
            _media: media,
            account,
            key,
            http,
            https,
            sip,
        };
        server.wait_until_healthy()?;
        Ok(server)
    }

    fn wait_until_healthy(&mut self) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                bail!("confab ended with {status}:\n{}", self.log());
            }
            if plain_get(&self.http, "/healthz").is_ok_and(|answer| answer.contains(" 200 ")) {
                return Ok(());
            }
            pause(Duration::from_millis(20));
        }
        bail!("confab did not get healthy within 20 s:\n{}", self.log())
    }

    /// Returns the log so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Returns the data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Returns the process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns the base URL of the API over HTTP.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.http)
    }

    /// Returns a value of `/metrics`, by name and labels as written there.
    pub fn metric(&self, name: &str) -> Result<u64> {
        let answer = plain_get(&self.http, "/metrics")?;
        let value = answer.lines().find_map(|line| {
            let (found, value) = line.rsplit_once(' ')?;
            (found == name).then(|| value.parse::<f64>().ok())?
        });
        let value = value.with_context(|| format!("/metrics says nothing of {name}"))?;
        Ok(value as u64)
    }

    /// Waits until a value of `/metrics` is reached.
    pub fn wait_until_metric(&self, name: &str, value: u64, within: Duration) -> Result<()> {
        let until = Instant::now() + within;
        loop {
            let now = self.metric(name)?;
            if now == value {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("{name} is {now} after {within:?}, and was to become {value}");
            }
            pause(Duration::from_millis(20));
        }
    }

    /// Waits until these values of `/metrics` are all 0: no state of calls is left.
    pub fn wait_until_none_of(&self, names: &[&str], within: Duration) -> Result<()> {
        let until = Instant::now() + within;
        loop {
            let mut left = Vec::new();
            for name in names {
                left.push((*name, self.metric(name)?));
            }
            left.retain(|(_, value)| *value > 0);
            if left.is_empty() {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("still there after {within:?}: {left:?}");
            }
            pause(Duration::from_millis(100));
        }
    }

    /// Waits for the end of the process, without a signal.
    pub fn wait(&mut self, at_most: Duration) -> Result<ExitStatus> {
        let until = Instant::now() + at_most;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > until {
                bail!("still running after {at_most:?}:\n{}", self.log());
            }
            pause(Duration::from_millis(10));
        }
    }

    /// Sends SIGTERM; returns the exit status.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        let status = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        if !status.success() {
            bail!("kill failed: the server is gone already?\n{}", self.log());
        }
        Ok(self.child.wait()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- confab's log ---\n{}", self.log());
        }
    }
}

/// Sleeps while other processes proceed.
pub fn pause(moment: Duration) {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests outside the product wait for processes"
    )]
    std::thread::sleep(moment);
}

/// Sends a GET with a minimal HTTP client, as for `/healthz` at the start.
pub fn plain_get(address: &str, path: &str) -> Result<String> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
