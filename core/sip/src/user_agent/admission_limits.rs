//! Limits on transactions, calls and datagrams of peers, and their reports.

use core::fmt;

use confab_terms::{ClientNetwork, Instant, IpAddr, limits};

use super::UserAgent;
use super::output::{Event, Output};
use crate::auth::Peer;
use crate::ids::DialogId;
use crate::limits::{CallLimits, Limit, QuotaOwner};
use crate::transport::Source;

impl UserAgent {
    /// Counts a rejection by a limit and reports it if the last report is old enough. `client`: the
    /// rejected peer.
    pub(crate) fn limit(&mut self, now: Instant, limit: Limit, client: impl fmt::Display) {
        self.refused_by_limit += 1;
        let Some(count) = self.limit_reports.entry(limit).or_default().reject(now) else {
            return;
        };
        self.outputs.push_back(Output::Event(Event::Limited {
            limit,
            client: client.to_string(),
            count,
        }));
    }

    /// Sets the limits on inbound calls.
    pub fn limit_calls(&mut self, limits: CallLimits) {
        self.call_limits = limits;
    }

    /// Returns the peer that a request outside of a dialog is counted for.
    pub(crate) fn holder(&self, peer: &Peer, source: Source) -> QuotaOwner {
        let trunk = self.access.of_caller(peer, source.address);
        match (peer, trunk) {
            (Peer::User { user, .. }, _) => QuotaOwner::User(user.clone()),
            (_, Some(trunk)) => QuotaOwner::Trunk(trunk.name.clone()),
            _ => QuotaOwner::Network(ClientNetwork::of(source.address.ip())),
        }
    }

    /// Returns the peer that a request within a dialog is counted for.
    pub(crate) fn holder_in(&self, dialog: DialogId, source: Source) -> QuotaOwner {
        match self.dialogs.get(&dialog) {
            Some(known) => self.holder(&known.peer, source),
            None => QuotaOwner::Network(ClientNetwork::of(source.address.ip())),
        }
    }

    /// Returns true if the limits allow another transaction of this peer. One eighth of the table
    /// is reserved for trunks and outbound requests.
    pub(crate) fn has_room_for(
        &mut self,
        now: Instant,
        dialog: Option<DialogId>,
        holder: &QuotaOwner,
    ) -> bool {
        let all = self.servers.len() + self.clients.len();
        let reserved = match holder {
            QuotaOwner::Trunk(_) => 0,
            QuotaOwner::User(_) | QuotaOwner::Network(_) => limits::SIP_TRANSACTIONS_MAX / 8,
        };
        let full = all >= limits::SIP_TRANSACTIONS_MAX - reserved;
        let exceeded = match full {
            true => Some(Limit::Transactions),
            false => self.quotas.exceeded(dialog, holder),
        };
        if let Some(limit) = exceeded {
            self.limit(now, limit, holder);
        }
        exceeded.is_none()
    }

    /// Counts an inbound call. Returns the limit that rejects the call as an error.
    pub(crate) fn admit_call(&mut self, now: Instant, holder: &QuotaOwner) -> Result<(), Limit> {
        let admitted = self.quotas.admit_call(now, self.call_limits, holder);
        if let Err(limit) = admitted {
            self.limit(now, limit, holder);
        }
        admitted
    }

    /// Returns true if a datagram from this address may be processed; always true for trunks.
    pub(crate) fn within_rate(&mut self, now: Instant, from: IpAddr) -> bool {
        let network = ClientNetwork::of(from);
        let is_read = self.access.is_of_trunk(from) || self.datagram_rate.take(now, network);
        if !is_read {
            self.limit(now, Limit::DatagramsOfClient, network);
        }
        is_read
    }
}
