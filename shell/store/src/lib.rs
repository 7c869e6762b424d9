//! SQLite: the account, the history of ended calls, conferences and of what went wrong, and rows of
//! live calls and conferences, which the next start closes after a kill. Writers never wait, and
//! reads see at once what was written.

mod account;
mod api_keys;
mod database;
mod dead_letters;
mod history;
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
