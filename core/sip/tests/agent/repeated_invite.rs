//! Retransmission of an INVITE after a provisional response: the server repeats its last response,
//! and the client stops retransmitting.

use std::time::Duration;

use crate::wire::{Did, Wire, head, request, response_to};
use confab_sip::Event;

const PEER: &str = "192.0.2.7:5070";

/// Returns the datagrams to the peer since the last call.
fn replies(wire: &mut Wire) -> Vec<String> {
    let did = wire.did().into_iter();
    did.map(|did| match did {
        Did::Datagram(to, text) if to == PEER => text,
        other => panic!("{other:?}"),
    })
    .collect()
}

fn invitations(wire: &Wire) -> usize {
    let is_invited = |event: &&Event| matches!(event, Event::Invited { .. });
    wire.told.iter().filter(is_invited).count()
}

#[test]
fn server_repeats_its_last_response_and_begins_no_second_call() {
    let mut wire = Wire::new();
    let invite = request("INVITE", 1, "").replace("SIP/2.0/TCP", "SIP/2.0/UDP");
    let repeat = |wire: &mut Wire| {
        wire.agent
            .handle(wire.now, PEER.parse().unwrap(), invite.as_bytes());
        replies(wire)
    };
    let trying = repeat(&mut wire);
    assert_eq!(head(&trying[0]), "SIP/2.0 100 Trying");
    assert_eq!(repeat(&mut wire), trying);
    let dialog = wire.invited();
    wire.agent.ring(wire.now, dialog);
    let ringing = replies(&mut wire);
    assert_eq!(head(&ringing[0]), "SIP/2.0 180 Ringing");
    for _ in 0..3 {
        wire.run_for(Duration::from_secs(1));
        assert_eq!(repeat(&mut wire), ringing, "the same bytes");
    }
    wire.agent.reject(wire.now, dialog, 486);
    let busy = replies(&mut wire);
    assert_eq!(head(&busy[0]), "SIP/2.0 486 Busy Here");
    assert_eq!(repeat(&mut wire), busy);
    assert_eq!(invitations(&wire), 1);
}

#[test]
fn client_repeats_until_the_first_provisional_response() {
    for status in [100, 180, 183] {
        let mut wire = Wire::new();
        wire.dial(&format!("sip:boris@{PEER}"));
        wire.run_for(Duration::from_millis(1_600));
        let sent = replies(&mut wire);
        assert_eq!(sent.len(), 3, "at 0, 0.5 and 1.5 s");
        assert!(sent.iter().all(|text| *text == sent[0]));
        let provisional = response_to(&sent[0], status);
        wire.agent
            .handle(wire.now, PEER.parse().unwrap(), provisional.as_bytes());
        wire.run_for(Duration::from_secs(60));
        assert_eq!(replies(&mut wire), [""; 0], "after {status}");
        assert!(wire.endings().is_empty(), "it rings on");
    }
}
