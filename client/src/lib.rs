//! Rust client for the conference API of confab, and of the two vendors with the same API.
#![doc = include_str!("../README.md")]

mod account;
mod audibility;
mod call;
mod client;
mod conference;
mod error;
mod list;
mod participant;
mod tls;
mod update;
mod wire;

pub use account::Account;
pub use audibility::{Audibility, Heard, Listener};
pub use call::{Call, CallAt, CallList, CallUpdate, Calls};
pub use client::{Client, ClientBuilder};
pub use conference::{
    Conference, ConferenceAt, ConferenceList, ConferenceStatus, ConferenceUpdate, Conferences,
};
pub use error::{ApiError, Error};
pub use list::Page;
pub use participant::{Participant, ParticipantAt, ParticipantList, Participants};
pub use update::{Beep, Method, Update, Updated};
