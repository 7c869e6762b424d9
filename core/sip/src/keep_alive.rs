//! Keep-alives: OPTIONS at intervals on each flow behind NAT that a call or a registration uses.
//! The traffic keeps the NAT binding open.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{Instant, SocketAddr, limits};
use serde::{Deserialize, Serialize};

use crate::dialog::Dialog;
use crate::hop::{Hop, Source};
use crate::message::{Method, Outgoing};
use crate::timers::{Timer, TransactionId};
use crate::{DialogId, UserAgent};

/// Dialog or user that uses a flow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Holder {
    Dialog(DialogId),
    /// Registered user, by name.
    User(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    due: Instant,
    holders: BTreeSet<Holder>,
}

/// Flows that get keep-alives.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct KeptFlows {
    flows: BTreeMap<SocketAddr, Kept>,
    due: BTreeSet<(Instant, SocketAddr)>,
}

impl KeptFlows {
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    pub(crate) fn len(&self) -> usize {
        self.flows.len()
    }

    fn insert(&mut self, flow: SocketAddr, kept: Kept) {
        self.due.insert((kept.due, flow));
        self.flows.insert(flow, kept);
    }

    fn remove(&mut self, flow: SocketAddr) -> Option<Kept> {
        let kept = self.flows.remove(&flow)?;
        self.due.remove(&(kept.due, flow));
        Some(kept)
    }

    fn release(&mut self, flow: SocketAddr, holder: &Holder) {
        let Some(kept) = self.flows.get_mut(&flow) else {
            return;
        };
        kept.holders.remove(holder);
        if kept.holders.is_empty() {
            self.remove(flow);
        }
    }
}

impl UserAgent {
    /// Returns the number of flows that get keep-alives.
    #[must_use]
    pub fn kept_flows(&self) -> usize {
        self.kept.len()
    }

    /// Registers a dialog as user of its flow, if the peer is behind NAT.
    pub(crate) fn keep_dialog(&mut self, now: Instant, id: DialogId) {
        let flow = self.dialogs.get(&id).and_then(Dialog::kept_flow);
        if let Some(flow) = flow {
            self.keep(now, flow, Holder::Dialog(id));
        }
    }

    /// Registers a user for the flows of all contacts behind NAT.
    pub(crate) fn keep_user(&mut self, now: Instant, user: &str) {
        let bindings = self.registrar.bindings(now, user).into_iter();
        let flows: Vec<SocketAddr> = bindings.filter_map(|b| b.flow.kept(&b.uri)).collect();
        for flow in flows {
            self.keep(now, flow, Holder::User(user.to_owned()));
        }
    }

    /// Releases the flow of a dialog that is about to be removed.
    pub(crate) fn release_dialog(&mut self, id: DialogId) {
        let flow = self.dialogs.get(&id).and_then(Dialog::kept_flow);
        if let Some(flow) = flow {
            self.kept.release(flow, &Holder::Dialog(id));
        }
    }

    fn keep(&mut self, now: Instant, flow: SocketAddr, holder: Holder) {
        if let Some(kept) = self.kept.flows.get_mut(&flow) {
            kept.holders.insert(holder);
        } else if self.kept.len() < limits::SIP_FLOWS_MAX {
            let due = self.next_keep_alive(now);
            let holders = BTreeSet::from([holder]);
            self.kept.insert(flow, Kept { due, holders });
        }
    }

    /// Returns the time of the next keep-alive: the interval less a random part, so that phones
    /// that registered together do not stay synchronized.
    fn next_keep_alive(&mut self, now: Instant) -> Instant {
        let spread_ms = limits::SIP_KEEP_ALIVE_SPREAD.as_millis() as u64;
        let less = Duration::from_millis(self.random_number() % spread_ms);
        now + (limits::SIP_KEEP_ALIVE - less)
    }

    /// Sends all keep-alives that are due.
    pub(crate) fn handle_keep_alive_deadline(&mut self, now: Instant) {
        while let Some((at, flow)) = self.kept.due.first().copied()
            && at <= now
        {
            let Some(mut kept) = self.kept.remove(flow) else {
                return;
            };
            let holders = core::mem::take(&mut kept.holders);
            let still = |holder: &Holder| self.target_of(now, holder, flow).is_some();
            kept.holders = holders.into_iter().filter(still).collect();
            let first = kept.holders.first();
            let Some(target) = first.and_then(|holder| self.target_of(now, holder, flow)) else {
                continue;
            };
            kept.due = self.next_keep_alive(now);
            self.kept.insert(flow, kept);
            self.send_keep_alive(now, flow, target);
        }
    }

    /// Returns the Contact URI of a holder on this flow; `None` if the holder no longer uses the
    /// flow.
    fn target_of(&self, now: Instant, holder: &Holder, flow: SocketAddr) -> Option<String> {
        match holder {
            Holder::Dialog(id) => {
                let known = self.dialogs.get(id)?;
                (known.kept_flow() == Some(flow)).then(|| known.target.clone())
            }
            Holder::User(user) => {
                let bindings = self.registrar.bindings(now, user).into_iter();
                let mut on_it = bindings.filter(|b| b.flow.kept(&b.uri) == Some(flow));
                on_it.next().map(|binding| binding.uri.clone())
            }
        }
    }

    /// Sends an OPTIONS outside of any dialog, so that no response affects a call. Any response
    /// keeps the NAT binding open; without a response, the OPTIONS is retransmitted for
    /// `SIP_KEEP_ALIVE_PATIENCE`.
    fn send_keep_alive(&mut self, now: Instant, flow: SocketAddr, target: String) {
        if !self.has_room() {
            return;
        }
        let client = TransactionId(self.next_number());
        let nobody = DialogId(self.next_number());
        let tag = self.tag();
        let from = format!("<sip:{}>;tag={tag}", self.config.address);
        let request = Outgoing {
            method: Method::Options,
            to: format!("<{target}>"),
            uri: target,
            branch: self.branch(),
            from,
            call_id: format!("{}{}", self.tag(), self.tag()),
            cseq: 1,
            routes: Vec::new(),
            headers: vec![("Accept".into(), "application/sdp".into())],
            sdp: Vec::new(),
        };
        let to = Hop::back(Source::datagram(flow));
        self.begin_client(now, client, request, to, nobody);
        let patience = limits::SIP_KEEP_ALIVE_PATIENCE;
        self.timers.set(Timer::F(client), now + patience);
    }
}
