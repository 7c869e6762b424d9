//! A Rust client for the conference API of confab, SignalWire (Compatibility) and Twilio, in the
//! shape of the vendors' own libraries. It knows the wire, not the server: nothing of confab's is
//! linked.
//!
//! ```no_run
//! # async fn example() -> Result<(), confab_client::Error> {
//! use confab_client::Client;
//!
//! let client = Client::new("http://127.0.0.1:8080", "AccountSid", "AuthToken")?;
//! let participant = client
//!     .conferences("ConferenceSid")
//!     .participants("CallSid")
//!     .update()
//!     .muted(true)
//!     .send()
//!     .await?;
//! assert!(participant.muted);
//! # Ok(())
//! # }
//! ```
//!
//! # The page's six examples
//!
//! Update a participant, changing nothing:
//!
//! ```no_run
//! # async fn example(client: confab_client::Client) -> Result<(), confab_client::Error> {
//! let participant = client
//!     .conferences("ConferenceSid")
//!     .participants("CallSid")
//!     .update()
//!     .send()
//!     .await?;
//! println!("{}", participant.call_sid);
//! # Ok(())
//! # }
//! ```
//!
//! Coach a participant: it alone hears the supervisor.
//!
//! ```no_run
//! # async fn example(client: confab_client::Client) -> Result<(), confab_client::Error> {
//! client
//!     .conferences("ConferenceSid")
//!     .participants("CallSid")
//!     .update()
//!     .muted(false)
//!     .coaching(true)
//!     .beep(false)
//!     .call_sid_to_coach("CallSidToCoach")
//!     .send()
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! Monitor a conference: hear everyone, be heard by nobody.
//!
//! ```no_run
//! # async fn example(client: confab_client::Client) -> Result<(), confab_client::Error> {
//! client
//!     .conferences("ConferenceSid")
//!     .participants("CallSid")
//!     .update()
//!     .muted(true)
//!     .coaching(true)
//!     .beep(false)
//!     .call_sid_to_coach("CallSidToCoach")
//!     .send()
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! Barge into a conference: be heard by everyone.
//!
//! ```no_run
//! # async fn example(client: confab_client::Client) -> Result<(), confab_client::Error> {
//! client
//!     .conferences("ConferenceSid")
//!     .participants("CallSid")
//!     .update()
//!     .muted(false)
//!     .coaching(false)
//!     .call_sid_to_coach("")
//!     .send()
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! Mute a participant:
//!
//! ```no_run
//! # async fn example(client: confab_client::Client) -> Result<(), confab_client::Error> {
//! client
//!     .conferences("ConferenceSid")
//!     .participants("CallSid")
//!     .update()
//!     .muted(true)
//!     .send()
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! Put a participant on hold, with music of your own:
//!
//! ```no_run
//! # async fn example(client: confab_client::Client) -> Result<(), confab_client::Error> {
//! client
//!     .conferences("ConferenceSid")
//!     .participants("CallSid")
//!     .update()
//!     .hold(true)
//!     .hold_url("http://www.your-application.com/hold")
//!     .send()
//!     .await?;
//! # Ok(())
//! # }
//! ```

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
pub use call::{Call, CallAt};
pub use client::{Client, ClientBuilder};
pub use conference::{
    Conference, ConferenceAt, ConferenceList, ConferenceStatus, ConferenceUpdate, Conferences,
};
pub use error::{ApiError, Error};
pub use list::Page;
pub use participant::{Participant, ParticipantAt, ParticipantList, Participants};
pub use update::{Beep, Method, Update, Updated};
