//! Terms of encrypted media: policy, cipher suites, keys. Keys never appear in debug output.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Encryption policy for the media of a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Srtp {
    /// Never encrypted: offers that require encryption are rejected.
    Off,
    /// Encrypted if the peer supports it; clear otherwise.
    #[default]
    Prefer,
    /// Always encrypted: offers of clear media are rejected.
    Require,
}

/// Encryption and authentication of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SrtpSuite {
    /// AES-128-GCM (RFC 7714).
    AeadAes128Gcm,
    /// AES counter mode with HMAC-SHA1 (RFC 3711), with a tag of 80 bits.
    AesCm128HmacSha1,
}

/// Master key and master salt (RFC 3711 §3.2.1); the suite determines the number of bytes used.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterKey([u8; MasterKey::BYTES]);

/// Cipher suite and keys of both directions of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SrtpKeys {
    /// Suite of both directions.
    pub suite: SrtpSuite,
    /// Key of sent packets.
    pub ours: MasterKey,
    /// Key of received packets.
    pub theirs: MasterKey,
}

impl Srtp {
    /// Returns the name used in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Prefer => "prefer",
            Self::Require => "require",
        }
    }

    /// Parses a name as returned by `name`.
    #[must_use]
    pub fn of_name(text: &str) -> Option<Self> {
        let all = [Self::Off, Self::Prefer, Self::Require];
        all.into_iter().find(|srtp| srtp.name() == text)
    }
}

impl SrtpSuite {
    /// All suites, preferred first.
    pub const ALL: [Self; 2] = [Self::AeadAes128Gcm, Self::AesCm128HmacSha1];

    /// Returns the name in `a=crypto` (RFC 4568 §6.2, RFC 7714 §14.1).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::AesCm128HmacSha1 => "AES_CM_128_HMAC_SHA1_80",
        }
    }

    /// Returns the number of bytes of the master key and the salt together.
    #[must_use]
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::AeadAes128Gcm => 28,
            Self::AesCm128HmacSha1 => 30,
        }
    }

    /// Returns the number of bytes of the authentication tag of an RTP packet.
    #[must_use]
    pub const fn tag_bytes(self) -> usize {
        match self {
            Self::AeadAes128Gcm => 16,
            Self::AesCm128HmacSha1 => 10,
        }
    }
}

impl MasterKey {
    /// Number of bytes of the longest key and salt.
    pub const BYTES: usize = 30;

    /// Creates a key from a key followed by its salt; bytes beyond those of the suite are ignored.
    #[must_use]
    pub const fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// Creates a key from the bytes of a suite; `None` unless their number is that of the suite.
    #[must_use]
    pub fn of_suite(suite: SrtpSuite, bytes: &[u8]) -> Option<Self> {
        let mut key = [0; Self::BYTES];
        key.get_mut(..bytes.len())?.copy_from_slice(bytes);
        (bytes.len() == suite.key_bytes()).then_some(Self(key))
    }

    /// Returns the bytes that the suite uses: the key, then the salt.
    #[must_use]
    pub fn of(&self, suite: SrtpSuite) -> &[u8] {
        &self.0[..suite.key_bytes()]
    }

    /// Returns a copy with the bytes that the suite does not use set to zero.
    #[must_use]
    pub fn cut(&self, suite: SrtpSuite) -> Self {
        let bytes = suite.key_bytes();
        Self(core::array::from_fn(|at| {
            if at < bytes { self.0[at] } else { 0 }
        }))
    }

    /// Returns the key without the salt.
    #[must_use]
    pub fn key(&self) -> [u8; 16] {
        core::array::from_fn(|at| self.0[at])
    }

    /// Returns the salt for key derivation: 14 bytes; a shorter salt is padded with zeros (RFC 7714
    /// §11).
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
