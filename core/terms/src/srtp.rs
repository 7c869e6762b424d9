//! Words of encrypted media: who wants it, by which suite, with which keys. A key is never shown.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Whether media to and from somebody is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Srtp {
    /// Never: who insists on it is refused.
    Off,
    /// If they can; clear otherwise.
    #[default]
    Prefer,
    /// Always: who offers it clear is refused.
    Require,
}

/// How packets are encrypted and authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SrtpSuite {
    /// RFC 7714.
    AeadAes128Gcm,
    /// RFC 3711, with a tag of 80 bits.
    AesCm128HmacSha1,
}

/// A master key and its salt (RFC 3711 §3.2.1): as much of it as the suite takes.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterKey([u8; MasterKey::BYTES]);

/// What both sides of a leg encrypt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SrtpKeys {
    /// Both ways.
    pub suite: SrtpSuite,
    /// What we send is encrypted with it.
    pub ours: MasterKey,
    /// What they send is.
    pub theirs: MasterKey,
}

impl Srtp {
    /// As it is configured.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Prefer => "prefer",
            Self::Require => "require",
        }
    }

    /// Reads what `name` writes.
    #[must_use]
    pub fn of_name(text: &str) -> Option<Self> {
        let all = [Self::Off, Self::Prefer, Self::Require];
        all.into_iter().find(|srtp| srtp.name() == text)
    }
}

impl SrtpSuite {
    /// All of them, the best first.
    pub const ALL: [Self; 2] = [Self::AeadAes128Gcm, Self::AesCm128HmacSha1];

    /// As `a=crypto` says it (RFC 4568 §6.2, RFC 7714 §14.1).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::AesCm128HmacSha1 => "AES_CM_128_HMAC_SHA1_80",
        }
    }

    /// Bytes of its master key and salt together.
    #[must_use]
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::AeadAes128Gcm => 28,
            Self::AesCm128HmacSha1 => 30,
        }
    }

    /// Bytes that it adds to an RTP packet.
    #[must_use]
    pub const fn tag_bytes(self) -> usize {
        match self {
            Self::AeadAes128Gcm => 16,
            Self::AesCm128HmacSha1 => 10,
        }
    }
}

impl MasterKey {
    /// As many as the longest takes.
    pub const BYTES: usize = 30;

    /// A key followed by its salt; what the suite does not take is not looked at.
    #[must_use]
    pub const fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// Of bytes that are as many as the suite takes, and no others.
    #[must_use]
    pub fn of_suite(suite: SrtpSuite, bytes: &[u8]) -> Option<Self> {
        let mut key = [0; Self::BYTES];
        key.get_mut(..bytes.len())?.copy_from_slice(bytes);
        (bytes.len() == suite.key_bytes()).then_some(Self(key))
    }

    /// What the suite takes of it: the key and then the salt.
    #[must_use]
    pub fn of(&self, suite: SrtpSuite) -> &[u8] {
        &self.0[..suite.key_bytes()]
    }

    /// As much as the suite takes, and zeros.
    #[must_use]
    pub fn cut(&self, suite: SrtpSuite) -> Self {
        let bytes = suite.key_bytes();
        Self(core::array::from_fn(|at| {
            if at < bytes { self.0[at] } else { 0 }
        }))
    }

    /// The key alone.
    #[must_use]
    pub fn key(&self) -> [u8; 16] {
        core::array::from_fn(|at| self.0[at])
    }

    /// The salt as the key derivation takes it: 14 bytes, a shorter one followed by zeros
    /// (RFC 7714 §11).
    #[must_use]
    pub fn salt(&self, suite: SrtpSuite) -> [u8; 14] {
        let bytes = suite.key_bytes();
        core::array::from_fn(|at| if 16 + at < bytes { self.0[16 + at] } else { 0 })
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::{MasterKey, SrtpKeys, SrtpSuite};

    #[test]
    fn a_key_is_never_shown() {
        let key = MasterKey::new([0xab; 30]);
        let keys = SrtpKeys {
            suite: SrtpSuite::AeadAes128Gcm,
            ours: key,
            theirs: key,
        };
        let shown = format!("{keys:?} {keys:#?} {key:?}");
        assert!(!shown.contains("171") && !shown.to_lowercase().contains("ab, "));
        assert!(shown.contains("MasterKey(…)"));
    }

    #[test]
    fn a_key_is_as_long_as_its_suite_says() {
        for suite in SrtpSuite::ALL {
            for bytes in 0..64 {
                let key = MasterKey::of_suite(suite, &vec![7; bytes]);
                assert_eq!(
                    key.is_some(),
                    bytes == suite.key_bytes(),
                    "{suite:?} {bytes}"
                );
            }
        }
        let salt = MasterKey::new([9; 30]).salt(SrtpSuite::AeadAes128Gcm);
        assert_eq!(salt, [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0]);
    }
}
