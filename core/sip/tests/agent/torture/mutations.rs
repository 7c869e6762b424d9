//! Mutations of the torture messages, and arbitrary bytes.

use std::cell::Cell;

use confab_sip::message::{Message, Method, Unreadable, parse};
use confab_sip::{Event, UserAgent};
use confab_terms::Instant;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::{REACTIONS, agent, ask, ask_over_tcp, read};

/// Rings, answers and hangs up all calls.
fn decide(agent: &mut UserAgent, events: &[Event]) {
    for event in events {
        if let Event::Invited { dialog, .. } = event {
            agent.ring(Instant(0), *dialog);
            agent.answer(Instant(0), *dialog, b"v=0\r\n".to_vec());
            agent.hang_up(Instant(0), *dialog);
        }
    }
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let names: Vec<&str> = REACTIONS.iter().map(|(name, _)| *name).collect();
    let splinters = prop::sample::select(vec![
        "\r\n",
        "\n",
        "\"",
        "<",
        ">",
        ";",
        ",",
        ":",
        "%",
        "\\",
        "@",
        " ",
        "\0",
        "é",
        "[",
        "]",
        "?",
        "/",
        "=",
        "Via: ",
        "Content-Length: 4294967296\r\n",
        "\r\n\r\n",
    ]);
    let cut = (any::<prop::sample::Index>(), 0..40_usize, splinters);
    (
        prop::sample::select(names),
        prop::collection::vec(cut, 1..6),
    )
        .prop_map(|(name, cuts)| {
            let mut bytes = read(name);
            for (at, length, splinter) in cuts {
                if bytes.is_empty() {
                    break;
                }
                let at = at.index(bytes.len());
                let end = (at + length / 2).min(bytes.len());
                bytes.splice(at..end, splinter.bytes());
            }
            bytes
        })
}

const CASES: u32 = 3_000;

/// Runs the property on mutated messages; returns the number of cases that it returned true for.
fn count_mutations(property: impl Fn(&[u8]) -> Result<bool, TestCaseError>) -> u32 {
    let count = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(CASES));
    let outcome = runner.run(&mutated(), |bytes| {
        count.set(count.get() + u32::from(property(&bytes)?));
        Ok(())
    });
    outcome.unwrap();
    count.get()
}

/// Returns true if the agent must respond: the message is a request other than ACK.
fn expects_response(bytes: &[u8]) -> bool {
    match parse(bytes) {
        Ok(Message::Request(request)) => request.method != Method::Ack,
        Ok(Message::Response(_)) | Err(Unreadable::Dropped(_)) => false,
        Err(Unreadable::Refused { .. }) => true,
    }
}

fn is_in_shape(reply: &str) -> Result<(), TestCaseError> {
    let head = reply.split("\r\n\r\n").next().unwrap_or_default();
    prop_assert!(reply.starts_with("SIP/2.0 "), "{reply}");
    prop_assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "{reply}");
    Ok(())
}

#[test]
fn no_mutation_brings_us_down_or_out_of_shape() {
    let answered = count_mutations(|bytes| {
        let mut agent = agent();
        let (replies, events) = ask(&mut agent, bytes);
        prop_assert_eq!(replies.len(), usize::from(expects_response(bytes)));
        for reply in &replies {
            is_in_shape(reply)?;
            prop_assert!(reply.len() <= bytes.len() + 400, "an amplifier: {reply}");
        }
        decide(&mut agent, &events);
        // All state times out.
        while let Some(at) = agent.next_deadline() {
            agent.handle_deadline(at);
        }
        prop_assert_eq!(agent.leftovers(), (0, 0, 0));
        Ok(!replies.is_empty())
    });
    assert!(answered > CASES / 2, "{answered} of {CASES} were answered");
}

#[test]
fn no_mutation_brings_us_down_over_tcp() {
    let answered = count_mutations(|bytes| {
        let piece = 1 + bytes.len() % 400;
        let mut agent = agent();
        let (replies, events, _) = ask_over_tcp(&mut agent, bytes, piece);
        // CRLF answers a keep-alive (RFC 5626 §4.4.1).
        let mut messages = replies.iter().filter(|reply| *reply != "\r\n");
        messages.try_for_each(|reply| is_in_shape(reply))?;
        decide(&mut agent, &events);
        while let Some(at) = agent.next_deadline() {
            agent.handle_deadline(at);
            while agent.poll_output().is_some() {}
        }
        prop_assert_eq!((agent.leftovers(), agent.connections()), ((0, 0, 0), 0));
        Ok(!replies.is_empty())
    });
    assert!(answered > CASES / 4, "{answered} of {CASES} were answered");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn no_bytes_bring_us_down(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = ask(&mut agent(), &bytes);
    }
}
