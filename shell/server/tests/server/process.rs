//! Server for each test: free ports, and a data folder that is removed afterwards.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Folder that is removed with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "confab-test-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_dir_all(&self.0);
    }
}

/// Returns the command `confab serve` with free ports, in this folder.
pub(crate) fn command(folder: &Folder) -> Command {
    asked_to("serve", folder)
}

/// Returns the command `confab` with a subcommand, free ports, in this folder.
pub(crate) fn asked_to(verb: &str, folder: &Folder) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_confab"));
    command.arg(verb);
    set_up(command, folder)
}

/// Returns the command of `command` with a limit of file descriptors.
pub(crate) fn with_descriptors(most: u32, folder: &Folder) -> Command {
    let mut command = Command::new("/usr/bin/prlimit");
    command
        .arg(format!("--nofile={most}:{most}"))
        .arg(env!("CARGO_BIN_EXE_confab"))
        .arg("serve");
    set_up(command, folder)
}

fn set_up(mut command: Command, folder: &Folder) -> Command {
    command
        .current_dir(&folder.0)
        .env_clear()
        .env("CONFAB_HTTP_LISTEN", "127.0.0.1:0")
        .env("CONFAB_HTTPS_LISTEN", "")
        .env("CONFAB_SIP_LISTEN", "127.0.0.1:0")
        .env("CONFAB_LOG_FORMAT", "json")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a server that fails to start; returns its exit status and its line of output.
pub(crate) fn refused(command: &mut Command) -> (i32, String) {
    let Output { status, stderr, .. } = command.output().expect("confab can be run");
    let said = String::from_utf8(stderr).expect("UTF-8");
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 1, "one line, not {said}");
    (status.code().unwrap_or(-1), lines[0].to_owned())
}

/// Server that accepts calls.
pub(crate) struct Server {
    child: Child,
    pub(crate) http: SocketAddr,
    /// Address of HTTPS; equal to `http` without TLS.
    pub(crate) https: SocketAddr,
    pub(crate) sip: SocketAddr,
    pub(crate) account: String,
    token: String,
    log: Option<BufReader<std::process::ChildStderr>>,
}

impl Server {
    pub(crate) fn start(folder: &Folder) -> Self {
        Self::from(&mut command(folder))
    }

    pub(crate) fn from(command: &mut Command) -> Self {
        const ACCOUNT: &str = "5ba0f94a-1b0c-4d8f-9c2e-6b0a3f1d2e4c";
        command
            .env("CONFAB_ACCOUNT_SID", ACCOUNT)
            .env("CONFAB_AUTH_TOKEN", "secret");
        let mut child = command.spawn().expect("confab can be run");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        let where_ = loop {
            line.clear();
            let read = log.read_line(&mut line).expect("UTF-8");
            assert!(read > 0, "confab ended before it took calls");
            let entry: Value = serde_json::from_str(&line).expect(&line);
            if entry["message"] == "confab takes calls" {
                break entry;
            }
        };
        let address = |what: &str| where_[what].as_str().unwrap_or_default().parse();
        Self {
            child,
            http: address("http").expect("an address"),
            https: address("https")
                .or_else(|_| address("http"))
                .expect("an address"),
            sip: address("sip").expect("an address"),
            account: ACCOUNT.to_owned(),
            token: "secret".to_owned(),
            log: Some(log),
        }
    }

    /// Returns standard error; from now on only the caller reads it.
    pub(crate) fn unread(&mut self) -> BufReader<std::process::ChildStderr> {
        self.log.take().expect("not taken yet")
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").arg(id).status();
        assert!(told.expect("kill is there").success());
    }

    /// Sends SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("a child");
    }

    /// Waits for the end of the process.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let log = self.log.take();
        // Read to the end, so that confab never blocks on a reader.
        let _log = log.map(|mut log| log.read_to_string(&mut String::new()));
        self.child.wait().expect("a child")
    }

    /// Sends SIGTERM; returns the log since the server accepted calls.
    pub(crate) fn end(&mut self) -> Vec<String> {
        self.terminate();
        let mut log = String::new();
        if let Some(mut rest) = self.log.take() {
            rest.read_to_string(&mut log).expect("UTF-8");
        }
        self.child.wait().expect("a child");
        log.lines().map(str::to_owned).collect()
    }

    /// Returns the resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("it runs");
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = kib.and_then(|kib| kib.trim().strip_suffix(" kB"));
        1_024 * kib.expect("VmRSS").parse::<u64>().expect("a number")
    }

    /// Sends a request to the API below the account; returns status and body.
    pub(crate) fn ask(&self, method: &str, path: &str, form: &str) -> (u16, Value) {
        self.exchange(&self.request(method, path, form, "close"))
    }

    fn request(&self, method: &str, path: &str, form: &str, connection: &str) -> String {
        let path = format!("/api/laml/2010-04-01/Accounts/{}/{path}", self.account);
        let secret = base64(format!("{}:{}", self.account, self.token).as_bytes());
        format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\
             Authorization: Basic {secret}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
            form.len()
        )
    }

    /// Fetches a path below the account repeatedly over a single connection; each response must be
    /// 200.
    pub(crate) fn ask_often(&self, path: &str, times: usize) {
        let mut all = self
            .request("GET", path, "", "keep-alive")
            .repeat(times - 1);
        all.push_str(&self.request("GET", path, "", "close"));
        let mut stream = TcpStream::connect(self.http).expect("confab listens");
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).expect("a time-out");
        stream.write_all(all.as_bytes()).expect("written");
        let mut answers = String::new();
        stream.read_to_string(&mut answers).expect("answers");
        let good = answers.matches("HTTP/1.1 200 OK").count();
        assert_eq!(good, times);
    }

    /// Returns the status of `/healthz`.
    pub(crate) fn health(&self) -> u16 {
        let head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        self.exchange(head).0
    }

    /// Returns the text of `/metrics`.
    pub(crate) fn metrics(&self) -> String {
        let head = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let (status, body) = self.answer(head);
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Returns a figure of `/metrics`; `name` includes the labels as written.
    pub(crate) fn figure(&self, name: &str) -> f64 {
        let metrics = self.metrics();
        let of_that_name = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
        let figure = metrics.lines().find_map(of_that_name);
        figure.unwrap_or_else(|| panic!("{name} is not in {metrics}"))
    }

    /// Waits until a figure has an expected value.
    pub(crate) fn wait_for_figure(&self, name: &str, is_so: impl Fn(f64) -> bool) {
        let begun = Instant::now();
        loop {
            let figure = self.figure(name);
            if is_so(figure) {
                return;
            }
            assert!(begun.elapsed().as_secs() < 5, "{name} stays {figure}");
        }
    }

    fn exchange(&self, request: &str) -> (u16, Value) {
        let (status, body) = self.answer(request);
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    fn answer(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.http).expect("confab listens");
        let patience = Some(Duration::from_secs(5));
        stream.set_read_timeout(patience).expect("a time-out");
        stream.write_all(request.as_bytes()).expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        let status = head.split(' ').nth(1).expect("a status");
        (status.parse().expect("a number"), body.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = |chunk: &[u8]| {
        let word = chunk
            .iter()
            .fold(0u32, |word, &byte| word << 8 | u32::from(byte));
        let word = word << (8 * (3 - chunk.len()));
        let letter = |n: usize| match n {
            n if n > chunk.len() => '=',
            n => char::from(LETTERS[(word >> (18 - 6 * n) & 63) as usize]),
        };
        [letter(0), letter(1), letter(2), letter(3)]
    };
    bytes.chunks(3).flat_map(letters).collect()
}
