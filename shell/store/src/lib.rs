//! SQLite: the account, and the history of ended calls, conferences and of what went wrong.
//! Nothing live is kept here; who writes never waits, and reads see at once what was written.

mod account;
mod api_keys;
mod database;
mod history;
mod key_file;
mod open;
mod outage;
mod pending;
mod recordings;
mod sqlite;
mod statements;
mod write;

pub use account::{Account, FreshAccount, Given, TokenHash};
pub use api_keys::{ApiKey, KeySecret};
pub use history::{
    CallFilter, ConferenceFilter, Entry, KeptNotice, NoticeFilter, Order, Part, Place,
    RecordingFilter, Store, StoreError, Stored, TimeRange,
};
pub use open::{OpenError, open};
pub use sqlite::SqliteStore;
