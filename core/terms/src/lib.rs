//! The words that every room of confab shares: ids, time, methods, codecs, limits.
//! No behaviour beyond printing and parsing a word, but the back-off of logins, which SIP and REST
//! share; nothing here touches the operating system.

mod audio;
mod cidr;
mod client_network;
mod ids;
mod keys;
pub mod limits;
mod logins;
mod payload_types;
mod srtp;
mod time;
mod words;

pub use audio::{Audibility, Codec, Digit, OpusLimit, Rate, Voice};
pub use cidr::{Cidr, NotACidr};
pub use client_network::ClientNetwork;
pub use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
pub use ids::{
    AccountSid, AudioId, CallSid, ConferenceSid, DecodeId, FetchId, KeySid, LegId, PlayerId,
    RecordingSid, RequestId, RoomId, Sid, SoundId,
};
pub use keys::DigitString;
pub use logins::{FreeFailures, LoginBackOff};
pub use payload_types::{PayloadTypes, ReceivedTypes};
pub use srtp::{MasterKey, Srtp, SrtpKeys, SrtpSuite};
pub use time::{Instant, Now, WallTime};
pub use words::{Method, PauseBehavior, Track};
