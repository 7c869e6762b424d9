//! What can be wrong with a description: its text, or what it asks for.

use thiserror::Error;

/// The text is not a session description.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {what}")]
pub struct Malformed {
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// It is a session description, but not one that we can take part in (SIP: 488).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotAcceptable {
    /// No `m=audio` that is not refused.
    #[error("no audio stream; m=audio over RTP/AVP would do")]
    NoAudio,
    /// Every audio stream is encrypted, or not RTP at all.
    #[error("no audio stream over plain RTP; m=audio over RTP/AVP would do")]
    NotRtpAvp,
    /// None of our codecs.
    #[error("no codec of ours; PCMU/8000 or PCMA/8000 would do")]
    NoCodec,
    /// `c=` is missing, a name, or a multicast group.
    #[error("no address to send to; c=IN IP4 or c=IN IP6 with a unicast address would do")]
    NoAddress,
}
