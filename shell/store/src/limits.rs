//! Limits of this crate that are not in `confab_terms::limits`.

use std::time::Duration;

/// Maximum number of connections that read single entries.
pub(crate) const POINT_READERS: u32 = 4;
/// Maximum number of connections for lists with an index for all filters.
pub(crate) const LIST_READERS: u32 = 4;
/// Maximum number of connections for lists whose filters are checked row by row.
pub(crate) const SEARCH_READERS: u32 = 2;
/// Maximum wait of a list for a connection; 429 afterwards.
pub(crate) const LIST_WAIT: Duration = Duration::from_secs(2);
/// Maximum time of one list in SQLite; 429 afterwards.
pub(crate) const LIST_TIME: Duration = Duration::from_secs(2);
/// Maximum number of rows that one transaction of the retention deletes.
pub(crate) const PRUNE_BATCH: u32 = 200;
/// Pause between two transactions of the retention.
pub(crate) const PRUNE_PAUSE: Duration = Duration::from_millis(50);
/// Time between two rounds of the retention.
pub(crate) const PRUNE_INTERVAL: Duration = Duration::from_secs(3_600);
/// Minimum time between the beginnings of two transactions of the writer.
pub(crate) const WRITE_INTERVAL: Duration = Duration::from_millis(50);
/// Numbers of rows of one insertion, in descending order: each is a prepared statement.
pub(crate) const INSERT_ROWS: [usize; 4] = [64, 16, 4, 1];
/// Instructions of SQLite between two checks of the deadline: some tens of microseconds.
pub(crate) const LIST_STEPS: i32 = 1_000;
