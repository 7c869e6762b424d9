//! SQLite store: the account, and the history of ended calls, conferences and errors. Rows of live
//! calls and conferences are closed at the start after a kill. Writers never block, and reads
//! return entries as soon as they are kept.

mod account;
mod api_keys;
mod database;
mod dead_letters;
mod entries;
mod history;
mod insert;
mod key_file;
mod limits;
mod list;
mod lists;
mod open;
mod outage;
mod outbox;
mod outbox_queue;
mod pending;
mod pending_rows;
mod readers;
mod recordings;
mod registrations;
mod retention;
mod rows;
mod schema;
mod sqlite;
mod statements;
mod write;

pub use account::{Account, FreshAccount, Given, TokenHash};
pub use api_keys::{ApiKey, KeySecret};
pub use dead_letters::{DeadLetter, DeadLetters, DeathReason};
pub use history::{
    CallFilter, ConferenceFilter, Entry, KeptNotice, NoticeFilter, Order, Part, Place,
    RecordingFilter, Store, StoreError, Stored, TimeRange,
};
pub use open::{OpenError, open};
pub use outbox::{Outbox, OutboxEvent, OutboxRow};
pub use registrations::StoredRegistration;
pub use sqlite::SqliteStore;
