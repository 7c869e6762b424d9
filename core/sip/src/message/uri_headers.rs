//! Headers of a URI after `?` (RFC 3261 §19.1.1), and escapes of a user part.

use core::fmt::Write as _;

/// Header names and values, unescaped.
pub type UriHeaders = Vec<(String, String)>;

/// Splits a URI from its headers and unescapes the headers. `None` instead of the headers: an
/// escape is malformed, or a value is not UTF-8.
#[must_use]
pub fn read_uri_headers(uri: &str) -> (&str, Option<UriHeaders>) {
    // A user part may contain a question mark.
    let user_end = uri.find('@').unwrap_or(0);
    let Some(mark) = uri[user_end..].find('?') else {
        return (uri, Some(Vec::new()));
    };
    let (bare, headers) = (&uri[..user_end + mark], &uri[user_end + mark + 1..]);
    let pairs = headers.split('&').filter(|pair| !pair.is_empty());
    let read = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((unescape_strictly(name)?, unescape_strictly(value)?))
    });
    (bare, read.collect())
}

fn unescape_strictly(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let hex = bytes.get(at + 1..at + 3)?;
            let hex = core::str::from_utf8(hex).ok()?;
            if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            plain.push(u8::from_str_radix(hex, 16).ok()?);
            at += 3;
        } else {
            plain.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(plain).ok()
}

/// Escapes a text for the user part of a URI.
pub(crate) fn escape_user(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _never_fails = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{escape_user, read_uri_headers};

    #[test]
    fn headers_are_split_from_the_uri_and_unescaped() {
        let read = |uri| {
            let (bare, headers) = read_uri_headers(uri);
            (bare, headers.map(|h| format!("{h:?}")))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("sip:a@b"), ("sip:a@b", some("[]")));
        assert_eq!(read("sip:a?b@c"), ("sip:a?b@c", some("[]")));
        assert_eq!(
            read("sip:a@b;x=y?X-A=1%2C%202&User-to-User=5f%3Bencoding%3Dhex&X-B"),
            (
                "sip:a@b;x=y",
                some(r#"[("X-A", "1, 2"), ("User-to-User", "5f;encoding=hex"), ("X-B", "")]"#)
            )
        );
        assert_eq!(read("sip:a@b?X-A=a@b=c").1, some(r#"[("X-A", "a@b=c")]"#));
        for broken in ["%", "%4", "%zz", "%+1", "%ff"] {
            let uri = format!("sip:a@b?X-A={broken}");
            assert_eq!(read_uri_headers(&uri), ("sip:a@b", None), "{broken}");
        }
    }

    #[test]
    fn user_parts_are_escaped() {
        assert_eq!(escape_user("anna.b+1"), "anna.b+1");
        assert_eq!(escape_user("ä @:/?;%"), "%C3%A4%20%40%3A%2F%3F%3B%25");
    }
}
