//! Rewriting of SIP messages by the relay: addresses, and the port of the first `m=` line.

use std::net::SocketAddr;

/// Replaces each address with its counterpart.
pub(super) fn with_names(text: &str, names: &[(SocketAddr, SocketAddr)]) -> String {
    names.iter().fold(text.to_owned(), |text, (from, to)| {
        text.replace(&from.to_string(), &to.to_string())
    })
}

/// Returns the media port of the SDP; `None` without SDP or for a rejected stream.
pub(super) fn media_port(text: &str) -> Option<u16> {
    let (_, sdp) = text.split_once("\r\n\r\n")?;
    let line = sdp.lines().find_map(|line| line.strip_prefix("m=audio "))?;
    line.split(' ')
        .next()?
        .parse()
        .ok()
        .filter(|port| *port > 0)
}

/// Returns the message with another media port and a matching Content-Length.
pub(super) fn with_media_port(text: &str, port: u16) -> String {
    let Some((head, sdp)) = text.split_once("\r\n\r\n") else {
        return text.to_owned();
    };
    let lines = sdp.lines().map(|line| match line.strip_prefix("m=audio ") {
        Some(rest) => {
            let (_, formats) = rest.split_once(' ').unwrap_or_default();
            format!("m=audio {port} {formats}\r\n")
        }
        None => format!("{line}\r\n"),
    });
    let sdp: String = lines.collect();
    let head = head.lines().map(|line| match line.split_once(':') {
        Some((name, _)) if name.eq_ignore_ascii_case("Content-Length") => {
            format!("Content-Length: {}\r\n", sdp.len())
        }
        _ => format!("{line}\r\n"),
    });
    let head: String = head.collect();
    format!("{head}\r\n{sdp}")
}

/// Returns the value of Call-ID.
pub(super) fn call_id(text: &str) -> String {
    let found = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("Call-ID")
            .then(|| value.trim().to_owned())
    });
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{call_id, media_port, with_media_port, with_names};

    const TEXT: &str = "INVITE sip:room@127.0.0.1:50600 SIP/2.0\r\nCall-ID: c1\r\n\
                        Contact: <sip:127.0.0.1:43000>\r\nContent-Length: 30\r\n\r\n\
                        v=0\r\nm=audio 9000 RTP/AVP 0\r\n";

    #[test]
    fn a_message_that_says_other_names_is_as_long_as_it_says() {
        assert_eq!(media_port(TEXT), Some(9_000));
        assert_eq!(call_id(TEXT), "c1");
        let changed = with_media_port(TEXT, 40_000);
        assert!(changed.ends_with("Content-Length: 30\r\n\r\nv=0\r\nm=audio 40000 RTP/AVP 0\r\n"));
        let names = [(
            "127.0.0.1:43000".parse().unwrap(),
            "127.0.0.1:51000".parse().unwrap(),
        )];
        assert!(with_names(TEXT, &names).contains("Contact: <sip:127.0.0.1:51000>\r\n"));
    }
}
