//! Request methods.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Method, compared case-sensitively (RFC 3261 §7.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Method {
    /// RFC 3261.
    Invite,
    /// RFC 3261.
    Ack,
    /// RFC 3261.
    Bye,
    /// RFC 3261.
    Cancel,
    /// RFC 3261.
    Options,
    /// RFC 6086.
    Info,
    /// RFC 3311.
    Update,
    /// RFC 3262.
    Prack,
    /// RFC 3515; rejected.
    Refer,
    /// RFC 3261.
    Register,
    /// Standard method without support: SUBSCRIBE, NOTIFY, PUBLISH, MESSAGE.
    Foreign(String),
    /// Unknown method.
    Unknown(String),
}

/// Value of `Supported`.
pub(crate) const SUPPORTED: &str = "100rel, replaces, timer";

/// Value of `Allow`.
pub(crate) const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER";

impl Method {
    /// Converts a token to a method.
    pub(crate) fn from_token(token: &str) -> Self {
        match token {
            "INVITE" => Self::Invite,
            "ACK" => Self::Ack,
            "BYE" => Self::Bye,
            "CANCEL" => Self::Cancel,
            "OPTIONS" => Self::Options,
            "INFO" => Self::Info,
            "UPDATE" => Self::Update,
            "PRACK" => Self::Prack,
            "REFER" => Self::Refer,
            "REGISTER" => Self::Register,
            "SUBSCRIBE" | "NOTIFY" | "PUBLISH" | "MESSAGE" => Self::Foreign(token.to_owned()),
            _ => Self::Unknown(token.to_owned()),
        }
    }

    /// Returns the method name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Options => "OPTIONS",
            Self::Info => "INFO",
            Self::Update => "UPDATE",
            Self::Prack => "PRACK",
            Self::Refer => "REFER",
            Self::Register => "REGISTER",
            Self::Foreign(token) | Self::Unknown(token) => token,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
