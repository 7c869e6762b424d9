//! Minimal SIP of many callers over one UDP socket: INVITE, ACK and BYE.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use confab_sockets::{Udp, now, sleep_until};
use confab_terms::{Codec, Instant};

/// Maximum number of transmissions of a message before the run fails.
const TRIES_MAX: u32 = 7;
/// T1 of RFC 3261.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Number of calls, and of hangups, per second.
const PACE: u32 = 250;
/// Payload type of DTMF events (RFC 4733).
const KEYS_PAYLOAD_TYPE: u8 = 101;
const MESSAGE_BYTES_MAX: usize = 16 * 1_024;

/// Answered call.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    /// RTP address of the server.
    pub(crate) media: SocketAddr,
    target: String,
    to: String,
}

/// SIP user agent of the callers.
pub(crate) struct Signalling {
    socket: Udp,
    local: SocketAddr,
    server: SocketAddr,
    codec: Codec,
    run: u64,
}

/// Transaction without a final response.
struct Waiting {
    message: String,
    again_at: Instant,
    wait: Duration,
    tries: u32,
    provisional: bool,
}

impl Signalling {
    pub(crate) fn new(server: SocketAddr, from: SocketAddr, codec: Codec) -> Result<Self> {
        let socket = Udp::bind(from)?;
        socket.set_receive_buffer(4 << 20);
        let local = socket.local()?;
        let run = now().0;
        Ok(Self {
            socket,
            local,
            server,
            codec,
            run,
        })
    }

    /// Sets up calls to rooms from media ports; returns when all are answered. The first call is
    /// set up alone, so that it is the first to be seated.
    pub(crate) fn call(&self, callers: &[(String, u16)]) -> Result<Vec<Answered>> {
        let invites: Vec<String> = (callers.iter().enumerate())
            .map(|(n, (room, port))| self.invite(n, room, *port))
            .collect();
        let mut answered = BTreeMap::new();
        let first = invites.len().min(1);
        for part in [0..first, first..invites.len()] {
            self.transact(&invites, part, "INVITE", |n, answer| {
                let call = read_answer(answer)
                    .with_context(|| format!("caller {n} was answered strangely: {answer}"))?;
                self.send(&self.within(n, &call, "ACK", 1));
                answered.insert(n, call);
                Ok(())
            })?;
        }
        Ok(answered.into_values().collect())
    }

    /// Hangs up all calls; returns the number of calls that were up.
    pub(crate) fn end(&self, calls: &[Answered]) -> Result<usize> {
        let byes: Vec<String> = (calls.iter().enumerate())
            .map(|(n, call)| self.within(n, call, "BYE", 2))
            .collect();
        let mut up = 0;
        self.transact(&byes, 0..byes.len(), "BYE", |_, answer| {
            up += usize::from(status(answer) == Some(200));
            Ok(())
        })?;
        Ok(up)
    }

    /// Sends messages at the pace, retransmits those without a response, and passes final responses
    /// to `done`.
    fn transact(
        &self,
        messages: &[String],
        range: std::ops::Range<usize>,
        method: &str,
        mut done: impl FnMut(usize, &str) -> Result<()>,
    ) -> Result<()> {
        let begin = now();
        let mut waiting: BTreeMap<usize, Waiting> = BTreeMap::new();
        let mut next = range.start;
        let mut buffer = vec![0; MESSAGE_BYTES_MAX];
        while next < range.end || !waiting.is_empty() {
            let gone = now().saturating_since(begin).as_secs_f64();
            let due = range.start + (gone * f64::from(PACE)) as usize + 1;
            while next < due.min(range.end) {
                let message = messages[next].clone();
                self.send(&message);
                waiting.insert(next, Waiting::new(message));
                next += 1;
            }
            while let Some((length, _)) = self.socket.receive_from(&mut buffer) {
                let answer = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let Some((n, status)) = self.whose(&answer, method) else {
                    continue;
                };
                if status < 200 {
                    if let Some(waiting) = waiting.get_mut(&n) {
                        waiting.provisional = true;
                    }
                } else if waiting.remove(&n).is_some() {
                    done(n, &answer)?;
                }
            }
            self.again(&mut waiting, method)?;
            sleep_until(now() + Duration::from_millis(1));
        }
        Ok(())
    }

    fn again(&self, waiting: &mut BTreeMap<usize, Waiting>, method: &str) -> Result<()> {
        let at = now();
        for (n, waits) in waiting.iter_mut().filter(|(_, waits)| waits.again_at <= at) {
            waits.tries += 1;
            if waits.tries > TRIES_MAX {
                bail!("caller {n} waits for an answer to its {method}: does the server live?");
            }
            waits.wait = (waits.wait * 2).min(FIRST_WAIT * 8);
            waits.again_at = at + waits.wait;
            if !waits.provisional {
                self.send(&waits.message);
            }
        }
        Ok(())
    }

    fn send(&self, message: &str) {
        self.socket.send_to(message.as_bytes(), self.server);
    }

    /// Returns the caller of a response, and its status.
    fn whose(&self, answer: &str, method: &str) -> Option<(usize, u16)> {
        let status = status(answer)?;
        let of_method = header(answer, "CSeq")?.ends_with(method);
        let (number, run) = header(answer, "Call-ID")?.split_once('-')?;
        let ours = run.split('@').next()?.parse() == Ok(self.run);
        (of_method && ours).then_some((number.parse().ok()?, status))
    }

    fn invite(&self, n: usize, room: &str, port: u16) -> String {
        let (local, server, run) = (self.local, self.server, self.run);
        let payload_type = payload_type(self.codec);
        let name = self.codec.name();
        let rate = match self.codec {
            Codec::Opus => "48000/2",
            _ => "8000",
        };
        // As phones do (RFC 4733); otherwise the server detects in-band tones.
        let keys = KEYS_PAYLOAD_TYPE;
        let keys_rate = rate.split('/').next().unwrap_or(rate);
        let ip = local.ip();
        let sdp = format!(
            "v=0\r\no=- {n} 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP {payload_type} {keys}\r\n\
             a=rtpmap:{payload_type} {name}/{rate}\r\n\
             a=rtpmap:{keys} telephone-event/{keys_rate}\r\na=ptime:20\r\na=sendrecv\r\n"
        );
        format!(
            "INVITE sip:{room}@{server} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};branch=z9hG4bKi{run}-{n}\r\nMax-Forwards: 70\r\n\
             From: <sip:caller{n}@{local}>;tag=f{n}\r\nTo: <sip:{room}@{server}>\r\n\
             Call-ID: {n}-{run}@{ip}\r\nCSeq: 1 INVITE\r\nContact: <sip:caller{n}@{local}>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        )
    }

    fn within(&self, n: usize, call: &Answered, method: &str, number: u32) -> String {
        let (local, run) = (self.local, self.run);
        let (target, to) = (&call.target, &call.to);
        format!(
            "{method} {target} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};branch=z9hG4bK{method}{run}-{n}\r\nMax-Forwards: 70\r\n\
             From: <sip:caller{n}@{local}>;tag=f{n}\r\nTo: {to}\r\n\
             Call-ID: {n}-{run}@{}\r\nCSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n",
            local.ip()
        )
    }
}

impl Waiting {
    fn new(message: String) -> Self {
        Self {
            message,
            again_at: now() + FIRST_WAIT,
            wait: FIRST_WAIT,
            tries: 1,
            provisional: false,
        }
    }
}

/// Returns the RTP payload type of a codec.
pub(crate) fn payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0,
        Codec::Pcma => 8,
        Codec::G722 => 9,
        Codec::Opus => 111,
    }
}

fn status(answer: &str) -> Option<u16> {
    let rest = answer.strip_prefix("SIP/2.0 ")?;
    rest.split(' ').next()?.parse().ok()
}

fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let head = message.split("\r\n\r\n").next()?;
    head.split("\r\n").skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found
            .trim()
            .eq_ignore_ascii_case(name)
            .then_some(value.trim())
    })
}

fn read_answer(answer: &str) -> Result<Answered> {
    ensure!(status(answer) == Some(200), "not with 200");
    let contact = header(answer, "Contact").context("no Contact")?;
    let target = contact.split(['<', '>']).nth(1).unwrap_or(contact);
    let (_, sdp) = answer.split_once("\r\n\r\n").context("no body")?;
    let line = |start: &str| sdp.lines().find_map(|line| line.strip_prefix(start));
    let ip = line("c=IN IP4 ").context("no c=")?.trim().parse()?;
    let audio = line("m=audio ").context("no m=audio")?;
    let port = audio.split(' ').next().unwrap_or_default().parse()?;
    ensure!(port > 0, "its audio was refused");
    Ok(Answered {
        media: SocketAddr::new(ip, port),
        target: target.to_owned(),
        to: header(answer, "To").context("no To")?.to_owned(),
    })
}
