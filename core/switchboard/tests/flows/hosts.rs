//! Host names and unusual lines in SDP, payload types across offers, and RTP latching after each
//! offer.

use confab_media::{Command, LegMedia};
use confab_sip::{Lookup, Target};
use confab_switchboard::{Input, Output};

use crate::harness::{SIP, World};

const STRANGER: &str = "127.0.0.9:5060";
const NAME: &str = "phone.example";

fn sdp(host: &str, more: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n\
         m=audio 7100 RTP/AVP 0\r\n{more}"
    )
}

/// Call with hand-written SIP messages.
struct Line {
    world: World,
    to_tag: String,
    cseq: u32,
}

impl Line {
    fn new() -> Self {
        Self {
            world: World::new(),
            to_tag: String::new(),
            cseq: 0,
        }
    }

    fn say(&mut self, method: &str, sdp: &str) {
        if method != "ACK" {
            self.cseq += 1;
        }
        let (cseq, tag) = (self.cseq, &self.to_tag);
        let kind = match sdp {
            "" => "",
            _ => "Content-Type: application/sdp\r\n",
        };
        let text = format!(
            "{method} sip:room@{SIP} SIP/2.0\r\nVia: SIP/2.0/UDP {STRANGER};\
             branch=z9hG4bK{method}{cseq}\r\n\
             From: <sip:x@{STRANGER}>;tag=x\r\nTo: <sip:room@{SIP}>{tag}\r\nCall-ID: names\r\n\
             CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\nContact: <sip:x@{STRANGER}>\r\n{kind}\
             Content-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        );
        let (from, bytes) = (STRANGER.parse().unwrap(), text.into_bytes());
        self.world.input(Input::Datagram { from, bytes });
    }

    /// Returns the last final response and stores its tag.
    fn answered(&mut self) -> String {
        let mut said = self.world.strays.iter().rev();
        let last = said.find(|text| text.starts_with("SIP/2.0 ") && !text.starts_with("SIP/2.0 1"));
        let last = last.cloned().unwrap_or_default();
        let to = last.lines().find(|line| line.starts_with("To: "));
        if let Some(at) = to.and_then(|to| Some(&to[to.find(";tag=")?..])) {
            self.to_tag = at.to_owned();
        }
        last
    }

    fn call(&mut self, sdp: &str) {
        self.say("INVITE", sdp);
        let answer = self.answered();
        assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
        self.say("ACK", "");
    }

    fn lookups(&self) -> Vec<(Lookup, String)> {
        let log = self.world.log.iter();
        log.filter_map(|output| match output {
            Output::Resolve { lookup, host, .. } => Some((*lookup, host.clone())),
            _ => None,
        })
        .collect()
    }

    /// Responds to the last lookup.
    fn resolve(&mut self, address: &str) {
        let (lookup, _) = self.lookups().pop().expect("a lookup");
        let targets = match address {
            "" => Vec::new(),
            address => vec![Target::plain(address.parse().unwrap())],
        };
        self.world.input(Input::Resolved { lookup, targets });
    }

    /// Returns the number of requested legs minus removed ones.
    fn legs(&self) -> i32 {
        let change = |output: &Output| match output {
            Output::OpenLeg { .. } => 1,
            Output::Media {
                command: Command::RemoveLeg { .. },
                ..
            } => -1,
            _ => 0,
        };
        self.world.log.iter().map(change).sum()
    }

    fn media(&self) -> Vec<LegMedia> {
        let told = self.world.commands.iter();
        told.filter_map(|command| match command {
            Command::SetMedia { media, .. } => Some(*media),
            _ => None,
        })
        .collect()
    }

    fn remote(&self) -> String {
        let media = self.media();
        media
            .last()
            .map_or(String::new(), |media| media.remote_rtp.to_string())
    }
}

#[test]
fn invite_with_a_host_name_is_answered_once_it_is_resolved() {
    for restores in [None, Some(1)] {
        let mut line = Line::new();
        line.world.restore_every = restores;
        line.say("INVITE", &sdp(NAME, "a=rtcp:7103 IN IP4 phone.example\r\n"));
        assert_eq!(line.answered(), "");
        let hosts: Vec<_> = line.lookups().into_iter().map(|(_, host)| host).collect();
        assert_eq!(hosts, [NAME], "each name once");
        line.world.seconds(1);
        // The ports of a leg are bound directly before the SDP that contains them.
        assert_eq!(line.legs(), 0);
        line.resolve("127.0.0.7:9");
        assert_eq!(line.legs(), 1);
        let answer = line.answered();
        assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
        line.say("ACK", "");
        assert_eq!(line.remote(), "127.0.0.7:7100");
        assert_eq!(line.media()[0].remote_rtcp.to_string(), "127.0.0.7:7103");
        assert_eq!(line.world.participants().len(), 1);
        line.say("BYE", "");
        line.world.nothing_is_left();
    }
}

#[test]
fn host_name_without_an_address_is_488_with_a_reason() {
    // No address, an address of another family, and a timeout.
    for address in ["", "[::1]:9", "never"] {
        let mut line = Line::new();
        line.say("INVITE", &sdp(NAME, ""));
        match address {
            "never" => line.world.seconds(6),
            address => line.resolve(address),
        }
        let answer = line.answered();
        assert!(answer.starts_with("SIP/2.0 488 "), "{address}: {answer}");
        let notice = line.world.notices.pop().expect("a notice");
        assert!(notice.message.contains(NAME), "{notice:?}");
        assert_eq!(line.legs(), 0);
        line.say("ACK", "");
        line.world.nothing_is_left();
    }
}

#[test]
fn unresolved_rtcp_host_costs_only_reports() {
    let mut line = Line::new();
    line.say(
        "INVITE",
        &sdp("127.0.0.8", "a=rtcp:7103 IN IP4 phone.example\r\n"),
    );
    line.resolve("");
    assert!(line.answered().starts_with("SIP/2.0 200 "));
    assert_eq!(line.media()[0].remote_rtcp.to_string(), "127.0.0.8:7103");
}

#[test]
fn call_that_ends_while_its_host_is_resolved_is_over() {
    let mut line = Line::new();
    line.say("INVITE", &sdp(NAME, ""));
    line.cseq -= 1;
    // The CANCEL belongs to the transaction of the INVITE.
    let cancel = format!(
        "CANCEL sip:room@{SIP} SIP/2.0\r\nVia: SIP/2.0/UDP {STRANGER};branch=z9hG4bKINVITE1\r\n\
         From: <sip:x@{STRANGER}>;tag=x\r\nTo: <sip:room@{SIP}>\r\nCall-ID: names\r\n\
         CSeq: 1 CANCEL\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    let (from, bytes) = (STRANGER.parse().unwrap(), cancel.into_bytes());
    line.world.input(Input::Datagram { from, bytes });
    line.resolve("127.0.0.7:9");
    assert_eq!(line.world.calls_ended.len(), 1);
    line.say("ACK", "");
    assert_eq!(line.world.board.leftovers().lookups, 0);
    assert!(line.media().is_empty());
}

#[test]
fn new_offer_with_a_host_name_waits_for_its_address() {
    let mut line = Line::new();
    line.call(&sdp("127.0.0.8", ""));
    line.say("INVITE", &sdp(NAME, ""));
    assert_eq!(line.remote(), "127.0.0.8:7100");
    line.resolve("127.0.0.7:9");
    assert!(line.answered().starts_with("SIP/2.0 200 "));
    line.say("ACK", "");
    assert_eq!(line.remote(), "127.0.0.7:7100");
    // An unresolvable name leaves the call unchanged.
    line.say("INVITE", &sdp("gone.example", ""));
    line.resolve("");
    assert!(line.answered().starts_with("SIP/2.0 488 "));
    line.say("ACK", "");
    assert_eq!(line.remote(), "127.0.0.7:7100");
    assert_eq!(line.world.participants().len(), 1);
}

#[test]
fn answers_to_our_offers_may_have_host_names() {
    let mut line = Line::new();
    line.say("INVITE", "");
    assert!(line.answered().contains("m=audio"));
    line.say("ACK", &sdp(NAME, ""));
    assert_eq!(line.world.participants().len(), 0);
    line.resolve("127.0.0.7:9");
    assert_eq!(line.remote(), "127.0.0.7:7100");
    assert_eq!(line.world.participants().len(), 1);
    line.say("INVITE", "");
    line.say("ACK", &sdp("gone.example", ""));
    line.resolve("");
    assert_eq!(line.remote(), "127.0.0.7:7100");
    assert_eq!(line.world.participants().len(), 1);

    let mut line = Line::new();
    line.say("INVITE", "");
    line.answered();
    line.say("ACK", &sdp(NAME, ""));
    line.resolve("");
    assert_eq!(line.world.calls_ended.len(), 1);
    let notice = line.world.notices.pop().expect("a notice");
    assert!(notice.message.contains(NAME), "{notice:?}");
}

#[test]
fn each_new_offer_begins_the_learning_of_sources_anew() {
    let mut line = Line::new();
    let private = sdp("192.168.1.50", "");
    line.call(&private);
    for method in ["INVITE", "UPDATE"] {
        let before = line.media().len();
        line.say(method, &private);
        assert!(line.answered().starts_with("SIP/2.0 200 "));
        if method == "INVITE" {
            line.say("ACK", "");
        }
        assert_eq!(line.media().len(), before + 1, "{method}");
    }
    // An UPDATE without an offer restarts latching, too.
    let before = line.media().len();
    line.say("UPDATE", "");
    assert_eq!(line.media().len(), before + 1);
    assert_eq!(line.media()[before], line.media()[before - 1]);
    assert!(line.media().iter().all(|media| !media.trusts_sdp));
    let mut line = Line::new();
    line.call(&sdp("127.0.0.8", ""));
    assert!(line.media()[0].trusts_sdp);
}

#[test]
fn later_offer_of_ours_keeps_the_numbers_of_the_peer() {
    let mut line = Line::new();
    let maps = "a=rtpmap:97 PCMA/8000\r\na=rtpmap:111 telephone-event/8000\r\n";
    line.call(&sdp("127.0.0.8", maps).replace("RTP/AVP 0", "RTP/AVP 97 111"));
    line.say("INVITE", "");
    let offer = line.answered();
    assert!(offer.contains("RTP/AVP 0 97 111\r\n"), "{offer}");
    assert!(offer.contains(maps.lines().next().unwrap()), "{offer}");
    assert!(
        offer.contains("a=rtpmap:111 telephone-event/8000"),
        "{offer}"
    );
}
