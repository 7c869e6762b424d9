//! SIPp as a phone: performs the signaling; its SDP names an RTP socket of the test.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use confab_terms::Codec;

use crate::ports::free_udp_port;
use crate::server::root;

/// SIPp process with one call.
pub struct Sipp {
    child: Child,
    folder: tempfile::TempDir,
}

/// Parameters of a SIPp call.
pub struct Script<'a> {
    /// SIP address of the server.
    pub server: &'a str,
    /// True for TCP (one connection), false for UDP.
    pub tcp: bool,
    /// Dialed room.
    pub room: &'a str,
    /// RTP port in the SDP.
    pub rtp_port: u16,
    /// Only codec of the offer; the answer must match.
    pub codec: Codec,
    /// Time until the BYE.
    pub stays: Duration,
    /// Direction of a re-INVITE at half of the time (`sendonly`, `inactive`), as phones hold.
    pub re_invite: Option<&'a str>,
}

impl Sipp {
    /// Starts SIPp; the INVITE is sent at once.
    pub fn call(script: &Script<'_>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("caller.xml");
        std::fs::write(&path, scenario(script))?;
        let transport = if script.tcp { "t1" } else { "u1" };
        let more = ["-i", script.local(), "-t", transport];
        Self::spawn(folder, &path, script.server, script.room, &more)
    }

    /// Starts a scenario of `tools/conformance/sipp`, which dials the room of its name.
    pub fn play(name: &str, server: &str, more: &[&str]) -> Result<Self> {
        Self::play_from(Ipv4Addr::LOCALHOST.into(), name, server, more)
    }

    /// Starts a scenario from this address.
    pub fn play_from(ip: IpAddr, name: &str, server: &str, more: &[&str]) -> Result<Self> {
        let path = scenarios().join(name).with_extension("xml");
        let ip = ip.to_string();
        let more: Vec<&str> = ["-i", &ip].iter().chain(more).copied().collect();
        Self::spawn(tempfile::tempdir()?, &path, server, name, &more)
    }

    /// Starts a scenario that waits for a call on this port of 127.0.0.1; `by`: `u1` for UDP, `t1`
    /// for TCP.
    pub fn wait_for_call(name: &str, port: u16, by: &str, more: &[&str]) -> Result<Self> {
        let path = scenarios().join(name).with_extension("xml");
        let port = port.to_string();
        let own = ["-i", "127.0.0.1", "-t", by, "-p", &port];
        let all: Vec<&str> = own.iter().chain(more).copied().collect();
        Self::run(tempfile::tempdir()?, &path, &all)
    }

    fn spawn(
        folder: tempfile::TempDir,
        scenario: &Path,
        server: &str,
        room: &str,
        more: &[&str],
    ) -> Result<Self> {
        let port = free_udp_port()?.to_string();
        let own = [server, "-s", room, "-p", &port];
        let all: Vec<&str> = own.iter().chain(more).copied().collect();
        Self::run(folder, scenario, &all)
    }

    fn run(folder: tempfile::TempDir, scenario: &Path, more: &[&str]) -> Result<Self> {
        let log = std::fs::File::create(folder.path().join("log"))?;
        let child = Command::new("sipp")
            .args(["-sf", &scenario.to_string_lossy(), "-m", "1"])
            .args(["-nostdin", "-trace_err", "-error_file", "errors"])
            .args(["-timeout", "60s", "-timeout_error"])
            .args(more)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("sipp did not start: is the package sip-tester installed?")?;
        Ok(Self { child, folder })
    }

    /// Runs a number of calls of SIPp's built-in scenario, 50 per second, over this transport;
    /// returns the exit status and the output.
    pub fn storm(server: &str, transport: &str, calls: u32) -> Result<(ExitStatus, String)> {
        let folder = tempfile::tempdir()?;
        let port = free_udp_port()?.to_string();
        let output = Command::new("sipp")
            .arg(server)
            .args(["-sn", "uac", "-s", "storm", "-i", "127.0.0.1", "-p", &port])
            .args(["-t", transport, "-m", &calls.to_string()])
            .args(["-r", "50", "-d", "300", "-max_socket", "2000"])
            .args(["-nostdin", "-trace_err", "-timeout", "60s"])
            .arg("-timeout_error")
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .context("sipp did not start: is the package sip-tester installed?")?;
        let log = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok((output.status, log))
    }

    /// Returns the log of the scenario; requires the option `-log_file logs`.
    #[must_use]
    pub fn logged(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("logs")).unwrap_or_default()
    }

    /// Waits for the end of SIPp: success if all messages of the scenario arrived as expected.
    pub fn wait(mut self) -> Result<(ExitStatus, String)> {
        let status = self.child.wait()?;
        let read = |name: &str| {
            let path: PathBuf = self.folder.path().join(name);
            std::fs::read_to_string(path).unwrap_or_default()
        };
        Ok((status, format!("{}\n{}", read("log"), read("errors"))))
    }
}

/// Returns the folder of the scenarios.
#[must_use]
pub fn scenarios() -> PathBuf {
    root().join("tools/conformance/sipp")
}

impl Drop for Sipp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Script<'_> {
    /// Returns the encoding of the codec in SDP.
    fn encoding(&self) -> String {
        let (name, rate) = (self.codec.name(), self.codec.clock_rate());
        match self.codec.channels() {
            1 => format!("{name}/{rate}"),
            more => format!("{name}/{rate}/{more}"),
        }
    }

    /// Returns the local address, of the server's address family.
    fn local(&self) -> &'static str {
        match self.server.starts_with('[') {
            true => "::1",
            false => "127.0.0.1",
        }
    }
}

fn scenario(script: &Script<'_>) -> String {
    let half = script.stays.as_millis() / 2;
    let middle = script.re_invite.map_or(String::new(), |direction| {
        format!(
            "{}{}",
            request("INVITE", 2, &sdp(script, 2, direction)),
            answered(script, 2)
        )
    });
    let bye = request("BYE", 3, "");
    format!(
        r#"<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="caller">
{}{}
<pause milliseconds="{half}"/>
{middle}
<pause milliseconds="{half}"/>
{bye}
<recv response="200"/>
<Reference variables="1"/>
</scenario>
"#,
        request("INVITE", 1, &sdp(script, 1, "sendrecv")),
        answered(script, 1),
    )
}

fn sdp(script: &Script<'_>, version: u32, direction: &str) -> String {
    let family = if script.server.starts_with('[') {
        "IP6"
    } else {
        "IP4"
    };
    let at = format!("IN {family} {}", script.local());
    let (number, encoding) = (script.codec.payload_type(), script.encoding());
    format!(
        "v=0\no=sipp 1 {version} {at}\ns=-\nc={at}\nt=0 0\n\
         m=audio {} RTP/AVP {number} 101\na=rtpmap:{number} {encoding}\n\
         a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\na={direction}",
        script.rtp_port
    )
}

fn request(method: &str, cseq: u32, body: &str) -> String {
    let content = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\n"
    };
    let last_to = if cseq == 1 { "" } else { "[peer_tag_param]" };
    let target = if cseq == 1 {
        "sip:[service]@[remote_ip]:[remote_port]"
    } else {
        "[next_url]"
    };
    format!(
        r#"<send retrans="500"><![CDATA[
{method} {target} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: "SIPp" <sip:sipp@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{last_to}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>
{content}Content-Length: [len]

{body}
]]></send>
"#
    )
}

fn answered(script: &Script<'_>, cseq: u32) -> String {
    let (number, encoding) = (script.codec.payload_type(), script.encoding());
    format!(
        r#"<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="200" rrs="true"><action>
<ereg regexp="m=audio [0-9]+ RTP/AVP {number} 101" search_in="body" check_it="true" assign_to="1"/>
<ereg regexp="a=rtpmap:{number} {encoding}" search_in="body" check_it="true" assign_to="1"/>
</action></recv>
<send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: "SIPp" <sip:sipp@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: {cseq} ACK
Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>
Content-Length: 0

]]></send>
"#
    )
}
