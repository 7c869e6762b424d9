//! A caller by hand: requests as text, and what comes back.

use super::{CALLEE, CALLER, Network, address};

/// A request of a caller who is no user agent of ours.
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

/// Says it to the callee: what it sends at once.
pub fn say(net: &mut Network, text: &str) -> Vec<String> {
    let before = net.seen.len();
    net.deliver(CALLEE, address(CALLER), text.as_bytes());
    sent_since(net, before)
}

/// What the callee has sent since so many datagrams.
pub fn sent_since(net: &Network, before: usize) -> Vec<String> {
    let new = net.seen[before..].iter().filter(|seen| seen.from == CALLEE);
    new.map(|seen| seen.text.clone()).collect()
}

/// The value of a header.
pub fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let head = message.split("\r\n\r\n").next()?;
    let mut lines = head.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// `;tag=…` of the To of a reply.
pub fn to_tag(reply: &str) -> String {
    let to = header(reply, "To").unwrap();
    to[to.find(";tag=").unwrap()..].to_owned()
}

/// The status of a reply.
pub fn status(reply: &str) -> &str {
    &reply[8..11]
}
