//! baresip and SIPp behind a NAT: registration, inbound and outbound calls, hold and resume,
//! session refresh, and the end by the server. Audio is measured at the phones.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use confab_phone::heard::Frame;
use confab_phone::{machine, now};

use crate::api::Api;
use crate::baresip::{Baresip, Registration};
use crate::ear::Ear;
use crate::nat::{OUTSIDE, Router, SERVER, phone_ip};
use crate::party::{DBFS, TONES, heard, settle};
use crate::server::{Server, pause};
use crate::sipp::Sipp;
use crate::tap::Tap;

/// Name of the scenario, and of the dialed room.
const ROOM: &str = "behind_nat";
const USER: (&str, &str) = ("anna", "pass");
const SIPP: (&str, f64) = ("sipp", TONES[1]);
const BARESIP: (&str, f64) = ("baresip", TONES[2]);

/// Durations of a run.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Time from the registration to the call to baresip: longer than the NAT's timeout.
    pub idle: Duration,
    /// Time from the INVITE of SIPp to the end of the calls.
    pub call: Duration,
}

/// Phones, router and server of a run.
struct Scene {
    server: Server,
    api: Api,
    router: Router,
    baresip: Baresip,
    ear: Ear,
    /// Capture of the RTP that arrives at baresip.
    tap: Tap,
}

/// Runs the test. Must be called inside a network namespace.
pub fn run(times: Times) -> Result<()> {
    let router = Router::start()?;
    let listen = format!("{SERVER}:5060");
    let networks = format!("{OUTSIDE}/32");
    let server = Server::start(&[
        ("CONFAB_SIP_LISTEN", &listen),
        ("CONFAB_TRUNK_NETWORKS", &networks),
        ("CONFAB_TRUNK_USER", USER.0),
        ("CONFAB_TRUNK_PASSWORD", USER.1),
    ])?;
    let api = Api::new(&server)?;
    let lifetime = times.call + Duration::from_secs(60);
    let registration = Registration {
        account: USER,
        server: &listen,
        ip: phone_ip(),
        lifetime,
    };
    let hz = BARESIP.1 as u32;
    let baresip = router.behind(|| Baresip::registered(hz, registration))?;
    baresip.wait_for("200 OK", 1)?;
    let (ear, sipp) = router.behind(|| start_sipp(&listen, lifetime))?;
    let tap = router.behind(|| Tap::open(phone_ip(), ear.port))?;
    let begun = Instant::now();
    let scene = Scene {
        server,
        api,
        router,
        baresip,
        ear,
        tap,
    };
    let log = |scene: &Scene| format!("{}\n{}", scene.server.log(), scene.baresip.log());
    let mut scene = scene;
    let outcome = scene.play(begun, times);
    outcome.with_context(|| log(&scene))?;
    let (status, said) = sipp.wait()?;
    ensure!(
        status.success(),
        "SIPp's scenario was not followed:\n{said}"
    );
    Ok(())
}

fn start_sipp(listen: &str, lifetime: Duration) -> Result<(Ear, Sipp)> {
    let ear = Ear::open_at(phone_ip(), SIPP.1, DBFS)?;
    let port = ear.port.to_string();
    let timeout = format!("{}s", lifetime.as_secs());
    let media = ["-key", "rtp_port", &port];
    let rest = ["-timeout", &timeout, "-trace_logs", "-log_file", "logs"];
    let more: Vec<&str> = media.into_iter().chain(rest).collect();
    let sipp = Sipp::play_from(phone_ip(), ROOM, listen, &more)?;
    // The NAT blocks packets of the server until the phone has sent one.
    let ip: IpAddr = SERVER.parse()?;
    ear.speak_first(SocketAddr::new(ip, answered_port(&sipp)?));
    Ok((ear, sipp))
}

/// Returns the RTP port of the server, as logged by SIPp from the answer.
fn answered_port(sipp: &Sipp) -> Result<u16> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let logged = sipp.logged();
        let port = logged.split("rtp ").nth(1);
        let port = port.and_then(|rest| rest.split(' ').next()?.parse().ok());
        match port {
            Some(port) => return Ok(port),
            None if Instant::now() > until => bail!("SIPp was not answered: {logged}"),
            None => pause(Duration::from_millis(20)),
        }
    }
}

impl Scene {
    fn play(&mut self, begun: Instant, times: Times) -> Result<()> {
        self.api.seated(ROOM, 1)?;
        pause(times.idle.saturating_sub(begun.elapsed()));
        self.is_called()?;
        self.hear_each_other()?;
        self.hold_and_resume()?;
        pause(times.call.saturating_sub(begun.elapsed()));
        self.hear_each_other()?;
        self.end_all(ROOM, 2, 1)?;
        self.calls()
    }

    /// Calls the registered phone after a time without any request from it.
    fn is_called(&self) -> Result<()> {
        ensure!(
            !self.router.bindings(self.baresip.port)?.is_empty(),
            "the NAT has forgotten the registered phone"
        );
        let to = format!("sip:{}@{SERVER}", USER.0);
        let document = format!("<Response><Dial><Conference>{ROOM}</Conference></Dial></Response>");
        let call = [
            ("To", to.as_str()),
            ("From", "+15557654321"),
            ("Twiml", &document),
        ];
        let made = self.api.post("/Calls.json", &call)?;
        ensure!(made.status < 300, "{made:?}");
        self.api.seated(ROOM, 2).map(drop)
    }

    /// Checks that both phones hear each other, by the RTP that arrived.
    fn hear_each_other(&self) -> Result<()> {
        self.hear(&[BARESIP.0], &[SIPP.0])
    }

    fn hear(&self, by_sipp: &[&str], by_baresip: &[&str]) -> Result<()> {
        settle();
        let wait = |_, to: confab_terms::Instant| {
            pause(to.saturating_since(now()));
            Ok::<(), anyhow::Error>(())
        };
        let (from, to) = machine::in_time(Duration::from_millis(1_500), wait)?;
        let within = |mut frames: Vec<Frame>| {
            frames.retain(|frame| frame.arrived <= to);
            frames
        };
        let at_sipp = heard("sipp", &within(self.ear.since(from)), &[BARESIP])?;
        ensure!(
            at_sipp == by_sipp,
            "SIPp hears {at_sipp:?}, expected {by_sipp:?}"
        );
        // A holding phone receives no packets, for which `heard` fails.
        let frames = within(self.tap.since(from));
        let at_baresip = match frames.is_empty() {
            true => Vec::new(),
            false => heard("baresip", &frames, &[SIPP])?,
        };
        ensure!(
            at_baresip == by_baresip,
            "baresip receives {at_baresip:?}, expected {by_baresip:?}"
        );
        Ok(())
    }

    fn hold_and_resume(&mut self) -> Result<()> {
        self.baresip.hold()?;
        pause(Duration::from_millis(500));
        self.hear(&[], &[])?;
        self.baresip.resume()?;
        pause(Duration::from_millis(1_500));
        self.hear_each_other()
    }

    /// Ends the calls of a room by the API; checks the BYE at the phones.
    fn end_all(&self, room: &str, count: usize, closed: usize) -> Result<()> {
        let (_, seated) = self.api.seated(room, count)?;
        for participant in &seated {
            let sid = participant["call_sid"].as_str().unwrap_or_default();
            let path = format!("/Calls/{sid}.json");
            let ended = self.api.post(&path, &[("Status", "completed")])?;
            ensure!(ended.status == 200, "{ended:?}");
        }
        self.baresip.wait_for("session closed", closed)
    }

    fn calls(&mut self) -> Result<()> {
        let listen = format!("{SERVER}:5060");
        self.baresip.dial("second", &listen)?;
        self.api.seated("second", 1)?;
        self.end_all("second", 1, 2)
    }
}
