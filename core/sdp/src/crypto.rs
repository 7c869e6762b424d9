//! `a=crypto` (RFC 4568): supported lines of the peer, and local lines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use confab_terms::{MasterKey, SrtpKeys, SrtpSuite};
use serde::{Deserialize, Serialize};

use crate::{Media, NotAcceptable};

/// Supported `a=crypto` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crypto {
    /// Tag of the line within its `m=` section.
    pub tag: u32,
    /// Cipher suite.
    pub suite: SrtpSuite,
    /// Key of packets sent by the owner of the line.
    pub key: MasterKey,
}

/// Local keys, one per suite, new ones for each agreement (see `SrtpKeys`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OurSrtp {
    /// True if clear media is rejected.
    pub required: bool,
    /// Key for AEAD_AES_128_GCM.
    pub gcm: MasterKey,
    /// Key for AES_CM_128_HMAC_SHA1_80.
    pub counter_mode: MasterKey,
}

impl OurSrtp {
    /// Returns the local key for this suite.
    #[must_use]
    pub fn key(&self, suite: SrtpSuite) -> MasterKey {
        match suite {
            SrtpSuite::AeadAes128Gcm => self.gcm.cut(suite),
            SrtpSuite::AesCm128HmacSha1 => self.counter_mode.cut(suite),
        }
    }
}

/// Transport of an `m=` line with clear media (RFC 3551).
pub(crate) const CLEAR: &str = "RTP/AVP";
/// Transport of an `m=` line with encrypted media (RFC 3711 §12). With `a=crypto` lines, media over
/// `RTP/AVP` may be encrypted, too (RFC 8643).
pub(crate) const SECURE: &str = "RTP/SAVP";

/// Returns the agreed keys of a section of the peer, by the first supported line; `None` for clear
/// media.
pub(crate) fn agreed(
    media: &Media,
    ours: Option<&OurSrtp>,
) -> Result<Option<SrtpKeys>, NotAcceptable> {
    let secure = media.protocol.eq_ignore_ascii_case(SECURE);
    if !secure && !media.protocol.eq_ignore_ascii_case(CLEAR) {
        return Err(NotAcceptable::NotRtpAvp);
    }
    match (ours, media.crypto.first()) {
        (None, _) if secure => Err(NotAcceptable::NotClear),
        (None, _) => Ok(None),
        (Some(ours), Some(theirs)) => Ok(Some(SrtpKeys {
            suite: theirs.suite,
            ours: ours.key(theirs.suite),
            theirs: theirs.key,
        })),
        (Some(_), None) if secure => Err(NotAcceptable::NoSuite),
        (Some(ours), None) if ours.required => Err(NotAcceptable::NotSecure),
        (Some(_), None) => Ok(None),
    }
}

/// Returns the transport and the `a=crypto` lines of a local offer.
pub(crate) fn offered(ours: Option<&OurSrtp>) -> (&'static str, Vec<Crypto>) {
    let Some(ours) = ours else {
        return (CLEAR, Vec::new());
    };
    let line = |suite| Crypto {
        tag: tag_in_offer(suite),
        suite,
        key: ours.key(suite),
    };
    let protocol = if ours.required { SECURE } else { CLEAR };
    (protocol, SrtpSuite::ALL.map(line).to_vec())
}

/// Returns the tag of a suite, the same in each local offer.
pub(crate) fn tag_in_offer(suite: SrtpSuite) -> u32 {
    match suite {
        SrtpSuite::AeadAes128Gcm => 1,
        SrtpSuite::AesCm128HmacSha1 => 2,
    }
}

/// Parses `1 AES_CM_128_HMAC_SHA1_80 inline:key|lifetime|MKI:length params`. Returns `None` for an
/// unsupported line: another suite, several keys, an MKI, or a parameter that changes encryption,
/// authentication or key derivation.
pub(crate) fn read(value: &str) -> Option<Crypto> {
    let mut words = value.split_ascii_whitespace();
    let (tag, suite, key) = (words.next()?, words.next()?, words.next()?);
    let is_tag = tag.len() <= 9 && tag.bytes().all(|byte| byte.is_ascii_digit());
    let tag = tag.parse().ok().filter(|_| is_tag)?;
    let mut suites = SrtpSuite::ALL.into_iter();
    let suite = suites.find(|known| known.name().eq_ignore_ascii_case(suite))?;
    if !words.all(is_harmless) {
        return None;
    }
    let (method, key) = key.split_once(':')?;
    let mut parts = key.split('|');
    let text = parts.next()?.trim_end_matches('=');
    // At most a lifetime is permitted, which the peer observes. An MKI contains a colon.
    let is_lifetime = |text: &str| !text.is_empty() && !text.contains([':', ';']);
    if !method.eq_ignore_ascii_case("inline") || parts.clone().count() > 1 {
        return None;
    }
    if !parts.all(is_lifetime) {
        return None;
    }
    let mut bytes = [0; MasterKey::BYTES + 3];
    let length = STANDARD_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    let key = MasterKey::of_suite(suite, bytes.get(..length)?)?;
    Some(Crypto { tag, suite, key })
}

/// Returns whether a session parameter may be ignored: a hint, or a parameter marked as optional
/// (§6.3.7).
fn is_harmless(param: &str) -> bool {
    param.starts_with('-')
        || param
            .get(..4)
            .is_some_and(|p| p.eq_ignore_ascii_case("WSH="))
}

pub(crate) fn write(text: &mut String, crypto: &Crypto) {
    let Crypto { tag, suite, key } = crypto;
    let name = suite.name();
    let key = base64::engine::general_purpose::STANDARD.encode(key.of(*suite));
    text.push_str(&format!("a=crypto:{tag} {name} inline:{key}\r\n"));
}

#[cfg(test)]
mod tests {
    use super::{Crypto, read, write};
    use confab_terms::{MasterKey, SrtpSuite};

    const KEY: &str = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    const GCM_KEY: &str = "inline:AAECAwQFBgcICQoLDA0OD6ChoqOkpaanqKmqqw";

    #[test]
    fn parses_supported_crypto_attributes() {
        for (line, tag, suite) in [
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20|1:4"), 0, None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|1:4"), 0, None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY};{KEY}"), 0, None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20|x"), 0, None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|"), 0, None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}A"), 0, None),
            (format!("1 AES_CM_128_HMAC_SHA1_32 {KEY}"), 0, None),
            (format!("1 AEAD_AES_128_GCM {KEY}"), 0, None),
            (format!("x AES_CM_128_HMAC_SHA1_80 {KEY}"), 0, None),
            (format!("+1 AES_CM_128_HMAC_SHA1_80 {KEY}"), 0, None),
            ("1 AES_CM_128_HMAC_SHA1_80".to_owned(), 0, None),
            (
                format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} UNENCRYPTED_SRTCP"),
                0,
                None,
            ),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} KDR=1"), 0, None),
            (
                format!("7 AES_CM_128_HMAC_SHA1_80 {KEY}|2^31 WSH=128 -x=1"),
                7,
                Some(SrtpSuite::AesCm128HmacSha1),
            ),
            (
                format!("002 aes_cm_128_hmac_sha1_80 {KEY}"),
                2,
                Some(SrtpSuite::AesCm128HmacSha1),
            ),
            (
                format!("3 AEAD_AES_128_GCM {GCM_KEY}=="),
                3,
                Some(SrtpSuite::AeadAes128Gcm),
            ),
            (
                format!("3 AEAD_AES_128_GCM {GCM_KEY}|1048576"),
                3,
                Some(SrtpSuite::AeadAes128Gcm),
            ),
        ] {
            let read = read(&line);
            let found = read.map(|crypto| (crypto.tag, crypto.suite));
            assert_eq!(found, suite.map(|suite| (tag, suite)), "{line}");
        }
    }

    #[test]
    fn crypto_attributes_round_trip() {
        for suite in SrtpSuite::ALL {
            let bytes: Vec<u8> = (100..).take(suite.key_bytes()).collect();
            let key = MasterKey::of_suite(suite, &bytes).unwrap();
            let crypto = Crypto { tag: 5, suite, key };
            let mut text = String::new();
            write(&mut text, &crypto);
            let value = text.trim_end().strip_prefix("a=crypto:").unwrap();
            assert_eq!(read(value), Some(crypto), "{text}");
        }
    }
}
