//! `confab serve` as a child process, with free ports and a data folder of its own; and a
//! persistent connection to its API.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use confab_sockets::{now, sleep_until};
use serde_json::Value;

const ACCOUNT: &str = "3d2f6c1e-8a54-4b0e-9c1d-5f7a2b9e4c60";
const TOKEN: &str = "PT-bench";
/// Media ports below the usual range of ephemeral ports.
const MEDIA_PORTS: &str = "10000-19999";
const HEALTHY_WITHIN: Duration = Duration::from_secs(20);

/// Running confab; ends on drop.
pub(crate) struct Server {
    child: Child,
    folder: tempfile::TempDir,
    pub(crate) sip: SocketAddr,
    http: SocketAddr,
}

/// Returns the path of the binary, beside this program in the same build.
fn binary() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("confab");
    ensure!(
        path.is_file(),
        "{} is not there: `cargo build --release -p confab` would do",
        path.display()
    );
    Ok(path)
}

fn free_sip() -> Result<SocketAddr> {
    for _ in 0..100 {
        let address = UdpSocket::bind("127.0.0.1:0")?.local_addr()?;
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no port of 127.0.0.1 is free for both UDP and TCP")
}

impl Server {
    /// Starts a server with additional settings, and waits until it accepts calls.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Result<Self> {
        Self::start_on(None, settings)
    }

    /// Starts a server with additional settings, on one processor if given.
    pub(crate) fn start_on(processor: Option<usize>, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let sip = free_sip()?;
        let http = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = std::fs::File::create(folder.path().join("log"))?;
        let mut command = match processor {
            None => Command::new(binary()?),
            Some(processor) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &processor.to_string()]).arg(binary()?);
                command
            }
        };
        let child = command
            .arg("serve")
            .env("CONFAB_SIP_LISTEN", sip.to_string())
            .env("CONFAB_HTTP_LISTEN", http.to_string())
            .env("CONFAB_HTTPS_LISTEN", "")
            .env("CONFAB_RTP_PORTS", MEDIA_PORTS)
            .env("CONFAB_DATA_DIR", folder.path().join("data"))
            .env("CONFAB_ACCOUNT_SID", ACCOUNT)
            .env("CONFAB_AUTH_TOKEN", TOKEN)
            // An interrupted benchmark ends the server at once, so that no packet reaches the next
            // run.
            .env("CONFAB_DRAIN_SECONDS", "0")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("confab did not start")?;
        let mut server = Self {
            child,
            folder,
            sip,
            http,
        };
        let until = now() + HEALTHY_WITHIN;
        loop {
            if let Some(status) = server.child.try_wait()? {
                bail!("confab ended with {status}:\n{}", server.log());
            }
            let healthy = Api::open(server.http).and_then(|mut api| api.status("/healthz"));
            if healthy.is_ok_and(|status| status == 200) {
                return Ok(server);
            }
            ensure!(now() < until, "confab is not healthy:\n{}", server.log());
            sleep_until(now() + Duration::from_millis(20));
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns the last lines of the log.
    pub(crate) fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    pub(crate) fn api(&self) -> Result<Api> {
        Api::open(self.http)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Connection to the API.
pub(crate) struct Api {
    stream: BufReader<TcpStream>,
}

impl Api {
    fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let stream = BufReader::new(stream);
        Ok(Self { stream })
    }

    /// Checks that the server is healthy.
    pub(crate) fn healthy(&mut self) -> Result<()> {
        let status = self.status("/healthz")?;
        ensure!(status == 200, "/healthz: {status}");
        Ok(())
    }

    fn status(&mut self, path: &str) -> Result<u16> {
        Ok(self.ask("GET", path, "")?.0)
    }

    /// Returns the oldest participant of a room, as a path below the account.
    pub(crate) fn oldest(&mut self, room: &str) -> Result<String> {
        let list = self.get(&format!("/Conferences?FriendlyName={room}"))?;
        let conference = list["conferences"][0]["sid"].as_str();
        let conference = conference.with_context(|| format!("no conference {room}: {list}"))?;
        let path = format!("/Conferences/{conference}/Participants");
        let list = self.get(&path)?;
        let call = list["participants"][0]["call_sid"].as_str();
        let call = call.with_context(|| format!("nobody is in {room}: {list}"))?;
        Ok(format!("{path}/{call}"))
    }

    fn get(&mut self, path: &str) -> Result<Value> {
        let (status, body) = self.ask("GET", &below_account(path), "")?;
        ensure!(status == 200, "{path}: {status} {body}");
        Ok(serde_json::from_str(&body)?)
    }

    /// Mutes or unmutes a participant.
    pub(crate) fn mute(&mut self, participant: &str, muted: bool) -> Result<()> {
        let form = format!("Muted={muted}");
        let (status, body) = self.ask("POST", &below_account(participant), &form)?;
        ensure!(status == 200, "{participant}: {status} {body}");
        Ok(())
    }

    fn ask(&mut self, method: &str, path: &str, form: &str) -> Result<(u16, String)> {
        let secret = STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"));
        let length = form.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {secret}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n\
             {form}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|s| s.parse().ok());
        let status = status.with_context(|| format!("no HTTP: {line:?}"))?;
        let mut length = 0;
        loop {
            line.clear();
            ensure!(self.stream.read_line(&mut line)? > 0, "the answer was cut");
            let lower = line.trim().to_ascii_lowercase();
            if lower.is_empty() {
                break;
            }
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

fn below_account(path: &str) -> String {
    format!("/api/laml/2010-04-01/Accounts/{ACCOUNT}{path}")
}
