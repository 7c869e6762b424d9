//! What the two sides of offer and answer know and agree on.

use confab_terms::{Codec, IpAddr, OpusLimit, ReceivedTypes, SocketAddr, SrtpKeys};
use serde::{Deserialize, Serialize};

use crate::{OurSrtp, PayloadNumbers};

/// Our side of a session description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// `c=` and `o=`.
    pub address: IpAddr,
    /// `m=audio`; RTCP is one above.
    pub rtp_port: u16,
    /// `o=` session id.
    pub session_id: u64,
    /// `o=` version: up by one with each change (RFC 3264 §8).
    pub version: u64,
    /// Our keys; `None`: media is never encrypted.
    pub srtp: Option<OurSrtp>,
    /// What we speak: in an offer the best first, in an answer theirs is the order.
    pub codecs: Vec<Codec>,
    /// Payload types that the session has bound so far.
    pub numbers: PayloadNumbers,
}

/// A direction, always as seen from our side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// We only send.
    SendOnly,
    /// We only receive.
    RecvOnly,
    /// Neither.
    Inactive,
}

/// What both sides agreed on for the one audio stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// Where it wants RTP.
    pub remote_rtp: SocketAddr,
    /// Where it wants RTCP (`a=rtcp`, else port + 1).
    pub remote_rtcp: SocketAddr,
    /// Both ways.
    pub codec: Codec,
    /// Payload type of voice that we send.
    pub payload_type: u8,
    /// Payload type of digits that we send (RFC 4733).
    pub digits_payload_type: Option<u8>,
    /// Of those.
    pub digits_clock_rate: u32,
    /// Packets that say that nothing is said (RFC 3389), if it sends them.
    pub comfort_noise: Option<u8>,
    /// Payload types that we receive.
    pub received: ReceivedTypes,
    /// Payload types bound in the session by now, for its next offer.
    pub numbers: PayloadNumbers,
    /// Ours.
    pub direction: Direction,
    /// What Opus may cost that it is sent.
    pub opus_limit: OpusLimit,
    /// What it asked for with `a=ptime`; 20 if it did not.
    pub ptime_ms: u16,
    /// What media is encrypted with; `None`: it is clear.
    pub srtp: Option<SrtpKeys>,
}

impl Direction {
    /// The same direction as the other side sees it.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            same => same,
        }
    }

    /// Whether we may send.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether we are to listen.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// Its attribute.
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
