//! Calls with a late offer: the 200 carries the offer, the ACK the answer.

use confab_media::Command;
use confab_sip::Ending;
use confab_switchboard::{CallStatus, Input};

use crate::harness::{SIP, Told, World};

const STRANGER: &str = "127.0.0.9:5060";

fn sdp(port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 8\r\n"
    )
}

fn say(world: &mut World, method: &str, cseq: u32, to_tag: &str, sdp: &str) {
    let kind = match sdp {
        "" => "",
        _ => "Content-Type: application/sdp\r\n",
    };
    let text = format!(
        "{method} sip:room@{SIP} SIP/2.0\r\nVia: SIP/2.0/UDP {STRANGER};\
         branch=z9hG4bK{method}{cseq}\r\n\
         From: <sip:x@{STRANGER}>;tag=x\r\nTo: <sip:room@{SIP}>{to_tag}\r\nCall-ID: late\r\n\
         CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\nContact: <sip:x@{STRANGER}>\r\n{kind}\
         Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    let (from, bytes) = (STRANGER.parse().unwrap(), text.into_bytes());
    world.input(Input::Datagram { from, bytes });
}

fn last_port(world: &World) -> u16 {
    let mut ports = world.commands.iter().filter_map(|command| match command {
        Command::SetMedia { media, .. } => Some(media.remote_rtp.port()),
        _ => None,
    });
    ports.next_back().expect("media at all")
}

#[test]
fn a_call_without_an_offer_talks_after_its_ack() {
    let mut world = World::new();
    world.call("room");
    say(&mut world, "INVITE", 1, "", "");
    let ok = world.strays.last().unwrap().clone();
    assert!(ok.starts_with("SIP/2.0 200 "), "{ok}");
    assert!(ok.contains("RTP/AVP 0 8 101"), "{ok}");
    assert_eq!(world.participants().len(), 1);
    let to = ok.lines().find(|line| line.starts_with("To: ")).unwrap();
    let tag = to[to.find(";tag=").unwrap()..].to_owned();
    say(&mut world, "ACK", 1, &tag, &sdp(7_100));
    assert_eq!(last_port(&world), 7_100);
    assert_eq!(world.participants().len(), 2);
    // A re-INVITE without an offer, answered with another port.
    say(&mut world, "INVITE", 2, &tag, "");
    let again = world.strays.last().unwrap().clone();
    assert!(again.contains("m=audio"), "{again}");
    say(&mut world, "ACK", 2, &tag, &sdp(7_200));
    assert_eq!(last_port(&world), 7_200);
    // An ACK without an answer leaves the call unchanged.
    say(&mut world, "INVITE", 3, &tag, "");
    say(&mut world, "ACK", 3, &tag, "");
    assert_eq!(last_port(&world), 7_200);
    assert_eq!(world.participants().len(), 2);
}

#[test]
fn a_call_that_never_answers_our_offer_is_ended() {
    let mut world = World::new();
    let at = world.phones.len();
    world.phones.push(crate::harness::Phone::new(at));
    // The phone sends no offer and an ACK without an answer.
    world.phones[at].call_with(world.now, "room", Vec::new());
    world.poll_phone(at);
    world.seconds(40);
    assert_eq!(
        world.phones[at].told.last(),
        Some(&Told::Ended(Ending::Bye))
    );
    assert_eq!(world.calls_ended[0].status, CallStatus::Completed);
    world.nothing_is_left();
}
