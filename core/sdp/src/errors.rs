//! Faults of a description: of its text, or of the media that it describes.

use thiserror::Error;

/// Text that is not a session description.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {what}")]
pub struct Malformed {
    /// Line number, from 1.
    pub line: usize,
    /// Description of the fault.
    pub what: &'static str,
}

/// Reason why a valid session description is not usable (SIP: 488).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotAcceptable {
    /// No `m=audio` section that is not rejected.
    #[error("no audio stream: expected m=audio over RTP/AVP")]
    NoAudio,
    /// An `m=audio` section has an invalid port.
    #[error("invalid port in m=audio: expected 1 to 65535")]
    NoPort,
    /// All audio streams use another transport: DTLS, feedback profiles, or no RTP.
    #[error("unsupported transport of m=audio: expected RTP/AVP or RTP/SAVP")]
    NotRtpAvp,
    /// The media is encrypted, but SRTP is off.
    #[error(
        "encrypted audio, but SRTP is off: expected m=audio over RTP/AVP, or srtp = \"prefer\""
    )]
    NotClear,
    /// The media is clear, but SRTP is required.
    #[error("clear audio, but SRTP is required: expected m=audio over RTP/SAVP with a=crypto")]
    NotSecure,
    /// No `a=crypto` line is supported.
    #[error(
        "no supported a=crypto: expected AES_CM_128_HMAC_SHA1_80 or AEAD_AES_128_GCM with one key, \
         no MKI, everything encrypted and authenticated"
    )]
    NoSuite,
    /// No codec is supported.
    #[error("no supported codec: expected PCMU/8000 or PCMA/8000")]
    NoCodec,
    /// The address in `c=` is missing, invalid, an unresolved name, or a multicast group.
    #[error("no address to send to: expected c=IN IP4 or c=IN IP6 with a unicast address")]
    NoAddress,
}

/// Reason why an offer or answer is rejected, for a 488 and its Warning header.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The text is not a session description.
    #[error("invalid SDP: {0}")]
    Malformed(#[from] Malformed),
    /// No media is usable.
    #[error(transparent)]
    NotAcceptable(#[from] NotAcceptable),
    /// The host name of `c=` has no address.
    #[error("host name {0:?} in c= has no usable address: expected an IP address")]
    UnknownHost(String),
}

impl Rejection {
    /// Returns the warn-code of a Warning header (RFC 3261 §20.43); the text is `to_string()`.
    #[must_use]
    pub fn warning_code(&self) -> u16 {
        match self {
            Self::NotAcceptable(
                NotAcceptable::NotRtpAvp | NotAcceptable::NotClear | NotAcceptable::NotSecure,
            ) => 302,
            Self::NotAcceptable(NotAcceptable::NoAudio) => 304,
            Self::NotAcceptable(NotAcceptable::NoCodec) => 305,
            Self::Malformed(_) | Self::NotAcceptable(_) | Self::UnknownHost(_) => 399,
        }
    }
}
