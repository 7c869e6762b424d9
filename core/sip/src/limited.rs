//! Limits that rejected requests: counted, and reported to the application at most once a minute
//! each.

use core::fmt;

use confab_terms::{Instant, limits};
use serde::{Deserialize, Serialize};

use crate::{Event, Output, UserAgent};

/// Limit on the use of resources by SIP peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Limit {
    /// Connections of all peers.
    Connections,
    /// Connections of one client network.
    ConnectionsOfClient,
    /// Bytes of incomplete messages on connections of class `Stranger`.
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
pub(crate) struct Refusals {
    /// Rejections since the last report.
    untold: u64,
    told: Option<Instant>,
}

impl UserAgent {
    /// Counts a rejection by a limit and reports it if the last report is old enough. `client`: the
    /// rejected peer.
    pub(crate) fn limit(&mut self, now: Instant, limit: Limit, client: impl fmt::Display) {
        self.refused_by_limit += 1;
        let refusals = self.limited.entry(limit).or_default();
        refusals.untold += 1;
        let waits = |told: Instant| told + limits::SIP_LIMIT_NOTICE_EVERY > now;
        if refusals.told.is_some_and(waits) {
            return;
        }
        let count = core::mem::take(&mut refusals.untold);
        refusals.told = Some(now);
        self.outputs.push_back(Output::Event(Event::Limited {
            limit,
            client: client.to_string(),
            count,
        }));
    }
}
