//! SIPp as a caller with an address of its own, with or without a password; its SDP names an RTP
//! socket of the test.

use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result};

use crate::ear::Ear;
use crate::party::DBFS;

/// SIPp process with one call.
pub struct Caller {
    child: Child,
    folder: tempfile::TempDir,
    /// RTP socket of the call.
    pub ear: Ear,
}

/// Parameters of a call.
pub struct Call<'a> {
    /// Source address.
    pub from: &'a str,
    /// Server as `address:port`.
    pub server: &'a str,
    /// Dialed room.
    pub room: &'a str,
    /// Frequency of the sent tone.
    pub hz: f64,
    /// User and password for the digest challenge, which is required if set.
    pub account: Option<(&'a str, &'a str)>,
    /// Duration of the call, in ms.
    pub stays_ms: u32,
}

impl Caller {
    /// Starts SIPp; the INVITE is sent at once.
    pub fn start(call: &Call<'_>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let ear = Ear::open_at(call.from.parse()?, call.hz, DBFS)?;
        let path = folder.path().join("caller.xml");
        std::fs::write(&path, scenario(call, ear.port))?;
        let log = std::fs::File::create(folder.path().join("log"))?;
        let uri = format!("{}@{}", call.room, call.server);
        let (user, password) = call.account.unwrap_or_default();
        let child = Command::new("sipp")
            .arg(call.server)
            .args(["-sf", &path.to_string_lossy(), "-s", call.room, "-m", "1"])
            .args(["-i", call.from, "-nostdin", "-trace_err", "-trace_msg"])
            .args(["-au", user, "-ap", password, "-auth_uri", &uri])
            .args(["-timeout", "30s", "-timeout_error"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("sipp did not start: is the package sip-tester installed?")?;
        Ok(Self { child, folder, ear })
    }

    /// Returns the messages and errors of SIPp.
    #[must_use]
    pub fn log(&self) -> String {
        let files = std::fs::read_dir(self.folder.path());
        let files = files.into_iter().flatten().flatten();
        let texts = files.filter(|file| file.file_name().to_string_lossy().ends_with(".log"));
        texts
            .map(|file| std::fs::read_to_string(file.path()).unwrap_or_default())
            .collect()
    }

    /// Waits for the end of SIPp: success if all messages of the scenario arrived as expected.
    pub fn wait(mut self) -> Result<(ExitStatus, String)> {
        let status = self.child.wait()?;
        Ok((status, self.log()))
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn scenario(call: &Call<'_>, rtp_port: u16) -> String {
    let sdp = format!(
        "v=0\no=sipp 1 1 IN IP4 {0}\ns=-\nc=IN IP4 {0}\nt=0 0\nm=audio {rtp_port} RTP/AVP 0\n\
         a=rtpmap:0 PCMU/8000",
        call.from
    );
    let (challenged, cseq) = match call.account {
        None => (request("INVITE", 1, "", &sdp), 1),
        Some(_) => {
            let authentication = "[authentication]\n";
            let refused = "<recv response=\"401\" auth=\"true\"/>";
            let acknowledged = format!("<send><![CDATA[\n{}]]></send>", message("ACK", 1, "", ""));
            let first = request("INVITE", 1, "", &sdp);
            let second = request("INVITE", 2, authentication, &sdp);
            (format!("{first}{refused}{acknowledged}{second}"), 2)
        }
    };
    let ack = message("ACK", cseq, "", "");
    let bye = request("BYE", cseq + 1, "", "");
    format!(
        r#"<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="caller">
{challenged}
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
{ack}]]></send>
<pause milliseconds="{}"/>
{bye}
<recv response="200"/>
</scenario>
"#,
        call.stays_ms
    )
}

fn request(method: &str, cseq: u32, more: &str, body: &str) -> String {
    let message = message(method, cseq, more, body);
    format!("<send retrans=\"500\"><![CDATA[\n{message}]]></send>\n")
}

fn message(method: &str, cseq: u32, more: &str, body: &str) -> String {
    let content = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\n"
    };
    let last_to = if method == "INVITE" {
        ""
    } else {
        "[peer_tag_param]"
    };
    let target = "sip:[service]@[remote_ip]:[remote_port]";
    format!(
        "{method} {target} SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]
To: <{target}>{last_to}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:sipp@[local_ip]:[local_port]>
{more}{content}Content-Length: [len]

{body}
"
    )
}
