//! Execution of the vendors' client libraries, unmodified, in their interpreters.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::application::Received;
use crate::server::{Server, TOKEN, root};

/// Objects that the scripts act on.
pub struct Subject {
    /// Conference.
    pub conference: String,
    /// Updated call.
    pub call: String,
    /// Coached call.
    pub coached: String,
    /// Hold music.
    pub hold_url: String,
    /// Filter of the listed calls, as JSON with the names of npm `twilio`.
    pub filter: String,
}

/// Library with a test script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// npm `twilio`.
    NodeTwilio,
    /// PyPI `twilio`.
    PythonTwilio,
    /// PyPI `signalwire`.
    PythonSignalwire,
}

fn node(script: &std::path::Path) -> Command {
    let mut command = Command::new("node");
    command.arg(script).env(
        "NODE_PATH",
        root().join("tools/conformance/node/node_modules"),
    );
    command
}

fn python(library: Library, script: &str) -> Command {
    let name = if library == Library::PythonSignalwire {
        "signalwire"
    } else {
        "twilio"
    };
    let mut command = Command::new(root().join(format!("target/venv-{name}/bin/python")));
    command
        .arg(root().join("tools/conformance/python").join(script))
        .arg(name);
    command
}

/// Runs an example of the vendor's page, with its placeholders replaced; returns its output.
pub fn page_example(name: &str, server: &Server, subject: &Subject) -> Result<String> {
    let source = root().join("tools/conformance/node/page").join(name);
    let text = std::fs::read_to_string(&source).with_context(|| source.display().to_string())?;
    let filled = [
        ("'YourProjectID'", server.account),
        ("'YourAuthToken'", TOKEN),
        ("'example.signalwire.com'", &server.https),
        ("'ConferenceSid'", &subject.conference),
        ("'CallSid'", &subject.call),
        ("'CallSidToCoach'", &subject.coached),
        ("'http://www.your-application.com/hold'", &subject.hold_url),
    ]
    .iter()
    .fold(text, |text, (placeholder, value)| {
        text.replace(placeholder, &format!("'{value}'"))
    });
    let script: PathBuf = server.data().join(name);
    std::fs::write(&script, filled)?;
    let mut command = node(&script);
    command.env("NODE_EXTRA_CA_CERTS", server.data().join("tls/ca.pem"));
    succeeded(name, &command.stdin(Stdio::null()).output()?)
}

/// Runs steps by a library; returns a JSON line for each.
pub fn steps(
    library: Library,
    server: &Server,
    subject: &Subject,
    steps: &[&str],
) -> Result<Vec<serde_json::Value>> {
    let mut command = match library {
        Library::NodeTwilio => node(&root().join("tools/conformance/node/twilio.js")),
        Library::PythonTwilio | Library::PythonSignalwire => python(library, "updates.py"),
    };
    command
        .args(steps)
        .env("BASE", server.base())
        .env("SPACE", &server.https)
        .env("CA", server.data().join("tls/ca.pem"))
        .env("ACCOUNT", server.account)
        .env("TOKEN", TOKEN)
        .env("CONFERENCE", &subject.conference)
        .env("CALL", &subject.call)
        .env("COACHED", &subject.coached)
        .env("HOLD_URL", &subject.hold_url)
        .env("FILTER", &subject.filter);
    let printed = succeeded(
        &format!("{library:?}"),
        &command.stdin(Stdio::null()).output()?,
    )?;
    let lines: Vec<_> = printed
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context(printed)?;
    if lines.len() != steps.len() {
        bail!(
            "{library:?} printed {} lines for {} steps",
            lines.len(),
            steps.len()
        );
    }
    Ok(lines)
}

/// Passes these requests, signed with the key, to each vendor's validator, which must accept them.
pub fn validate(key: &str, received: &[Received]) -> Result<()> {
    validate_and_refuse(key, received, |_| None)
}

/// Passes these requests to each vendor's validator. Each variant that `changed` returns must be
/// rejected: `{url, params, signature}`.
pub fn validate_and_refuse(
    key: &str,
    received: &[Received],
    mut changed: impl FnMut(&Received) -> Option<serde_json::Value>,
) -> Result<()> {
    let mut lines = String::new();
    for request in received {
        anyhow::ensure!(
            request.signature == request.twilio_signature,
            "two signatures differ"
        );
        anyhow::ensure!(
            request.repeated == 0,
            "a parameter was sent twice: {request:?}"
        );
        // The query of a GET is a part of its URL; the signature has no further parameters
        // (vendors' rule).
        let params = if request.method == "GET" {
            None
        } else {
            Some(&request.fields)
        };
        let line = serde_json::json!({
            "url": request.url, "params": params.cloned().unwrap_or_default(),
            "signature": request.signature, "key": key, "changed": changed(request),
        });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    let validators = [
        node(&root().join("tools/conformance/node/validate.js")),
        python(Library::PythonTwilio, "validate.py"),
        python(Library::PythonSignalwire, "validate.py"),
    ];
    for mut validator in validators {
        let mut child = validator
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut input = child.stdin.take().context("no standard input")?;
        input.write_all(lines.as_bytes())?;
        drop(input);
        succeeded("a vendor's validator", &child.wait_with_output()?)?;
    }
    Ok(())
}

fn succeeded(what: &str, output: &Output) -> Result<String> {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{what} ended with {}:\n{printed}\n{complaint}",
            output.status
        );
    }
    Ok(printed)
}
