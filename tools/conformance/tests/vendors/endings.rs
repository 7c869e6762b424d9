//! Reasons in events for the end of a conference and for a participant's leave: all five of each.

use std::net::UdpSocket;
use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::server::Server;
use confab_phone::{Phone, PhoneConfig, Phones};

const PATIENCE: Duration = Duration::from_secs(8);

struct Line {
    app: Application,
    api: Api,
    phones: Phones,
    server: Server,
}

/// Two participants; if requested, the leave of the second one ends the conference.
struct Two {
    conference: String,
    calls: Vec<String>,
    phones: Vec<Phone>,
}

impl Line {
    fn start() -> Self {
        let app = Application::start().unwrap();
        let server = Server::start(&[("CONFAB_VOICE_URL", &app.url("/voice"))]).unwrap();
        Self {
            api: Api::new(&server).unwrap(),
            phones: Phones::new().unwrap(),
            app,
            server,
        }
    }

    fn serve(&self, room: &str, more: &str) {
        let document = format!(
            "<Response><Dial><Conference statusCallback=\"/{room}\" {more} \
             statusCallbackEvent=\"leave end\">{room}</Conference></Dial></Response>"
        );
        self.app.serve("/voice", "text/xml", document);
    }

    fn call(&self, room: &str) -> Phone {
        let config = PhoneConfig::new(self.server.sip.parse().unwrap(), "support", room);
        let phone = self.phones.call(&config).unwrap();
        phone.wait_until_talking(PATIENCE).unwrap();
        phone
    }

    fn two(&self, room: &str, second_ends: bool) -> Two {
        self.serve(room, "");
        let first = self.call(room);
        self.api.seated(room, 1).unwrap();
        if second_ends {
            let ends = "endConferenceOnExit=\"true\" participantLabel=\"chair\"";
            self.serve(room, ends);
        }
        let second = self.call(room);
        let (conference, seated) = self.api.seated(room, 2).unwrap();
        let sid = |n: usize| seated[n]["call_sid"].as_str().unwrap().to_owned();
        Two {
            conference,
            calls: vec![sid(0), sid(1)],
            phones: vec![first, second],
        }
    }

    fn remove(&self, two: &Two, who: usize) {
        let path = format!(
            "/Conferences/{}/Participants/{}",
            two.conference, two.calls[who]
        );
        assert_eq!(self.api.delete(&path).unwrap().status, 204);
    }

    /// Waits for the end; returns the leaves with their reasons, and the event of the end.
    fn told(&self, room: &str, two: &Two) -> (Vec<(usize, String)>, Received) {
        let path = format!("/{room}");
        let is_end =
            |r: &&Received| r.path == path && r.fields["StatusCallbackEvent"] == "conference-end";
        let found = |all: &[Received]| all.iter().find(is_end).cloned();
        let end = self.app.wait_for("the end", PATIENCE, found).unwrap();
        let mut left = Vec::new();
        for event in self.app.received_at(&path) {
            if event.fields["StatusCallbackEvent"] == "participant-leave" {
                let call = &event.fields["CallSid"];
                let who = two.calls.iter().position(|known| known == call).unwrap();
                left.push((who, event.fields["ReasonParticipantLeft"].clone()));
            }
        }
        (left, end)
    }
}

fn reasons(left: &[(usize, String)]) -> Vec<(usize, &str)> {
    left.iter().map(|(who, why)| (*who, why.as_str())).collect()
}

#[test]
fn all_reasons_for_which_a_conference_ends() {
    let line = Line::start();

    let two = line.two("api", false);
    let path = format!("/Conferences/{}", two.conference);
    line.api.post(&path, &[("Status", "completed")]).unwrap();
    let (left, end) = line.told("api", &two);
    let by_api = "conference_ended_via_api";
    assert_eq!(reasons(&left), [(0, by_api), (1, by_api)]);
    assert_eq!(
        end.fields["ReasonConferenceEnded"],
        "conference-ended-via-api"
    );
    assert!(!end.fields.contains_key("CallSidEndingConference"));

    let two = line.two("left", false);
    two.phones[1].hang_up().unwrap();
    line.api.seated("left", 1).unwrap();
    two.phones[0].hang_up().unwrap();
    let (left, end) = line.told("left", &two);
    let hung_up = "participant_hung_up";
    assert_eq!(reasons(&left), [(1, hung_up), (0, hung_up)]);
    assert_eq!(end.fields["ReasonConferenceEnded"], "last-participant-left");
    assert_eq!(end.fields["CallSidEndingConference"], two.calls[0]);

    let two = line.two("kicked", false);
    line.remove(&two, 0);
    line.remove(&two, 1);
    let (left, end) = line.told("kicked", &two);
    let updated = "participant_updated_via_api";
    assert_eq!(reasons(&left), [(0, updated), (1, updated)]);
    assert_eq!(
        end.fields["ReasonConferenceEnded"],
        "last-participant-kicked"
    );

    let two = line.two("chair", true);
    two.phones[1].hang_up().unwrap();
    let (left, end) = line.told("chair", &two);
    let moderator = "moderator_ended_conference";
    assert_eq!(reasons(&left), [(1, hung_up), (0, moderator)]);
    let reason = &end.fields["ReasonConferenceEnded"];
    assert_eq!(reason, "participant-with-end-conference-on-exit-left");
    assert_eq!(end.fields["ParticipantLabelEndingConference"], "chair");

    let two = line.two("throne", true);
    line.remove(&two, 1);
    let (left, end) = line.told("throne", &two);
    assert_eq!(reasons(&left), [(1, updated), (0, moderator)]);
    let reason = &end.fields["ReasonConferenceEnded"];
    assert_eq!(reason, "participant-with-end-conference-on-exit-kicked");
    assert_eq!(end.fields["CallSidEndingConference"], two.calls[1]);
}

/// Minimal caller that can delay its ACK.
struct ByHand {
    socket: UdpSocket,
    server: String,
    /// To of the 200.
    to: String,
    contact: String,
}

impl ByHand {
    fn request(&self, method: &str, target: &str, to: &str, body: &str) {
        let local = self.socket.local_addr().unwrap();
        let kind = if body.is_empty() {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        let length = body.len();
        let text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{method}1\r\n\
             Max-Forwards: 70\r\nFrom: <sip:late@{local}>;tag=late\r\nTo: {to}\r\n\
             Call-ID: late@{local}\r\nCSeq: 1 {method}\r\nContact: <sip:late@{local}>\r\n{kind}\
             Content-Length: {length}\r\n\r\n{body}"
        );
        self.socket.send_to(text.as_bytes(), &self.server).unwrap();
    }

    /// Calls, and waits for the 200.
    fn call(server: &str) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut caller = Self {
            socket,
            server: server.to_owned(),
            to: String::new(),
            contact: String::new(),
        };
        let target = format!("sip:support@{server}");
        let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
                   m=audio 9 RTP/AVP 0\r\n";
        caller.request("INVITE", &target, &format!("<{target}>"), sdp);
        loop {
            let mut bytes = [0; 4_096];
            let (length, _) = caller.socket.recv_from(&mut bytes).unwrap();
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if text.starts_with("SIP/2.0 200") {
                let header = |name: &str| {
                    let found = text.lines().find_map(|line| line.strip_prefix(name));
                    found.unwrap().trim().to_owned()
                };
                caller.to = header("To:");
                caller.contact = header("Contact:").trim_matches(['<', '>']).to_owned();
                return caller;
            }
        }
    }

    fn acknowledge(&self) {
        self.request("ACK", &self.contact, &self.to, "");
    }
}

#[test]
fn one_that_is_answered_and_finds_no_seat_was_not_added() {
    let line = Line::start();
    line.serve("full", "maxParticipants=\"1\"");
    // The call is expected while a seat is still free.
    let late = ByHand::call(&line.server.sip);
    let early = line.call("full");
    let (_, seated) = line.api.seated("full", 1).unwrap();
    late.acknowledge();
    let found = |all: &[Received]| {
        let told = all.iter().find(|r| r.path == "/full");
        told.cloned()
    };
    let failed = line.app.wait_for("the failure", PATIENCE, found).unwrap();
    assert_eq!(failed.fields["StatusCallbackEvent"], "participant-leave");
    let reason = &failed.fields["ReasonParticipantLeft"];
    assert_eq!(reason, "participant_add_failed");
    assert_ne!(
        failed.fields["CallSid"],
        seated[0]["call_sid"].as_str().unwrap()
    );
    assert_eq!(failed.fields["SequenceNumber"], "1");
    early.hang_up().unwrap();
    let is_end =
        |r: &&Received| r.path == "/full" && r.fields["StatusCallbackEvent"] == "conference-end";
    let found = |all: &[Received]| all.iter().find(is_end).cloned();
    let end = line.app.wait_for("the end", PATIENCE, found).unwrap();
    assert_eq!(end.fields["SequenceNumber"], "3");
}
