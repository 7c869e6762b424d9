//! Every limit of this crate, by name, beside those of `confab_terms::limits`.

use std::time::Duration;

/// Connections that read single entries.
pub(crate) const POINT_READERS: u32 = 4;
/// Connections that read lists with an index for all of their filters.
pub(crate) const LIST_READERS: u32 = 4;
/// Connections that read lists whose filters are checked row by row.
pub(crate) const SEARCH_READERS: u32 = 2;
/// Time for which a list waits for a connection; then 429.
pub(crate) const LIST_WAIT: Duration = Duration::from_secs(2);
/// Time that SQLite may spend on one list; then 429.
pub(crate) const LIST_TIME: Duration = Duration::from_secs(2);
/// Rows of one table that one transaction deletes because of their age.
pub(crate) const PRUNE_BATCH: u32 = 200;
/// Pause between two such transactions.
pub(crate) const PRUNE_PAUSE: Duration = Duration::from_millis(50);
/// Time between two searches for entries that are too old.
pub(crate) const PRUNE_INTERVAL: Duration = Duration::from_secs(3_600);
/// Instructions of SQLite between two looks at the clock: some tens of microseconds.
pub(crate) const LIST_STEPS: i32 = 1_000;
