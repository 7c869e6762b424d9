//! Parsed `m=` section, and its interpretation for audio.

use confab_terms::{Codec, OpusLimit, SocketAddr};
use serde::{Deserialize, Serialize};

use crate::{Crypto, Direction, Host, Session, fmtp};

/// `a=rtpmap`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RtpMap {
    /// Payload type of the format.
    pub payload_type: u8,
    /// Encoding name as written; compared without case.
    pub encoding: String,
    /// Clock rate in Hz.
    pub clock_rate: u32,
    /// Number of channels; 1 if absent.
    pub channels: u8,
}

/// `a=rtcp` (RFC 3605).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RtcpAddress {
    /// RTCP port; never 0.
    pub port: u16,
    /// RTCP host, if different from the RTP host.
    pub host: Option<Host>,
}

/// An `m=` section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// `audio`, `video`, …; `-` if the line names none.
    pub kind: String,
    /// 0: rejected section. `None`: invalid port.
    pub port: Option<u16>,
    /// `RTP/AVP`, …; `-` if the line names none.
    pub protocol: String,
    /// Formats as written; empty if the line names none.
    pub formats: Vec<String>,
    /// `c=` of this section.
    pub connection: Option<Host>,
    /// Direction of this section.
    pub direction: Option<Direction>,
    /// Valid maps of formats that the section offers: the first of each.
    pub rtp_maps: Vec<RtpMap>,
    /// `a=fmtp`: payload type, and parameters as written.
    pub fmtp: Vec<(u8, String)>,
    /// `a=ptime`.
    pub ptime_ms: Option<u16>,
    /// `a=rtcp`.
    pub rtcp: Option<RtcpAddress>,
    /// Supported `a=crypto` lines, in their order.
    pub crypto: Vec<Crypto>,
}

impl Media {
    /// Returns encoding name, clock rate and channels of a payload type: by `a=rtpmap`, else by the
    /// static table (RFC 3551).
    pub(crate) fn encoding(&self, payload_type: u8) -> Option<(&str, u32, u8)> {
        let map = self
            .rtp_maps
            .iter()
            .find(|map| map.payload_type == payload_type);
        match (map, payload_type) {
            (Some(map), _) => Some((map.encoding.as_str(), map.clock_rate, map.channels)),
            (None, 0) => Some(("PCMU", 8_000, 1)),
            (None, 8) => Some(("PCMA", 8_000, 1)),
            (None, 9) => Some(("G722", 8_000, 1)),
            (None, 13) => Some(("CN", 8_000, 1)),
            _ => None,
        }
    }

    /// Returns the payload types in the order of preference.
    pub(crate) fn payload_types(&self) -> impl Iterator<Item = u8> {
        self.formats
            .iter()
            .filter_map(|format| format.parse().ok())
            .filter(|payload_type| *payload_type < 128)
    }

    /// Returns the supported codec of a payload type.
    pub(crate) fn codec(&self, payload_type: u8) -> Option<Codec> {
        let (encoding, clock_rate, channels) = self.encoding(payload_type)?;
        Codec::ALL.into_iter().find(|codec| {
            codec.name().eq_ignore_ascii_case(encoding)
                && codec.clock_rate() == clock_rate
                && codec.channels() == channels
        })
    }

    /// Returns the bit rate limit of Opus under this payload type.
    pub(crate) fn opus_limit(&self, payload_type: u8) -> OpusLimit {
        let own = self.fmtp.iter().filter(|(of, _)| *of == payload_type);
        let limits = own.map(|(_, parameters)| fmtp::opus_limit(parameters));
        limits.min().unwrap_or_default()
    }

    /// Returns the payload type and the clock rate of digits. The codec's clock rate is preferred
    /// (RFC 4733 §2.4.1); otherwise 8 kHz is used, which phones offer with any codec.
    pub(crate) fn digits(&self, codec: Codec) -> Option<(u8, u32)> {
        let at = |rate: u32| {
            let mut numbers = self.payload_types();
            let found = numbers.find(|payload_type| self.is_digits(*payload_type, rate));
            found.map(|payload_type| (payload_type, rate))
        };
        at(codec.clock_rate()).or_else(|| at(8_000))
    }

    /// Returns whether the payload type denotes digits at this clock rate.
    pub(crate) fn is_digits(&self, payload_type: u8, rate: u32) -> bool {
        matches!(self.encoding(payload_type), Some((encoding, clock_rate, 1))
            if encoding.eq_ignore_ascii_case("telephone-event") && clock_rate == rate)
    }

    /// Returns the payload type of comfort noise (RFC 3389) for a codec of the same clock rate.
    pub(crate) fn comfort_noise(&self, codec: Codec) -> Option<u8> {
        self.payload_types().find(|payload_type| {
            matches!(self.encoding(*payload_type), Some((encoding, 8_000, 1))
                if encoding.eq_ignore_ascii_case("CN") && codec.clock_rate() == 8_000)
        })
    }

    /// Returns the peer's addresses for RTP and RTCP; `None` without a unicast address.
    pub(crate) fn addresses(&self, session: &Session) -> Option<(SocketAddr, SocketAddr)> {
        let host = self.connection.as_ref().or(session.connection.as_ref())?;
        let address = host.unicast()?;
        let port = self.port?;
        let rtcp = self.rtcp.as_ref();
        let rtcp_port = rtcp.map_or(port.saturating_add(1), |rtcp| rtcp.port);
        // An unusable RTCP host does not prevent the call: RTCP then goes to the media host.
        let rtcp_host = rtcp.and_then(|rtcp| rtcp.host.as_ref()?.unicast());
        Some((
            SocketAddr::new(address, port),
            SocketAddr::new(rtcp_host.unwrap_or(address), rtcp_port),
        ))
    }

    /// Returns the direction as seen from the peer. An address of zeros is a hold in RFC 2543: the
    /// peer receives nothing, so it can only send.
    pub(crate) fn direction(&self, session: &Session) -> Direction {
        let direction = self.direction.or(session.direction).unwrap_or_default();
        let host = self.connection.as_ref().or(session.connection.as_ref());
        let zeros = matches!(host, Some(Host::Address(address)) if address.is_unspecified());
        match direction {
            Direction::SendRecv if zeros => Direction::SendOnly,
            Direction::RecvOnly if zeros => Direction::Inactive,
            direction => direction,
        }
    }
}
