//! What they send: looked for among what came before, authenticated, decrypted, noted.

use core::fmt;

use confab_terms::limits::SRTP_STREAMS_MAX;
use confab_terms::{MasterKey, SrtpSuite};
use serde::{Deserialize, Serialize};

use super::cipher::{Place, Span};
use super::outgoing::rollovers;
use super::packet::{ENCRYPTED, INDEX_BYTES, RTCP_CLEAR, Rtp, rtcp_ssrc};
use super::schedule::Keys;
use super::window::Window;

/// Why a packet is not let in. It was not touched, and nothing of it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Too short, or no RTP or RTCP.
    Malformed,
    /// It came before, or is too old to know.
    Replayed,
    /// Its tag is not what the key makes of it.
    Forged,
    /// SRTCP that is not encrypted: nobody agreed on that.
    Clear,
    /// One stream more than are kept (`limits::SRTP_STREAMS_MAX`).
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

/// All that they send under one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incoming {
    keys: Keys,
    streams: Vec<Stream>,
    /// What came under the key before this one: who goes on with its rollover count goes on from
    /// there.
    before: Vec<Stream>,
}

/// What came of one SSRC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stream {
    ssrc: u32,
    rtp: Window,
    rtcp: Window,
}

impl Incoming {
    /// Nothing came yet.
    #[must_use]
    pub fn new(suite: SrtpSuite, master: MasterKey) -> Self {
        Self {
            keys: Keys::new(suite, master),
            streams: Vec::with_capacity(SRTP_STREAMS_MAX),
            before: Vec::new(),
        }
    }

    /// Another key. A stream that goes on may keep its rollover count, as RFC 3711 §3.3.1 has it,
    /// or begin again at 0, as others do: its first packet tells.
    pub fn change_key(&mut self, suite: SrtpSuite, master: MasterKey) {
        let before = core::mem::take(&mut self.streams);
        *self = Self::new(suite, master);
        self.before = before;
    }

    /// Whether this is the key.
    #[must_use]
    pub fn is_under(&self, suite: SrtpSuite, master: &MasterKey) -> bool {
        (self.keys.suite, &self.keys.master) == (suite, master)
    }

    /// Makes RTP of an SRTP packet, and says how long it is.
    ///
    /// # Errors
    /// It is not let in; then neither it nor anything here has changed.
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

    /// Decrypts it, if this is its place. Else it stays as it is.
    fn opens(&mut self, packet: &mut [u8], span: Span, place: Place) -> bool {
        let rollovers = rollovers(place.index);
        let further: &[u8] = match self.keys.suite {
            SrtpSuite::AeadAes128Gcm => &[],
            SrtpSuite::AesCm128HmacSha1 => &rollovers,
        };
        let cipher = &self.keys.schedule().rtp;
        cipher.open(packet, span, place, further).is_some()
    }

    /// Which it would be if its stream went on counting where it was under the key before.
    fn index_before(&self, rtp: &Rtp) -> Option<u64> {
        let before = self.before.iter().find(|stream| stream.ssrc == rtp.ssrc)?;
        before.rtp.index_of(rtp.sequence)
    }

    /// Makes RTCP of an SRTCP packet, and says how long it is.
    ///
    /// # Errors
    /// It is not let in; then neither it nor anything here has changed.
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, Refused> {
        let ssrc = rtcp_ssrc(packet).ok_or(Refused::Malformed)?;
        let suite = self.keys.suite;
        let tag = suite.tag_bytes();
        let length = packet.len().checked_sub(tag + INDEX_BYTES);
        let length = length.filter(|length| *length >= RTCP_CLEAR);
        let length = length.ok_or(Refused::Malformed)?;
        // With GCM the index stands behind the tag, else before it.
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

    /// What is known of a stream and where; a new one has its place behind the others.
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
