//! Every limit of this crate, by name, beside those of `confab_terms::limits`.

use std::time::Duration;

/// Connections beyond the usual limits, for `/healthz` and `/metrics` alone.
pub(crate) const PROBES_MAX: usize = 64;
/// Such connections from one address, or one IPv6 /64.
pub(crate) const PROBES_OF_ONE_MAX: usize = 4;
/// Time that such a connection lives at most, TLS handshake included.
pub(crate) const PROBE_WAIT: Duration = Duration::from_secs(2);
