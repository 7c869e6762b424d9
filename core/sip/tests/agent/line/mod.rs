//! Outbound call through a trunk with a challenging gateway, which the test plays.
#![allow(unreachable_pub)]

use confab_sip::{
    Access, Account, Config, DialogId, Ending, Event, Gateway, Invite, Output, Secret, Transport,
    Trunk, UserAgent,
};
use confab_terms::{Instant, SocketAddr};

pub const GATEWAY: &str = "192.0.2.7:5060";
pub const ELSEWHERE: &str = "203.0.113.9:5060";

pub fn agent() -> UserAgent {
    let mut agent = UserAgent::new(Config {
        address: "192.0.2.1:5060".parse().unwrap(),
        tls_port: None,
        product: "confab".into(),
        seed: [7; 32],
    });
    let at = Some(GATEWAY.parse().unwrap());
    let gateway = Gateway::new("sip.example.com".into(), at, Transport::Udp);
    agent.guard(carrier(gateway));
    agent
}

/// Access rules with one trunk that has an account.
pub fn carrier(gateway: Gateway) -> Access {
    Access {
        open: false,
        trunks: vec![Trunk {
            name: "carrier".into(),
            networks: Vec::new(),
            account: Some(Account {
                user: "anna".into(),
                password: Secret("pass".into()),
            }),
            gateway: Some(gateway),
            srtp: None,
            nat: confab_sip::Nat::Auto,
            identity: Default::default(),
        }],
    }
}

/// Returns an INVITE without To; the route sets To.
pub fn invite() -> Invite {
    Invite {
        to: String::new(),
        from: "sip:+1555@192.0.2.1".into(),
        from_name: None,
        via: None,
        offer: b"v=0\r\n".to_vec(),
        headers: Vec::new(),
    }
}

pub struct Line {
    pub agent: UserAgent,
    pub now: Instant,
    pub dialog: DialogId,
    pub events: Vec<Event>,
}

impl Line {
    /// Calls through the trunk; returns the first INVITE.
    pub fn new() -> (Self, String) {
        Self::with_credentials(None)
    }

    /// Calls through the trunk with credentials of the call.
    pub fn with_credentials(account: Option<Account>) -> (Self, String) {
        let mut agent = agent();
        let now = Instant(0);
        let route = agent.route(now, "+15551234567").unwrap();
        let route = route.with_credentials(account);
        assert_eq!(route.to, "sip:+15551234567@sip.example.com");
        let dialog = agent.invite_along(now, route, invite());
        let events = Vec::new();
        let mut line = Self {
            agent,
            now,
            dialog,
            events,
        };
        let sent = line.sent();
        (line, sent[0].1.clone())
    }

    pub fn sent(&mut self) -> Vec<(String, String)> {
        let mut sent = Vec::new();
        while let Some(output) = self.agent.poll_output() {
            match output {
                Output::Datagram { to, bytes } => {
                    sent.push((to.to_string(), String::from_utf8(bytes).unwrap()));
                }
                Output::Event(event) => self.events.push(event),
                other => panic!("{other:?}"),
            }
        }
        sent
    }

    pub fn hear(&mut self, from: &str, text: &str) -> Vec<(String, String)> {
        let from: SocketAddr = from.parse().unwrap();
        self.agent.handle(self.now, from, text.as_bytes());
        self.sent()
    }

    /// Sets up a call with this Contact of the gateway; returns the ACK and its destination.
    pub fn up(contact: &str) -> (Self, (String, String)) {
        let (mut line, invite) = Self::new();
        let sent = line.hear(GATEWAY, &reply(&invite, 407, CHALLENGE));
        let again = sent.last().unwrap().1.clone();
        let more = format!("Contact: <sip:{contact}>\r\nAllow: UPDATE\r\n{EXPIRES}");
        let mut acks = line.hear(GATEWAY, &reply(&again, 200, &more));
        (line, acks.remove(0))
    }

    pub fn ended(&self) -> Vec<Ending> {
        let ended = self.events.iter().filter_map(|event| match event {
            Event::Ended { how, .. } => Some(*how),
            _ => None,
        });
        ended.collect()
    }
}

pub const EXPIRES: &str = "Session-Expires: 1800;refresher=uac\r\n";
pub const CHALLENGE: &str =
    "Proxy-Authenticate: Digest realm=\"theirs\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\r\n";

/// Returns a response to a request.
pub fn reply(request: &str, status: u16, more: &str) -> String {
    let line = |name: &str| {
        let mut lines = request.lines();
        lines
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    let to = line("To: ");
    let tag = if to.contains(";tag=") {
        ""
    } else {
        ";tag=theirs"
    };
    format!(
        "SIP/2.0 {status} X\r\n{}\r\n{}\r\n{to}{tag}\r\n{}\r\n{}\r\n{more}\
         Content-Length: 0\r\n\r\n",
        line("Via: "),
        line("From: "),
        line("Call-ID: "),
        line("CSeq: "),
    )
}

pub fn shows(text: &str) -> bool {
    text.contains("uthorization: Digest ")
}
