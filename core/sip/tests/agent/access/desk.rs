//! A guarded user agent, its trunks and users, and messages with credentials.

use confab_sip::{Access, Account, Config, DialogId, Event, Output, Secret, Trunk, UserAgent};
use confab_terms::{Instant, SocketAddr};

pub(super) const CARRIER: &str = "192.0.2.7:5060";
pub(super) const OTHER_CARRIER: &str = "198.51.100.7:5060";
pub(super) const STRANGER: &str = "203.0.113.9:5060";

pub(super) fn account(user: &str) -> Option<Account> {
    Some(Account {
        user: user.into(),
        password: Secret("pass".into()),
    })
}

pub(super) fn trunk(name: &str, networks: &[&str], account: Option<Account>) -> Trunk {
    Trunk {
        name: name.into(),
        networks: networks.iter().map(|net| net.parse().unwrap()).collect(),
        account,
        gateway: None,
        srtp: None,
        nat: confab_sip::Nat::Auto,
        identity: Default::default(),
    }
}

pub(super) struct Desk {
    pub(super) agent: UserAgent,
    pub(super) now: Instant,
    pub(super) events: Vec<Event>,
}

impl Desk {
    pub(super) fn of(trunks: Vec<Trunk>) -> Self {
        let mut agent = UserAgent::new(Config {
            address: "192.0.2.1:5060".parse().unwrap(),
            tls_port: None,
            product: "confab".into(),
            seed: [7; 32],
        });
        let open = false;
        agent.guard(Access { open, trunks });
        Self {
            agent,
            now: Instant(1_000_000_000),
            events: Vec::new(),
        }
    }

    pub(super) fn new() -> Self {
        Self::of(vec![
            trunk("carrier", &["192.0.2.0/24"], None),
            trunk("other", &["198.51.100.0/24"], None),
            trunk("anna", &[], account("anna")),
            trunk("boris", &[], account("boris")),
        ])
    }

    pub(super) fn drain(&mut self) -> Vec<(SocketAddr, String)> {
        let mut sent = Vec::new();
        while let Some(output) = self.agent.poll_output() {
            match output {
                Output::Datagram { to, bytes } => {
                    sent.push((to, String::from_utf8(bytes).unwrap()));
                }
                Output::Event(event) => self.events.push(event),
                other => panic!("{other:?}"),
            }
        }
        sent
    }

    /// Delivers a message from this source; returns the messages sent back.
    pub(super) fn say(&mut self, from: &str, text: &str) -> Vec<String> {
        let from: SocketAddr = from.parse().unwrap();
        self.agent.handle(self.now, from, text.as_bytes());
        let sent = self.drain();
        sent.into_iter()
            .map(|(to, text)| {
                assert_eq!(to.ip(), from.ip().to_canonical(), "{text}");
                text
            })
            .collect()
    }

    pub(super) fn status(&mut self, from: &str, text: &str) -> Vec<u16> {
        let replies = self.say(from, text);
        replies
            .iter()
            .map(|reply| reply[8..11].parse().unwrap())
            .collect()
    }

    /// Sends a request, and after the challenge the same request with the user's credentials.
    pub(super) fn log_in(&mut self, from: &str, user: &str, text: &str) -> Vec<String> {
        let challenge = self.say(from, text);
        assert!(challenge[0].starts_with("SIP/2.0 401 "), "{challenge:?}");
        self.say(from, &with_credentials(text, &challenge[0], user, "pass"))
    }

    pub(super) fn invited(&self) -> DialogId {
        let invited = self.events.iter().rev().find_map(|event| match event {
            Event::Invited { dialog, .. } => Some(*dialog),
            _ => None,
        });
        invited.unwrap()
    }

    pub(super) fn ended(&self) -> bool {
        self.events
            .iter()
            .any(|event| matches!(event, Event::Ended { .. }))
    }

    /// Answers the last call; returns the local To tag.
    pub(super) fn answer(&mut self) -> String {
        let dialog = self.invited();
        self.agent.answer(self.now, dialog, b"v=0\r\n".to_vec());
        let (_, text) = self.drain().pop().unwrap();
        let to = text.lines().find(|line| line.starts_with("To: ")).unwrap();
        to[to.find(";tag=").unwrap()..].to_owned()
    }
}

/// Headers that real phones add.
pub(super) const PHONE: &str =
    "User-Agent: A phone 1.0\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n";

pub(super) fn message(method: &str, cseq: u32, from_tag: &str, to_tag: &str, more: &str) -> String {
    format!(
        "{method} sip:anna@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP host.example;branch=z9hG4bK\
         {method}{cseq}{from_tag};rport\r\nMax-Forwards: 70\r\nFrom: <sip:anna@192.0.2.1>;\
         tag={from_tag}\r\nTo: <sip:anna@192.0.2.1>{to_tag}\r\nCall-ID: 8f2b3c4d@host.example\r\n\
         CSeq: {cseq} {method}\r\nContact: <sip:anna@host.example>\r\n{PHONE}{more}\
         Content-Length: 0\r\n\r\n"
    )
}

pub(super) fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let at = text.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
    text[at..].split('"').next().unwrap()
}

/// Computes credentials independently of the digest client under test (RFC 7616 §3.4.1).
pub(super) fn with_credentials(text: &str, challenge: &str, user: &str, password: &str) -> String {
    use md5::{Digest, Md5};
    let sum = |text: String| {
        let bytes = Md5::digest(text);
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let (realm, nonce) = (field(challenge, "realm"), field(challenge, "nonce"));
    let method = text.split(' ').next().unwrap();
    let uri = text.split(' ').nth(1).unwrap();
    let who = sum(format!("{user}:{realm}:{password}"));
    let what = sum(format!("{method}:{uri}"));
    let response = sum(format!("{who}:{nonce}:00000001:c:auth:{what}"));
    let credentials = format!(
        "Authorization: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", \
         uri=\"{uri}\", response=\"{response}\", algorithm=MD5, qop=auth, nc=00000001, \
         cnonce=\"c\"\r\n"
    );
    let text = text.replacen("Content-Length", &format!("{credentials}Content-Length"), 1);
    text.replacen("z9hG4bK", "z9hG4bKauth", 1)
}

/// Returns an INVITE with a Call-ID of its own and further headers.
pub(super) fn invite(who: &str, more: &str) -> String {
    message("INVITE", 1, who, "", more).replace("8f2b3c4d", who)
}

impl Desk {
    /// Sets up a call from this source, by network or as this user; returns the dialog and a
    /// `Replaces` header for it.
    pub(super) fn up(&mut self, from: &str, user: Option<&str>, who: &str) -> (DialogId, String) {
        match user {
            Some(user) => self.log_in(from, user, &invite(who, "")),
            None => self.say(from, &invite(who, "")),
        };
        let dialog = self.invited();
        let tag = self.answer();
        let ack = message("ACK", 1, who, &tag, "").replace("8f2b3c4d", who);
        self.say(from, &ack);
        let to_tag = tag.strip_prefix(";tag=").unwrap();
        let value = format!("{who}@host.example;to-tag={to_tag};from-tag={who}");
        (dialog, format!("Replaces: {value}\r\n"))
    }

    /// Returns the status of the last INVITE, and the dialog to replace.
    pub(super) fn replaces(&mut self, replies: &[String]) -> (u16, Option<DialogId>) {
        let place = self.events.drain(..).find_map(|event| match event {
            Event::Invited { replaces, .. } => replaces,
            _ => None,
        });
        (replies[0][8..11].parse().unwrap(), place)
    }
}
