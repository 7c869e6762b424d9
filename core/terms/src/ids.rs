//! Ids. What the API shows is a UUID (a *sid*); what only confab sees is a counted number.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Error as NotASid;
use uuid::Uuid;

macro_rules! sid {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A version 4 UUID out of 128 random bits.
            #[must_use]
            pub fn from_random(bits: u128) -> Self {
                Self(uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.as_hyphenated(), f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }
        impl FromStr for $name {
            type Err = NotASid;
            fn from_str(text: &str) -> Result<Self, NotASid> {
                Uuid::try_parse(text).map(Self)
            }
        }
    )+};
}

macro_rules! counted {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )+};
}

sid! {
    /// The account that owns calls and conferences.
    AccountSid,
    /// A call.
    CallSid,
    /// A conference.
    ConferenceSid,
}

counted! {
    /// A call's media end in our process.
    LegId,
    /// The audio of a conference.
    RoomId,
    /// One playing of one sound to one leg.
    PlayerId,
    /// Decoded audio that the `sounds` crate can serve in chunks.
    SoundId,
    /// Fetched audio, not decoded yet.
    AudioId,
    /// A question that the core asked the web.
    FetchId,
    /// A question that the core asked `sounds`.
    DecodeId,
    /// A question that the REST API asked the switchboard.
    RequestId,
}
