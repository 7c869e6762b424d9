//! Several calls to one name during its lookup: one lookup, and each call is sent after the result.

use std::time::Duration;

use crate::wire::{Did, Wire, head, lines};
use confab_sip::{DialogId, Ending, Event, Target};
use confab_terms::limits::{SIP_LOOKUP_WAIT, SIP_NAME_WAITING_MAX};

const NAME: &str = "phones.example";
const FOUND: &str = "192.0.2.9:5060";

/// Dials `count` calls to the name, each with a different user part; returns the only lookup.
fn calls(count: usize) -> (Wire, confab_sip::Lookup, Vec<DialogId>) {
    let mut wire = Wire::new();
    let dialogs = (0..count).map(|n| wire.dial(&format!("sip:user{n}@{NAME}")));
    let dialogs = dialogs.collect();
    let lookup = wire.looked_up(NAME);
    (wire, lookup, dialogs)
}

fn found() -> Target {
    Target::plain(FOUND.parse().unwrap())
}

/// Returns the request lines of the datagrams to the resolved address.
fn sent(wire: &mut Wire) -> Vec<String> {
    let did = wire.did().into_iter();
    did.map(|did| match did {
        Did::Datagram(to, text) if to == FOUND => head(&text).to_owned(),
        other => panic!("{other:?}"),
    })
    .collect()
}

fn invites(users: &[usize]) -> Vec<String> {
    let line = |user| format!("INVITE sip:user{user}@{NAME} SIP/2.0");
    users.iter().map(line).collect()
}

#[test]
fn each_waiting_call_is_sent_once_and_then_repeated() {
    let (mut wire, lookup, _) = calls(3);
    wire.run_for(Duration::from_secs(2));
    assert_eq!(wire.did(), [], "no repetition, no second lookup");
    wire.agent.handle_resolved(wire.now, lookup, &[found()]);
    let did = wire.did();
    let call_ids = did.iter().map(|did| match did {
        Did::Datagram(_, text) => lines(text, "Call-ID: ")[0].to_owned(),
        other => panic!("{other:?}"),
    });
    let call_ids: std::collections::BTreeSet<_> = call_ids.collect();
    assert_eq!((did.len(), call_ids.len()), (3, 3), "{did:#?}");
    // The next retransmission is due 3.5 s after the start.
    wire.run_for(Duration::from_secs(2));
    assert_eq!(sent(&mut wire), invites(&[0, 1, 2]));
    // A later call uses the cached result.
    wire.dial(&format!("sip:user3@{NAME}"));
    assert_eq!(sent(&mut wire), invites(&[3]));
}

#[test]
fn call_that_ends_meanwhile_is_not_sent() {
    let (mut wire, lookup, dialogs) = calls(3);
    wire.agent.hang_up(wire.now, dialogs[1]);
    assert_eq!(wire.did(), []);
    wire.agent.handle_resolved(wire.now, lookup, &[found()]);
    assert_eq!(sent(&mut wire), invites(&[0, 2]));
    wire.run_for(Duration::from_secs(1));
    assert_eq!(wire.endings(), [Ending::Rejected], "it ended once");
}

#[test]
fn name_that_leads_nowhere_refuses_each_waiting_call() {
    for has_answer in [true, false] {
        let (mut wire, lookup, dialogs) = calls(3);
        if has_answer {
            wire.agent.handle_resolved(wire.now, lookup, &[]);
            wire.run_for(Duration::ZERO);
        } else {
            wire.run_for(SIP_LOOKUP_WAIT);
        }
        assert_eq!(wire.endings(), [Ending::Refused(503); 3]);
        let ended = wire.told.iter().filter_map(|event| match event {
            Event::Ended { dialog, .. } => Some(*dialog),
            _ => None,
        });
        let mut ended: Vec<DialogId> = ended.collect();
        ended.sort_unstable();
        assert_eq!(ended, dialogs);
        assert_eq!(wire.did(), []);
        assert_eq!(wire.agent.leftovers(), (0, 0, 0));
    }
}

#[test]
fn calls_beyond_the_limit_of_one_name_are_refused_and_the_others_wait() {
    let (mut wire, lookup, _) = calls(SIP_NAME_WAITING_MAX);
    wire.dial(&format!("sip:late@{NAME}"));
    wire.run_for(Duration::ZERO);
    assert_eq!(wire.endings(), [Ending::Refused(503)]);
    wire.agent.handle_resolved(wire.now, lookup, &[found()]);
    let all: Vec<usize> = (0..SIP_NAME_WAITING_MAX).collect();
    assert_eq!(sent(&mut wire), invites(&all));
}
