//! Hashes of digest authentication by algorithm.

use core::fmt::Write;

use md5::Md5;
use sha2::{Digest, Sha256};

/// Hash algorithm (RFC 8760 §2.1); the stronger first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Algorithm {
    Sha256,
    Md5,
}

impl Algorithm {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "SHA-256" => Some(Self::Sha256),
            "MD5" => Some(Self::Md5),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    fn sum(self, text: &str) -> String {
        match self {
            Self::Sha256 => hex(&Sha256::digest(text)),
            Self::Md5 => hex(&Md5::digest(text)),
        }
    }
}

/// Input of a digest response.
pub(crate) struct DigestInput<'a> {
    pub(crate) user: &'a str,
    pub(crate) realm: &'a str,
    pub(crate) password: &'a str,
    pub(crate) method: &'a str,
    pub(crate) uri: &'a str,
    pub(crate) nonce: &'a str,
    /// `nc` and `cnonce` of `qop=auth`; `None`: no `qop` (RFC 2069).
    pub(crate) counted: Option<(&'a str, &'a str)>,
}

/// Computes the digest response (RFC 7616 §3.4.1).
pub(crate) fn response(algorithm: Algorithm, parts: &DigestInput<'_>) -> String {
    let DigestInput {
        user,
        realm,
        password,
        method,
        uri,
        nonce,
        counted,
    } = parts;
    let who = algorithm.sum(&format!("{user}:{realm}:{password}"));
    let what = algorithm.sum(&format!("{method}:{uri}"));
    match counted {
        Some((nc, cnonce)) => algorithm.sum(&format!("{who}:{nonce}:{nc}:{cnonce}:auth:{what}")),
        None => algorithm.sum(&format!("{who}:{nonce}:{what}")),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Compares two texts in a time that does not depend on the position of a difference.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let differ = one.bytes().zip(other.bytes());
    one.len() == other.len() && differ.fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests;
