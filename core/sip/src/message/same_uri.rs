//! Comparison of URIs (RFC 3261 §19.1.4).

use super::lex::{Params, param, unescape};
use super::uri::{Host, SipUri, Uri};

/// Parameters that must be present in both URIs or in neither.
const COUNT: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];

/// Compares two URIs. URIs of other schemes are compared as texts.
pub(crate) fn same_uri(one: &Uri, other: &Uri) -> bool {
    match (one, other) {
        (Uri::Sip(one), Uri::Sip(other)) => {
            one.secure == other.secure
                && user(one) == user(other)
                && same_host(&one.host, &other.host)
                && one.port == other.port
                && one.has_headers == other.has_headers
                && agree(&one.params, &other.params)
                && agree(&other.params, &one.params)
        }
        (Uri::Other { text: one, .. }, Uri::Other { text: other, .. }) => one == other,
        _ => false,
    }
}

/// Returns the unescaped user part; a missing user differs from an empty user.
fn user(uri: &SipUri) -> Option<String> {
    uri.user.as_deref().map(unescape)
}

fn same_host(one: &Host, other: &Host) -> bool {
    match (one, other) {
        (Host::Address(one), Host::Address(other)) => one.to_canonical() == other.to_canonical(),
        (Host::Name(one), Host::Name(other)) => one.eq_ignore_ascii_case(other),
        _ => false,
    }
}

/// Returns true if each parameter of `one` has the same value in `other` or may be missing there.
fn agree(one: &Params, other: &Params) -> bool {
    one.iter().all(|(name, value)| match param(other, name) {
        Some(theirs) => match (value.as_deref(), theirs) {
            (Some(one), Some(other)) => unescape(one).eq_ignore_ascii_case(&unescape(other)),
            (None, None) => true,
            _ => false,
        },
        None => !COUNT.iter().any(|counts| counts.eq_ignore_ascii_case(name)),
    })
}

#[cfg(test)]
mod tests {
    use super::{Uri, same_uri};

    fn same(one: &str, other: &str) -> bool {
        let parse = |text| Uri::parse(text).expect(text);
        let forth = same_uri(&parse(one), &parse(other));
        assert_eq!(forth, same_uri(&parse(other), &parse(one)));
        forth
    }

    #[test]
    fn the_examples_of_the_rfc() {
        for (one, other) in [
            (
                "sip:%61lice@atlanta.com;transport=TCP",
                "sip:alice@AtlanTa.CoM;Transport=tcp",
            ),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            (
                "sip:carol@chicago.com;newparam=5",
                "sip:carol@chicago.com;security=on",
            ),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in [
            (
                "SIP:ALICE@AtLanTa.CoM;Transport=udp",
                "sip:alice@AtLanTa.CoM;Transport=UDP",
            ),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            (
                "sip:bob@biloxi.com",
                "sip:bob@biloxi.com:6000;transport=tcp",
            ),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            (
                "sip:carol@chicago.com;security=off",
                "sip:carol@chicago.com;security=on",
            ),
            ("sip:%00@a.example", "sip:%00%00@a.example"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
