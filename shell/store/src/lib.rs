//! SQLite: the account, and the history of ended calls and conferences.
