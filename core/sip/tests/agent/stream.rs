//! Framing of SIP on a stream: message boundaries, and messages without an end.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use confab_sip::{Config, Framed, Output, Stream, UserAgent};
use confab_terms::Instant;
use proptest::prelude::*;

fn read(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/torture/rfc4475");
    fs::read(folder.join(name)).unwrap()
}

/// Returns all elements of a stream that receives these bytes in chunks of `piece`.
fn framed(bytes: &[u8], piece: usize) -> (Vec<Framed>, Stream) {
    let mut stream = Stream::default();
    let mut all = Vec::new();
    for piece in bytes.chunks(piece) {
        stream.handle(Instant(0), piece);
        while let Some(one) = stream.poll_output() {
            all.push(one);
        }
    }
    (all, stream)
}

fn options(number: usize, body: &str) -> Vec<u8> {
    format!(
        "OPTIONS sip:a@b SIP/2.0\r\nCSeq: {number} OPTIONS\r\nl: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[test]
fn messages_pings_and_gaps_in_any_pieces() {
    let (first, second) = (options(1, ""), options(2, "v=0\r\n\r\n\r\n"));
    let parts: [&[u8]; 7] = [
        b"\r\n\r\n",
        &first,
        b"\r\n\r\n",
        &second,
        b"\r\n",
        &first,
        b"\r\n\r\n",
    ];
    let bytes = parts.concat();
    let expected = [
        Framed::Ping,
        Framed::Message(first.clone()),
        Framed::Ping,
        Framed::Message(second),
        Framed::Message(first),
        Framed::Ping,
    ];
    for piece in 1..bytes.len() {
        let (all, stream) = framed(&bytes, piece);
        assert_eq!(all, expected, "in pieces of {piece}");
        assert_eq!(stream.next_deadline(), None);
    }
}

#[test]
fn two_requests_of_one_torture_message_are_two() {
    let (all, _) = framed(&read("dblreq.dat"), 100);
    let starts: Vec<&[u8]> = all
        .iter()
        .take(2)
        .map(|one| match one {
            Framed::Message(bytes) => &bytes[..6],
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(starts, [b"REGIST", b"INVITE"]);
}

#[test]
fn without_a_boundary_it_is_refused_and_closed() {
    for name in ["ncl.dat", "mcl01.dat"] {
        let mut bytes = read(name);
        bytes.extend(options(1, ""));
        let (all, mut stream) = framed(&bytes, 1_000);
        let [
            Framed::Broken {
                message: Some(message),
            },
        ] = all.as_slice()
        else {
            panic!("{name}: {all:?}");
        };
        let mut agent = UserAgent::new(Config {
            address: "127.0.0.1:5060".parse().unwrap(),
            tls_port: None,
            product: String::new(),
            seed: [1; 32],
        });
        agent.handle(Instant(0), "192.0.2.1:5060".parse().unwrap(), message);
        let Some(Output::Datagram { bytes, .. }) = agent.poll_output() else {
            panic!("{name}: no refusal");
        };
        assert!(bytes.starts_with(b"SIP/2.0 400 "), "{name}");
        stream.handle(Instant(0), &options(2, ""));
        assert_eq!(stream.poll_output(), None, "it is closed");
    }
    let (all, _) = framed(b"OPTIONS sip:a@b SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n", 9);
    assert_eq!(all, [Framed::Broken { message: None }]);
}

#[test]
fn a_message_that_never_ends_is_given_up() {
    let (all, mut stream) = framed(&read("clerr.dat"), 64);
    assert!(all.is_empty(), "{all:?}");
    let at = stream.next_deadline().unwrap();
    assert_eq!(at, Instant(0) + Duration::from_secs(32));
    // Further bytes do not extend the deadline.
    stream.handle(Instant(0) + Duration::from_secs(31), b"x");
    assert_eq!(stream.next_deadline(), Some(at));
    stream.handle_deadline(at);
    assert_eq!(stream.poll_output(), Some(Framed::Broken { message: None }));
    assert_eq!(stream.poll_output(), None);
    assert_eq!(stream.next_deadline(), None);
}

#[test]
fn a_busy_stream_has_time_for_each_message() {
    let mut stream = Stream::default();
    let mut now = Instant(0);
    let text = options(1, "").repeat(2);
    let mut count = 0;
    for piece in text.repeat(20).chunks(60) {
        now += Duration::from_secs(9);
        stream.handle_deadline(now);
        stream.handle(now, piece);
        while let Some(one) = stream.poll_output() {
            assert!(matches!(one, Framed::Message(_)), "{one:?}");
            count += 1;
        }
    }
    assert_eq!(count, 40);
}

#[test]
fn too_much_is_given_up() {
    for length in ["70000", "4294967295", "18446744073709551615"] {
        let huge = format!("OPTIONS sip:a@b SIP/2.0\r\nl: {length}\r\n\r\n");
        let (all, _) = framed(huge.as_bytes(), 100);
        assert_eq!(all, [Framed::Broken { message: None }], "{length}");
    }
    let endless = [
        b"OPTIONS sip:a@b SIP/2.0\r\nX: ".as_slice(),
        &[b'x'; 70_000],
    ]
    .concat();
    let (all, _) = framed(&endless, 1_000);
    assert_eq!(all, [Framed::Broken { message: None }]);
}

proptest! {
    #[test]
    fn pieces_do_not_matter(
        bytes in prop::collection::vec(
            prop::sample::select(b"\r\n\r\nl: 012 OPTIONS".to_vec()), 0..400),
        piece in 1_usize..50,
    ) {
        let (whole, _) = framed(&bytes, 1_000);
        let (pieces, _) = framed(&bytes, piece);
        prop_assert_eq!(whole, pieces);
    }
}
