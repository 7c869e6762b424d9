//! SIP: a parsed message is equal after writing and parsing; a stream is divided into the same
//! messages for any segmentation. The user agent is tested in `sip_agent.rs`.

use std::fmt::Write as _;

use confab_sip::message::{Address, Message, Request, Response, parse};
use confab_sip::{Framed, Stream};
use confab_terms::Instant;

pub(crate) fn run(bytes: &[u8]) {
    if let Ok(message) = parse(bytes) {
        let again = parse(&as_it_came(&message));
        // The unreadable part of a response is not among its headers, and is not written.
        if matches!(&message, Message::Response(response) if response.fault.is_some()) {
            assert_eq!(again.map(without_fault), Ok(without_fault(message)));
        } else {
            assert_eq!(again.as_ref(), Ok(&message));
            let again = parse(&as_understood(&message));
            let again = again.unwrap_or_else(|e| panic!("{e}: {message:?}"));
            assert_eq!(without_headers(again), without_headers(message));
        }
    }
    let whole = framed(bytes, bytes.len());
    assert_eq!(whole, framed(bytes, 1), "byte by byte");
    assert_eq!(whole, framed(bytes, 7), "in pieces of seven");
    crate::sip_agent::run(bytes, &whole);
}

fn framed(bytes: &[u8], piece: usize) -> Vec<Framed> {
    let mut stream = Stream::default();
    let mut all = Vec::new();
    for piece in bytes.chunks(piece.max(1)) {
        stream.handle(Instant(0), piece);
        while let Some(one) = stream.poll_output() {
            all.push(one);
        }
    }
    all
}

/// Writes all headers with their original bytes.
fn as_it_came(message: &Message) -> Vec<u8> {
    let (start, headers, body) = match message {
        Message::Request(request) => (request_line(request), &request.headers, &request.body),
        Message::Response(response) => (status_line(response), &response.headers, &response.body),
    };
    let mut written = start.into_bytes();
    for header in &headers.0 {
        written.extend_from_slice(header.name.as_bytes());
        written.extend_from_slice(b": ");
        written.extend_from_slice(&header.value);
        written.extend_from_slice(b"\r\n");
    }
    written.extend_from_slice(b"\r\n");
    written.extend_from_slice(body);
    written
}

/// Writes only the parsed values of the mandatory headers.
fn as_understood(message: &Message) -> Vec<u8> {
    let mut text = String::new();
    let (vias, from, to, call_id, cseq, method, contact, body) = match message {
        Message::Request(m) => {
            text.push_str(&request_line(m));
            let method = m.method.to_string();
            (
                &m.vias, &m.from, &m.to, &m.call_id, m.cseq, method, &m.contact, &m.body,
            )
        }
        Message::Response(m) => {
            text.push_str(&status_line(m));
            let method = m.method.to_string();
            (
                &m.vias, &m.from, &m.to, &m.call_id, m.cseq, method, &m.contact, &m.body,
            )
        }
    };
    for via in vias {
        text.push_str(&format!("Via: {via}\r\n"));
    }
    text.push_str(&format!(
        "From: {}\r\nTo: {}\r\n",
        address(from),
        address(to)
    ));
    text.push_str(&format!("Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"));
    if let Some(contact) = contact {
        text.push_str(&format!("Contact: {}\r\n", address(contact)));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let mut written = text.into_bytes();
    written.extend_from_slice(body);
    written
}

fn request_line(request: &Request) -> String {
    format!("{} {} SIP/2.0\r\n", request.method, request.uri.text())
}

fn status_line(response: &Response) -> String {
    format!("SIP/2.0 {} Reason\r\n", response.status)
}

fn address(address: &Address) -> String {
    let mut text = String::new();
    if let Some(name) = &address.name {
        let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
        text.push_str(&format!("\"{escaped}\" "));
    }
    text.push_str(&format!("<{}>", address.uri.text()));
    for (name, value) in &address.params {
        // Writing to a `String` cannot fail.
        let _ = match value {
            Some(value) => write!(text, ";{name}={value}"),
            None => write!(text, ";{name}"),
        };
    }
    text
}

fn without_fault(mut message: Message) -> Message {
    if let Message::Response(response) = &mut message {
        response.fault = None;
    }
    message
}

fn without_headers(mut message: Message) -> Message {
    match &mut message {
        Message::Request(request) => request.headers.0.clear(),
        Message::Response(response) => response.headers.0.clear(),
    }
    message
}
