//! Sender of SRTP: packets are counted, encrypted and tagged.

use confab_terms::{MasterKey, SrtpSuite};
use serde::{Deserialize, Serialize};

use super::cipher::{Place, Span};
use super::packet::{ENCRYPTED, INDEX_BYTES, RTCP_CLEAR, Rtp, rtcp_ssrc};
use super::schedule::Keys;
use super::window::Window;

/// Sent stream under one key. A second stream with the same key would break the encryption: no
/// index may be used twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    keys: Keys,
    sent: Window,
    /// Last SRTCP index.
    reports: u32,
}

impl Outgoing {
    /// Creates a sender that has sent no packet.
    #[must_use]
    pub fn new(suite: SrtpSuite, master: MasterKey) -> Self {
        Self {
            keys: Keys::new(suite, master),
            sent: Window::default(),
            reports: 0,
        }
    }

    /// Returns whether the suite and the key are in use.
    #[must_use]
    pub fn is_under(&self, suite: SrtpSuite, master: &MasterKey) -> bool {
        (self.keys.suite, &self.keys.master) == (suite, master)
    }

    /// Returns the number of bytes added to each RTP packet.
    #[must_use]
    pub fn rtp_overhead(&self) -> usize {
        self.keys.suite.tag_bytes()
    }

    /// Returns the number of bytes added to each RTCP packet.
    #[must_use]
    pub fn rtcp_overhead(&self) -> usize {
        self.keys.suite.tag_bytes() + INDEX_BYTES
    }

    /// Encrypts the RTP packet in the first `length` bytes. Returns the length of the SRTP packet.
    ///
    /// Returns `None` if the bytes are not RTP, there is no room, the sequence number was used
    /// before, or the key is used up.
    pub fn protect_rtp(&mut self, packet: &mut [u8], length: usize) -> Option<usize> {
        let rtp = Rtp::read(packet.get(..length)?)?;
        let index = self.sent.index_of(rtp.sequence)?;
        if !self.sent.is_new(index) {
            return None;
        }
        let (ssrc, rollovers) = (rtp.ssrc, rollovers(index));
        let place = Place { ssrc, index };
        let suite = self.keys.suite;
        let further: &[u8] = match suite {
            SrtpSuite::AeadAes128Gcm => &[],
            SrtpSuite::AesCm128HmacSha1 => &rollovers,
        };
        let rtp_cipher = &self.keys.schedule().rtp;
        let span = Span {
            clear: rtp.header,
            length,
            tag: length,
        };
        rtp_cipher.seal(packet, span, place, further)?;
        self.sent.note(index);
        Some(length + suite.tag_bytes())
    }

    /// Encrypts the compound packet in the first `length` bytes. Returns the length of the SRTCP
    /// packet.
    ///
    /// Returns `None` if the bytes are not RTCP, there is no room, or the key is used up.
    pub fn protect_rtcp(&mut self, packet: &mut [u8], length: usize) -> Option<usize> {
        let ssrc = rtcp_ssrc(packet.get(..length)?)?;
        let index = self.reports.checked_add(1).filter(|at| *at < ENCRYPTED)?;
        let place = Place {
            ssrc,
            index: u64::from(index),
        };
        let trailer = (ENCRYPTED | index).to_be_bytes();
        let tag_bytes = self.keys.suite.tag_bytes();
        let whole = length + tag_bytes + INDEX_BYTES;
        let packet = packet.get_mut(..whole)?;
        let (index_at, tag) = match self.keys.suite {
            SrtpSuite::AeadAes128Gcm => (length + tag_bytes, length),
            SrtpSuite::AesCm128HmacSha1 => (length, length + INDEX_BYTES),
        };
        let span = Span {
            clear: RTCP_CLEAR,
            length,
            tag,
        };
        let cipher = &self.keys.schedule().rtcp;
        cipher.seal(packet, span, place, &trailer)?;
        packet[index_at..index_at + INDEX_BYTES].copy_from_slice(&trailer);
        self.reports = index;
        Some(whole)
    }
}

/// Returns the rollover counter in its authenticated form.
#[expect(clippy::cast_possible_truncation, reason = "an index has 48 bits")]
pub(super) fn rollovers(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}
