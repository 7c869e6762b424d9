//! Live state as plain data: calls, conferences with their rooms, timers, pending requests.

mod call;
mod calls;
mod counters;
mod ended_calls;
mod id_generator;
mod lookups;
mod pending_conference_ends;
mod pending_requests;
mod recordings;
mod room;
mod rooms;
mod thread_loads;
mod timers;

pub(crate) use call::{
    Call, CallRecording, CallState, DialSettings, Invite, Leg, Outgoing, Redirects, Replaces, Seat,
    Times, whole_seconds,
};
pub(crate) use calls::Calls;
pub use counters::{Counters, Leftovers};
pub(crate) use ended_calls::{EndedCall, EndedCalls};
pub(crate) use id_generator::IdGenerator;
pub(crate) use lookups::{Lookups, Purpose};
pub(crate) use pending_conference_ends::{PendingConferenceEnd, PendingConferenceEnds};
pub(crate) use pending_requests::{DecodeOwner, DocumentRole, FetchOwner, PendingRequests};
pub(crate) use recordings::{Recording, Recordings};
pub(crate) use room::{AudibilityRequest, Comparison, PendingReply, RecordingFile, Room};
pub(crate) use rooms::Rooms;
pub(crate) use thread_loads::ThreadLoads;
pub(crate) use timers::{Timer, Timers};
