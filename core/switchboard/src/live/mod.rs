//! Live state as plain data: calls, conferences with their rooms, timers, pending requests.

mod asked;
mod call;
mod calls;
mod counters;
mod endings;
mod lookups;
mod names;
mod partings;
mod recordings;
mod room;
mod rooms;
mod threads;
mod timers;

pub(crate) use asked::{Asked, Decoding, Fetching, Role};
pub(crate) use call::{
    Call, CallState, DialWish, Invite, Leg, Outgoing, RecordedWhole, Redirects, Replaces, Seat,
    Times, whole_seconds,
};
pub(crate) use calls::Calls;
pub use counters::{Counters, Leftovers};
pub(crate) use endings::{Ending, Endings};
pub(crate) use lookups::{Lookups, Purpose};
pub(crate) use names::Names;
pub(crate) use partings::{Parting, Partings};
pub(crate) use recordings::{Recording, Recordings};
pub(crate) use room::{Ask, RecordingFile, Room, Verdict, Waiting};
pub(crate) use rooms::Rooms;
pub(crate) use threads::Threads;
pub(crate) use timers::{Timer, Timers};
