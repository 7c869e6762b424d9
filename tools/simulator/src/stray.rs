//! SIP messages out of place, derived from messages of the phones.

use confab_terms::SocketAddr;

use crate::dice::Dice;
use crate::world::sip_address;

/// Returns the CANCEL of an INVITE that may be answered by now.
pub(crate) fn late_cancel(invite: &[u8]) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(invite).ok()?;
    let (head, _) = text.split_once("\r\n\r\n")?;
    let mut cancel = String::new();
    for line in head.lines() {
        let name = line
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if line.starts_with("INVITE ") {
            cancel += &line.replacen("INVITE", "CANCEL", 1);
        } else if name == "cseq" {
            cancel += &line.replace("INVITE", "CANCEL");
        } else if ["via", "from", "to", "call-id", "max-forwards"].contains(&name.as_str()) {
            cancel += line;
        } else {
            continue;
        }
        cancel += "\r\n";
    }
    Some((cancel + "Content-Length: 0\r\n\r\n").into_bytes())
}

pub(crate) fn with_new_branch(message: &[u8], dice: &mut Dice) -> Vec<u8> {
    let branch = format!("branch=z9hG4bKagain{}", dice.below(1 << 40));
    let text = String::from_utf8_lossy(message).into_owned();
    replaced(&text, "branch=", &[';', '\r', ','], &branch).into_bytes()
}

/// Returns an INVITE for a new call without a phone.
pub(crate) fn stray_invite(invite: &[u8], dice: &mut Dice) -> Vec<u8> {
    let text = String::from_utf8_lossy(&with_new_branch(invite, dice)).into_owned();
    let number = dice.below(1 << 40);
    let text = replaced(
        &text,
        "Call-ID:",
        &['\r'],
        &format!("Call-ID: stray{number}"),
    );
    let text = text.replacen("sip:c", "sip:stray", 1);
    // The number of the original call must not appear in the new one.
    let from = text
        .find("sip:c")
        .filter(|at| text[*at..].contains("@phones.example"));
    match from {
        Some(_) => text.replace("sip:c", "sip:stray").into_bytes(),
        None => text.into_bytes(),
    }
}

fn replaced(text: &str, from: &str, until: &[char], with: &str) -> String {
    let Some(at) = text.find(from) else {
        return text.to_owned();
    };
    let end = text[at..].find(until).map_or(text.len(), |n| at + n);
    format!("{}{with}{}", &text[..at], &text[end..])
}

/// Returns a message with a few octets changed, removed or inserted.
pub(crate) fn mutilated(message: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = message.to_vec();
    for _ in 0..dice.between(1, 4) {
        if bytes.is_empty() {
            break;
        }
        let at = dice.index(bytes.len());
        match dice.index(3) {
            0 => bytes[at] = dice.below(256) as u8,
            1 => bytes.truncate(at),
            _ => bytes.insert(at, dice.below(256) as u8),
        }
    }
    bytes
}

pub(crate) fn options(from: SocketAddr, dice: &mut Dice) -> Vec<u8> {
    let number = dice.below(1 << 40);
    format!(
        "OPTIONS sip:{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKo{number}\r\n\
         From: <sip:o@phones.example>;tag=o{number}\r\nTo: <sip:{to}>\r\n\
         Call-ID: options{number}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\
         Content-Length: 0\r\n\r\n",
        to = sip_address()
    )
    .into_bytes()
}
