//! Limits of this crate, by name; further limits are in `confab_terms::limits`.

use std::time::Duration;

/// Maximum number of connections beyond the usual limits, for `/healthz` and `/metrics` only.
pub(crate) const PROBES_MAX: usize = 64;
/// Maximum number of probes' connections from an IPv4 address or an IPv6 /64.
pub(crate) const PROBES_OF_ONE_MAX: usize = 4;
/// Maximum lifetime of a probe's connection, TLS handshake included.
pub(crate) const PROBE_WAIT: Duration = Duration::from_secs(2);
