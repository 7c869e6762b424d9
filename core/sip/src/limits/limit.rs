//! Limits that reject requests, and the count of rejections since the last report.

use core::fmt;

use confab_terms::{Instant, limits};
use serde::{Deserialize, Serialize};

/// Limit on the use of resources by SIP peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Limit {
    /// Connections of all peers.
    Connections,
    /// Connections of one client network.
    ConnectionsOfClient,
    /// Bytes of incomplete messages on connections of class `Unauthenticated`.
    UnfinishedBytes,
    /// Datagrams of one client network per second.
    DatagramsOfClient,
    /// Total number of transactions.
    Transactions,
    /// Transactions of one dialog.
    TransactionsOfDialog,
    /// Transactions of one trunk, user or client network.
    TransactionsOfPeer,
    /// Simultaneous calls of one user.
    CallsOfUser,
    /// Calls of one user per second.
    CallRateOfUser,
    /// Inbound calls of the account per second.
    CallRate,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connections => "SIP connections",
            Self::ConnectionsOfClient => "SIP connections of one client network",
            Self::UnfinishedBytes => "bytes of unfinished SIP messages",
            Self::DatagramsOfClient => "SIP datagrams of one client network in a second",
            Self::Transactions => "SIP transactions",
            Self::TransactionsOfDialog => "SIP transactions of one dialog",
            Self::TransactionsOfPeer => "SIP transactions of one peer",
            Self::CallsOfUser => "calls of one SIP user (CONFAB_USER_CALLS)",
            Self::CallRateOfUser => {
                "calls of one SIP user in a second (CONFAB_USER_CALLS_PER_SECOND)"
            }
            Self::CallRate => {
                "inbound calls of the account in a second (CONFAB_ACCOUNT_CALLS_PER_SECOND)"
            }
        })
    }
}

/// Rejections by one limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LimitReport {
    /// Rejections since the last report.
    unreported: u64,
    reported_at: Option<Instant>,
}

impl LimitReport {
    /// Counts a rejection. Returns the number of unreported rejections if the last report is old
    /// enough.
    pub(crate) fn reject(&mut self, now: Instant) -> Option<u64> {
        self.unreported += 1;
        let waits = |reported_at: Instant| reported_at + limits::SIP_LIMIT_NOTICE_EVERY > now;
        if self.reported_at.is_some_and(waits) {
            return None;
        }
        self.reported_at = Some(now);
        Some(core::mem::take(&mut self.unreported))
    }
}

#[cfg(test)]
mod tests {
    use confab_terms::{Instant, limits};

    use super::LimitReport;

    #[test]
    fn reports_rejections_once_per_interval_with_their_number() {
        let mut report = LimitReport::default();
        let start = Instant::default();
        assert_eq!(report.reject(start), Some(1));
        assert_eq!(report.reject(start), None);
        assert_eq!(report.reject(start), None);
        let later = start + limits::SIP_LIMIT_NOTICE_EVERY;
        assert_eq!(report.reject(later), Some(3));
    }
}
