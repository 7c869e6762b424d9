//! Ids. What the API shows is a UUID (a *sid*), written as such or, as the other vendor has it,
//! as two letters and 32 hexadecimal digits; what only confab sees is a counted number.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Error as NotASid;
use uuid::Uuid;

/// What all sids have in common.
pub trait Sid: Copy + fmt::Display + FromStr {
    /// The two letters that tell its kind.
    const PREFIX: &'static str;

    /// Its 128 bits.
    fn uuid(self) -> Uuid;

    /// Its kind and its bits: `CA` and 32 hexadecimal digits, for a call.
    fn prefixed(self) -> String {
        format!("{}{}", Self::PREFIX, self.uuid().as_simple())
    }
}

macro_rules! sid {
    ($(#[$doc:meta] $name:ident = $prefix:literal),+ $(,)?) => {$(
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
        impl Sid for $name {
            const PREFIX: &'static str = $prefix;

            fn uuid(self) -> Uuid {
                self.0
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
            /// Either spelling: they cannot be mistaken for each other.
            fn from_str(text: &str) -> Result<Self, NotASid> {
                let digits = text.strip_prefix($prefix).filter(|rest| rest.len() == 32);
                Uuid::try_parse(digits.unwrap_or(text)).map(Self)
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
    AccountSid = "AC",
    /// A call.
    CallSid = "CA",
    /// A conference.
    ConferenceSid = "CF",
    /// A recording.
    RecordingSid = "RE",
    /// An API key.
    KeySid = "SK",
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

#[cfg(test)]
mod tests {
    use super::{AccountSid, CallSid, Sid};

    #[test]
    fn a_sid_is_read_in_either_spelling() {
        let plain = "33333333-3333-4333-8333-3333333333af";
        let prefixed = "CA333333333333433383333333333333af";
        let sid: CallSid = plain.parse().unwrap();
        assert_eq!(prefixed.parse(), Ok(sid));
        assert_eq!(
            (sid.to_string().as_str(), sid.prefixed().as_str()),
            (plain, prefixed)
        );
    }

    #[test]
    fn another_kind_of_sid_is_none() {
        for text in [
            "CA333333333333433383333333333333af",
            "CF333333333333433383333333333333af",
            "AC33333333-3333-4333-8333-3333333333af",
            "ac33333333333343338333333333333333",
            "AC",
            "",
        ] {
            assert!(text.parse::<AccountSid>().is_err(), "{text}");
        }
    }
}
