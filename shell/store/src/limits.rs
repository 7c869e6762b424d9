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
/// Instructions of SQLite between two looks at the clock: some tens of microseconds.
pub(crate) const LIST_STEPS: i32 = 1_000;
