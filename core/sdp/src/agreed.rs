//! Input and result of offer and answer.

use confab_terms::{Codec, IpAddr, OpusLimit, ReceivedTypes, SocketAddr, SrtpKeys};
use serde::{Deserialize, Serialize};

use crate::{OurSrtp, PayloadNumbers};

/// Local parameters of a session description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// Address in `c=` and `o=`.
    pub address: IpAddr,
    /// Port in `m=audio`; RTCP uses the next port.
    pub rtp_port: u16,
    /// Session id in `o=`.
    pub session_id: u64,
    /// Version in `o=`: incremented with each change (RFC 3264 §8).
    pub version: u64,
    /// Local SRTP keys; `None` if SRTP is off.
    pub srtp: Option<OurSrtp>,
    /// Supported codecs. In an offer, the best first; in an answer, the peer's order counts.
    pub codecs: Vec<Codec>,
    /// Payload types that the session has bound so far.
    pub numbers: PayloadNumbers,
}

/// Direction of media as seen from the local side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Send and receive.
    #[default]
    SendRecv,
    /// Send only.
    SendOnly,
    /// Receive only.
    RecvOnly,
    /// Neither send nor receive.
    Inactive,
}

/// Agreed parameters of the audio stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// Peer's address for RTP.
    pub remote_rtp: SocketAddr,
    /// Peer's address for RTCP (`a=rtcp`, else port + 1).
    pub remote_rtcp: SocketAddr,
    /// Codec of both directions.
    pub codec: Codec,
    /// Payload type of sent voice.
    pub payload_type: u8,
    /// Payload type of sent digits (RFC 4733).
    pub digits_payload_type: Option<u8>,
    /// Clock rate of sent digits in Hz.
    pub digits_clock_rate: u32,
    /// Payload type of received comfort noise (RFC 3389), if the peer may send any.
    pub comfort_noise: Option<u8>,
    /// Payload types that the peer may send.
    pub received: ReceivedTypes,
    /// Payload types bound in the session so far, for its next local offer.
    pub numbers: PayloadNumbers,
    /// Direction as seen from the local side.
    pub direction: Direction,
    /// Limit of the bit rate of sent Opus.
    pub opus_limit: OpusLimit,
    /// Packet time in ms that the peer requested with `a=ptime`; 20 by default.
    pub ptime_ms: u16,
    /// SRTP keys; `None` for clear media.
    pub srtp: Option<SrtpKeys>,
}

impl Direction {
    /// Returns the direction as seen from the peer.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            same => same,
        }
    }

    /// Returns whether the local side may send.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Returns whether the local side receives.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// Returns the name of the attribute.
    #[must_use]
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}
