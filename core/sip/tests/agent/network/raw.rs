//! Peers without a user agent: requests and responses as text.

use super::{CALLEE, CALLER, Network, address};

/// Returns a request of the caller.
pub fn request(method: &str, cseq: u32, to_tag: &str, headers: &str, sdp: &[u8]) -> String {
    let at = address(CALLER);
    let sdp = String::from_utf8_lossy(sdp);
    let kind = if sdp.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    let number = if method == "ACK" { "ack" } else { "x" };
    format!(
        "{method} sip:room@127.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP {at};\
         branch=z9hG4bK{number}{cseq}\r\n\
         From: <sip:anna@{at}>;tag=raw\r\nTo: <sip:room@127.0.0.2>{to_tag}\r\nCall-ID: raw\r\n\
         CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\nContact: <sip:anna@{at}>\r\n{headers}{kind}\
         Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}

/// Delivers a message to the callee; returns the messages sent at once.
pub fn say(net: &mut Network, text: &str) -> Vec<String> {
    let before = net.seen.len();
    net.deliver(CALLEE, address(CALLER), text.as_bytes());
    sent_since(net, before)
}

/// Returns the callee's messages after the first `before` datagrams.
pub fn sent_since(net: &Network, before: usize) -> Vec<String> {
    let new = net.seen[before..].iter().filter(|seen| seen.from == CALLEE);
    new.map(|seen| seen.text.clone()).collect()
}

/// Returns the value of a header.
pub fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let head = message.split("\r\n\r\n").next()?;
    let mut lines = head.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Returns `;tag=…` of the To of a response.
pub fn to_tag(reply: &str) -> String {
    let to = header(reply, "To").unwrap();
    to[to.find(";tag=").unwrap()..].to_owned()
}

/// Returns the status of a response.
pub fn status(reply: &str) -> &str {
    &reply[8..11]
}

/// Answers the caller's last INVITE; returns the caller's messages sent at once.
pub fn reply(net: &mut Network, line: &str, tag: &str, headers: &str, sdp: &[u8]) -> Vec<String> {
    let mut invites = net.seen.iter().rev();
    let invite = invites.find(|seen| seen.from == CALLER && seen.text.starts_with("INVITE "));
    let invite = invite.unwrap().text.clone();
    let of = |name: &str| header(&invite, name).unwrap();
    let (via, from, to) = (of("Via"), of("From"), of("To"));
    let (call_id, cseq) = (of("Call-ID"), of("CSeq"));
    let sdp = String::from_utf8_lossy(sdp);
    let kind = if sdp.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    let text = format!(
        "SIP/2.0 {line}\r\nVia: {via}\r\nFrom: {from}\r\nTo: {to};tag={tag}\r\n\
         Call-ID: {call_id}\r\nCSeq: {cseq}\r\nContact: <sip:{tag}@127.0.0.2>\r\n{headers}{kind}\
         Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    let before = net.seen.len();
    net.deliver(CALLER, address(CALLEE), text.as_bytes());
    let new = net.seen[before..].iter().filter(|seen| seen.from == CALLER);
    new.map(|seen| seen.text.clone()).collect()
}

/// Sends the caller a request within the dialog of its last INVITE; returns the caller's messages
/// sent at once.
pub fn back(net: &mut Network, method: &str, cseq: u32, tag: &str, sdp: &[u8]) -> Vec<String> {
    let mut invites = net.seen.iter().rev();
    let invite = invites.find(|seen| seen.from == CALLER && seen.text.starts_with("INVITE "));
    let invite = invite.unwrap().text.clone();
    let of = |name: &str| header(&invite, name).unwrap();
    let (from, to, call_id) = (of("From"), of("To"), of("Call-ID"));
    let sdp = String::from_utf8_lossy(sdp);
    let kind = if sdp.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    let text = format!(
        "{method} sip:127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:5060;\
         branch=z9hG4bK{tag}{cseq}{method}\r\nFrom: {to};tag={tag}\r\nTo: {from}\r\n\
         Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nContact: <sip:{tag}@127.0.0.2>\r\n{kind}\
         Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    let before = net.seen.len();
    net.deliver(CALLER, address(CALLEE), text.as_bytes());
    let new = net.seen[before..].iter().filter(|seen| seen.from == CALLER);
    new.map(|seen| seen.text.clone()).collect()
}
