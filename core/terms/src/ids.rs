//! Ids. Ids shown by the API are UUIDs (*sids*), written as a UUID or, in the Twilio dialect, as
//! two letters and 32 hexadecimal digits. Internal ids are counted numbers.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Error as NotASid;
use uuid::Uuid;

/// Properties common to all sids.
pub trait Sid: Copy + fmt::Display + FromStr {
    /// The two letters that denote the kind of the sid.
    const PREFIX: &'static str;

    /// Returns the 128 bits of the sid.
    fn uuid(self) -> Uuid;

    /// Returns the prefix and the bits, such as `CA` and 32 hexadecimal digits for a call.
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
            /// Creates a version 4 UUID from 128 random bits.
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
            /// Parses both spellings; the spellings cannot be confused.
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
    /// Account that owns calls and conferences.
    AccountSid = "AC",
    /// Call.
    CallSid = "CA",
    /// Conference.
    ConferenceSid = "CF",
    /// Recording.
    RecordingSid = "RE",
    /// API key.
    KeySid = "SK",
}

counted! {
    /// Media end of a call in this process.
    LegId,
    /// Audio of a conference.
    RoomId,
    /// One playback of one sound to one leg.
    PlayerId,
    /// Decoded audio that the `sounds` crate serves in chunks.
    SoundId,
    /// Fetched audio, not yet decoded.
    AudioId,
    /// HTTP fetch requested by the core.
    FetchId,
    /// Decoding of audio that the core requested from `sounds`.
    DecodeId,
    /// Request of the REST API to the switchboard.
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
