//! Receiver of SRTP: packets are checked against the replay window, authenticated, decrypted and
//! noted.

use core::fmt;

use confab_terms::limits::SRTP_STREAMS_MAX;
use confab_terms::{MasterKey, SrtpSuite};
use serde::{Deserialize, Serialize};

use super::cipher::{Place, Span};
use super::outgoing::rollovers;
use super::packet::{ENCRYPTED, INDEX_BYTES, RTCP_CLEAR, Rtp, rtcp_ssrc};
use super::schedule::Keys;
use super::window::Window;

/// Reasons for which a packet is rejected. A rejected packet changes neither its bytes nor the
/// state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The packet is too short, or neither RTP nor RTCP.
    Malformed,
    /// The packet was received before, or is older than the replay window.
    Replayed,
    /// The authentication tag does not match the key.
    Forged,
    /// The SRTCP packet is not encrypted, which was not agreed.
    Clear,
    /// The limit of streams (`limits::SRTP_STREAMS_MAX`) is reached.
    TooMany,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "neither SRTP nor SRTCP",
            Self::Replayed => "came before, or too late",
            Self::Forged => "its tag is not its key's",
            Self::Clear => "an SRTCP packet that is not encrypted",
            Self::TooMany => "one stream too many",
        })
    }
}

impl core::error::Error for Refused {}

/// State of all streams received under one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incoming {
    keys: Keys,
    streams: Vec<Stream>,
    /// Streams received under the previous key, for senders that continue its rollover count.
    before: Vec<Stream>,
}

/// Replay windows of one SSRC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stream {
    ssrc: u32,
    rtp: Window,
    rtcp: Window,
}

impl Incoming {
    /// Creates a receiver without streams.
    #[must_use]
    pub fn new(suite: SrtpSuite, master: MasterKey) -> Self {
        Self {
            keys: Keys::new(suite, master),
            streams: Vec::with_capacity(SRTP_STREAMS_MAX),
            before: Vec::new(),
        }
    }

    /// Changes the key. A stream may continue its rollover count (RFC 3711 §3.3.1) or restart at 0,
    /// as some phones do. The first packet under the new key decides.
    pub fn change_key(&mut self, suite: SrtpSuite, master: MasterKey) {
        let before = core::mem::take(&mut self.streams);
        *self = Self::new(suite, master);
        self.before = before;
    }

    /// Returns whether the suite and the key are in use.
    #[must_use]
    pub fn is_under(&self, suite: SrtpSuite, master: &MasterKey) -> bool {
        (self.keys.suite, &self.keys.master) == (suite, master)
    }

    /// Decrypts an SRTP packet to RTP in place. Returns the length of the RTP packet.
    ///
    /// # Errors
    ///
    /// Returns the reason of the rejection; the packet and the state are then unchanged.
    pub fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<usize, Refused> {
        let rtp = Rtp::read(packet).ok_or(Refused::Malformed)?;
        let suite = self.keys.suite;
        let length = packet.len().checked_sub(suite.tag_bytes());
        let length = length.filter(|length| *length >= rtp.header);
        let length = length.ok_or(Refused::Malformed)?;
        let (at, mut stream) = self.stream(rtp.ssrc)?;
        let index = stream.rtp.index_of(rtp.sequence);
        let index = index.filter(|index| stream.rtp.is_new(*index));
        let index = index.ok_or(Refused::Replayed)?;
        let span = Span {
            clear: rtp.header,
            length,
            tag: length,
        };
        let ssrc = rtp.ssrc;
        let goes_on = (at == self.streams.len()).then(|| self.index_before(&rtp));
        let mut indices = [Some(index), goes_on.flatten()].into_iter().flatten();
        let index = indices.find(|&index| self.opens(packet, span, Place { ssrc, index }));
        stream.rtp.note(index.ok_or(Refused::Forged)?);
        self.keep(at, stream);
        Ok(length)
    }

    /// Decrypts the packet if the position is right; leaves the packet unmodified otherwise.
    fn opens(&mut self, packet: &mut [u8], span: Span, place: Place) -> bool {
        let rollovers = rollovers(place.index);
        let further: &[u8] = match self.keys.suite {
            SrtpSuite::AeadAes128Gcm => &[],
            SrtpSuite::AesCm128HmacSha1 => &rollovers,
        };
        let cipher = &self.keys.schedule().rtp;
        cipher.open(packet, span, place, further).is_some()
    }

    /// Returns the index of the packet if the stream continued its rollover count of the previous
    /// key.
    fn index_before(&self, rtp: &Rtp) -> Option<u64> {
        let before = self.before.iter().find(|stream| stream.ssrc == rtp.ssrc)?;
        before.rtp.index_of(rtp.sequence)
    }

    /// Decrypts an SRTCP packet to RTCP in place. Returns the length of the RTCP packet.
    ///
    /// # Errors
    ///
    /// Returns the reason of the rejection; the packet and the state are then unchanged.
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, Refused> {
        let ssrc = rtcp_ssrc(packet).ok_or(Refused::Malformed)?;
        let suite = self.keys.suite;
        let tag = suite.tag_bytes();
        let length = packet.len().checked_sub(tag + INDEX_BYTES);
        let length = length.filter(|length| *length >= RTCP_CLEAR);
        let length = length.ok_or(Refused::Malformed)?;
        // The index follows the tag with GCM and precedes the tag with HMAC.
        let (index_at, tag) = match suite {
            SrtpSuite::AeadAes128Gcm => (length + tag, length),
            SrtpSuite::AesCm128HmacSha1 => (length, length + INDEX_BYTES),
        };
        let trailer = packet.get(index_at..).and_then(<[u8]>::first_chunk);
        let trailer: [u8; INDEX_BYTES] = *trailer.ok_or(Refused::Malformed)?;
        let word = u32::from_be_bytes(trailer);
        if word & ENCRYPTED == 0 {
            return Err(Refused::Clear);
        }
        let index = u64::from(word & !ENCRYPTED);
        let (at, mut stream) = self.stream(ssrc)?;
        if !stream.rtcp.is_new(index) {
            return Err(Refused::Replayed);
        }
        let place = Place { ssrc, index };
        let span = Span {
            clear: RTCP_CLEAR,
            length,
            tag,
        };
        let opened = self
            .keys
            .schedule()
            .rtcp
            .open(packet, span, place, &trailer);
        opened.ok_or(Refused::Forged)?;
        stream.rtcp.note(index);
        self.keep(at, stream);
        Ok(length)
    }

    /// Returns the index and the state of a stream; a new stream gets the index after the others.
    fn stream(&self, ssrc: u32) -> Result<(usize, Stream), Refused> {
        let known = self.streams.iter().position(|stream| stream.ssrc == ssrc);
        match known {
            Some(at) => Ok((at, self.streams[at])),
            None if self.streams.len() >= SRTP_STREAMS_MAX => Err(Refused::TooMany),
            None => {
                let (rtp, rtcp) = (Window::default(), Window::default());
                Ok((self.streams.len(), Stream { ssrc, rtp, rtcp }))
            }
        }
    }

    fn keep(&mut self, at: usize, stream: Stream) {
        match self.streams.get_mut(at) {
            Some(known) => *known = stream,
            None => self.streams.push(stream),
        }
    }
}
