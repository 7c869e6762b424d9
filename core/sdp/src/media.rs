//! One `m=` section as it was read, and what it means for audio.

use confab_terms::{Codec, OpusLimit, SocketAddr};
use serde::{Deserialize, Serialize};

use crate::{Crypto, Direction, Host, Session, fmtp};

/// `a=rtpmap`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RtpMap {
    /// Which format.
    pub payload_type: u8,
    /// As written; compared without case.
    pub encoding: String,
    /// Hertz.
    pub clock_rate: u32,
    /// 1 if absent.
    pub channels: u8,
}

/// `a=rtcp` (RFC 3605).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RtcpAddress {
    /// RTCP port; never 0.
    pub port: u16,
    /// RTCP host, if another than that of RTP.
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
    /// As written; empty if the line names none.
    pub formats: Vec<String>,
    /// `c=` of this section.
    pub connection: Option<Host>,
    /// Direction of this section.
    pub direction: Option<Direction>,
    /// Valid maps of formats that the section offers: the first of each.
    pub rtp_maps: Vec<RtpMap>,
    /// `a=fmtp`: of which payload type, and its parameters as written.
    pub fmtp: Vec<(u8, String)>,
    /// `a=ptime`.
    pub ptime_ms: Option<u16>,
    /// `a=rtcp`.
    pub rtcp: Option<RtcpAddress>,
    /// `a=crypto`, as far as we can keep to it, in its order.
    pub crypto: Vec<Crypto>,
}

impl Media {
    /// The encoding of a payload type: by `a=rtpmap`, else the static table (RFC 3551).
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

    /// The payload types in the order of preference.
    pub(crate) fn payload_types(&self) -> impl Iterator<Item = u8> {
        self.formats
            .iter()
            .filter_map(|format| format.parse().ok())
            .filter(|payload_type| *payload_type < 128)
    }

    /// Our codec behind a payload type, if it is one.
    pub(crate) fn codec(&self, payload_type: u8) -> Option<Codec> {
        let (encoding, clock_rate, channels) = self.encoding(payload_type)?;
        Codec::ALL.into_iter().find(|codec| {
            codec.name().eq_ignore_ascii_case(encoding)
                && codec.clock_rate() == clock_rate
                && codec.channels() == channels
        })
    }

    /// What Opus under this payload type may cost.
    pub(crate) fn opus_limit(&self, payload_type: u8) -> OpusLimit {
        let own = self.fmtp.iter().filter(|(of, _)| *of == payload_type);
        let limits = own.map(|(_, parameters)| fmtp::opus_limit(parameters));
        limits.min().unwrap_or_default()
    }

    /// The payload type of digits at the codec's clock rate (RFC 4733 §2.4.1), else at 8 kHz,
    /// which phones offer with whatever codec; and that rate.
    pub(crate) fn digits(&self, codec: Codec) -> Option<(u8, u32)> {
        let at = |rate: u32| {
            let mut numbers = self.payload_types();
            let found = numbers.find(|payload_type| self.is_digits(*payload_type, rate));
            found.map(|payload_type| (payload_type, rate))
        };
        at(codec.clock_rate()).or_else(|| at(8_000))
    }

    /// Returns whether the payload type stands for digits at this clock rate.
    pub(crate) fn is_digits(&self, payload_type: u8, rate: u32) -> bool {
        matches!(self.encoding(payload_type), Some((encoding, clock_rate, 1))
            if encoding.eq_ignore_ascii_case("telephone-event") && clock_rate == rate)
    }

    /// The payload type of comfort noise (RFC 3389) for codecs of its clock.
    pub(crate) fn comfort_noise(&self, codec: Codec) -> Option<u8> {
        self.payload_types().find(|payload_type| {
            matches!(self.encoding(*payload_type), Some((encoding, 8_000, 1))
                if encoding.eq_ignore_ascii_case("CN") && codec.clock_rate() == 8_000)
        })
    }

    /// Where it wants RTP and RTCP; `None` without a unicast address.
    pub(crate) fn addresses(&self, session: &Session) -> Option<(SocketAddr, SocketAddr)> {
        let host = self.connection.as_ref().or(session.connection.as_ref())?;
        let address = host.unicast()?;
        let port = self.port?;
        let rtcp = self.rtcp.as_ref();
        let rtcp_port = rtcp.map_or(port.saturating_add(1), |rtcp| rtcp.port);
        // A host that cannot be used costs reports, not the call.
        let rtcp_host = rtcp.and_then(|rtcp| rtcp.host.as_ref()?.unicast());
        Some((
            SocketAddr::new(address, port),
            SocketAddr::new(rtcp_host.unwrap_or(address), rtcp_port),
        ))
    }

    /// Its direction as its sender sees it. An address of zeros is how RFC 2543 put on hold:
    /// it takes nothing, so at most it sends.
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
