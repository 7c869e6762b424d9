//! Limits that refused something: counted, and told to the application at most once a minute each.

use core::fmt;

use confab_terms::{Instant, limits};
use serde::{Deserialize, Serialize};

use crate::{Event, Output, UserAgent};

/// A limit on the use of SIP by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Limit {
    /// Connections of all peers.
    Connections,
    /// Connections of one client network.
    ConnectionsOfClient,
    /// Bytes that strangers sent on connections and that are not yet a message.
    UnfinishedBytes,
    /// Datagrams of one client network in a second.
    DatagramsOfClient,
    /// Transactions in all.
    Transactions,
    /// Transactions of one dialog.
    TransactionsOfDialog,
    /// Transactions of one trunk, user or client network.
    TransactionsOfPeer,
    /// Calls of one user at once.
    CallsOfUser,
    /// Calls of one user in a second.
    CallRateOfUser,
    /// Inbound calls of the account in a second.
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

/// Refusals by one limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusals {
    /// Since the application was told.
    untold: u64,
    told: Option<Instant>,
}

impl UserAgent {
    /// Counts a refusal by a limit. `client`: the peer that was refused.
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
