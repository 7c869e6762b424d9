//! Encryption and authentication of one packet by a suite. Packets with a wrong tag are not
//! modified.

use aes::Aes128Enc;
use aes::cipher::KeyInit;
use aes_gcm::aead::AeadInPlace;
use aes_gcm::{Aes128Gcm, Nonce, Tag};
use confab_terms::SrtpSuite;
use hmac::{Hmac, Mac};
use sha1::Sha1;

use super::counter::{add_stream, iv};
use super::packet::{INDEX_BYTES, RTCP_CLEAR};
use super::schedule::Label;

/// Transmitted bytes of HMAC-SHA1.
const MAC_BYTES: usize = 10;
const GCM_TAG_BYTES: usize = 16;

/// Suite with its session keys. Not boxed, since it is created anew in the middle of a call.
#[derive(Clone)]
pub(super) enum Cipher {
    Gcm {
        gcm: Aes128Gcm,
        salt: [u8; 12],
    },
    CounterMode {
        aes: Aes128Enc,
        mac: Hmac<Sha1>,
        salt: [u8; 14],
    },
}

/// Position of a packet, from which the nonce is formed.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) ssrc: u32,
    /// Packet index: 48 bits for SRTP, 31 bits for SRTCP.
    pub(super) index: u64,
}

/// Ranges of a packet.
#[derive(Clone, Copy)]
pub(super) struct Span {
    /// End of the clear bytes.
    pub(super) clear: usize,
    /// End of the encrypted bytes.
    pub(super) length: usize,
    /// Start of the tag.
    pub(super) tag: usize,
}

impl Cipher {
    /// Creates the cipher; `derive` writes the session key of a label.
    pub(super) fn new(suite: SrtpSuite, derive: &dyn Fn(Label, &mut [u8])) -> Self {
        let mut key = [0; 16];
        derive(Label::Cipher, &mut key);
        match suite {
            SrtpSuite::AeadAes128Gcm => {
                let mut salt = [0; 12];
                derive(Label::Salt, &mut salt);
                let gcm = Aes128Gcm::new(&key.into());
                Self::Gcm { gcm, salt }
            }
            SrtpSuite::AesCm128HmacSha1 => {
                let (mut salt, mut tag_key) = ([0; 14], [0; 20]);
                derive(Label::Salt, &mut salt);
                derive(Label::Tag, &mut tag_key);
                // HMAC-SHA1 pads shorter keys with zeros to the block size of SHA-1.
                let mut block = [0; 64];
                block[..20].copy_from_slice(&tag_key);
                let mac = <Hmac<Sha1> as KeyInit>::new(&block.into());
                let aes = Aes128Enc::new(&key.into());
                Self::CounterMode { aes, mac, salt }
            }
        }
    }

    /// Returns the number of bytes of the tag.
    pub(super) fn tag_bytes(&self) -> usize {
        match self {
            Self::Gcm { .. } => GCM_TAG_BYTES,
            Self::CounterMode { .. } => MAC_BYTES,
        }
    }

    /// Encrypts a packet and writes the tag. `further` is authenticated in addition to the packet.
    /// Returns `None` if there is no room.
    pub(super) fn seal(
        &self,
        packet: &mut [u8],
        span: Span,
        place: Place,
        further: &[u8],
    ) -> Option<()> {
        let (head, body, tag) = self.parts(packet, span)?;
        match self {
            Self::Gcm { gcm, salt } => {
                let nonce = nonce(*salt, place);
                let sealed = with_joined(head, further, |all| {
                    gcm.encrypt_in_place_detached(&nonce, all, body).ok()
                });
                tag.copy_from_slice(&sealed?);
            }
            Self::CounterMode { aes, mac, salt } => {
                add_stream(aes, iv(*salt, place.ssrc, place.index), body);
                let mac = mac.clone().chain_update(head).chain_update(body);
                let whole = mac.chain_update(further).finalize().into_bytes();
                tag.copy_from_slice(&whole[..MAC_BYTES]);
            }
        }
        Some(())
    }

    /// Decrypts a packet with a valid tag. Returns `None` for a wrong tag and leaves the packet
    /// unmodified.
    pub(super) fn open(
        &self,
        packet: &mut [u8],
        span: Span,
        place: Place,
        further: &[u8],
    ) -> Option<()> {
        let (head, body, tag) = self.parts(packet, span)?;
        match self {
            Self::Gcm { gcm, salt } => {
                let (nonce, tag) = (nonce(*salt, place), Tag::from_slice(tag));
                with_joined(head, further, |all| {
                    gcm.decrypt_in_place_detached(&nonce, all, body, tag).ok()
                })
            }
            Self::CounterMode { aes, mac, salt } => {
                let mac = mac.clone().chain_update(&*head).chain_update(&*body);
                mac.chain_update(further).verify_truncated_left(tag).ok()?;
                add_stream(aes, iv(*salt, place.ssrc, place.index), body);
                Some(())
            }
        }
    }

    /// Splits a packet into clear bytes, encrypted bytes, and the tag.
    fn parts<'a>(
        &self,
        packet: &'a mut [u8],
        span: Span,
    ) -> Option<(&'a mut [u8], &'a mut [u8], &'a mut [u8])> {
        let (packet, rest) = packet.split_at_mut_checked(span.length)?;
        let (head, body) = packet.split_at_mut_checked(span.clear)?;
        let tag = rest.get_mut(span.tag.checked_sub(span.length)?..)?;
        Some((head, body, tag.get_mut(..self.tag_bytes())?))
    }
}

/// Returns the nonce of RFC 7714 §8.1 and §9.1.
fn nonce(salt: [u8; 12], place: Place) -> Nonce<aes_gcm::aes::cipher::consts::U12> {
    let mut nonce = [0; 12];
    nonce[2..6].copy_from_slice(&place.ssrc.to_be_bytes());
    nonce[6..].copy_from_slice(&place.index.to_be_bytes()[2..]);
    for (byte, salt) in nonce.iter_mut().zip(salt) {
        *byte ^= salt;
    }
    nonce.into()
}

/// Passes the associated data of GCM to `work`: the header for SRTP, the first eight bytes and the
/// index for SRTCP.
fn with_joined<T>(head: &[u8], further: &[u8], work: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
    if further.is_empty() {
        return work(head);
    }
    let mut both = [0; RTCP_CLEAR + INDEX_BYTES];
    both.get_mut(..head.len())?.copy_from_slice(head);
    both.get_mut(head.len()..)?.copy_from_slice(further);
    work(&both)
}

#[cfg(test)]
mod tests;
