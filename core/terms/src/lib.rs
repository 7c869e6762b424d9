//! Terms that all crates of confab share: ids, time, methods, codecs, limits. The crate only prints
//! and parses terms, except for the back-off of logins, which SIP and REST share. Nothing here uses
//! the operating system.

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
