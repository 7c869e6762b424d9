//! OPTIONS requests that keep the NAT bindings of calls and registrations open.

use core::time::Duration;
use std::collections::BTreeSet;

use confab_terms::{Instant, SocketAddr, limits};

use super::UserAgent;
use crate::dialog::Dialog;
use crate::ids::{DialogId, TransactionId};
use crate::message::{Method, RequestOut};
use crate::timers::Timer;
use crate::transport::{FlowUser, Hop, Source};

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
            self.keep(now, flow, FlowUser::Dialog(id));
        }
    }

    /// Registers a user for the flows of all contacts behind NAT.
    pub(crate) fn keep_user(&mut self, now: Instant, user: &str) {
        let bindings = self.registrar.bindings(now, user).into_iter();
        let flows: Vec<SocketAddr> = bindings.filter_map(|b| b.flow.kept(&b.uri)).collect();
        for flow in flows {
            self.keep(now, flow, FlowUser::User(user.to_owned()));
        }
    }

    /// Releases the flow of a dialog that is about to be removed.
    pub(crate) fn release_dialog(&mut self, id: DialogId) {
        let flow = self.dialogs.get(&id).and_then(Dialog::kept_flow);
        if let Some(flow) = flow {
            self.kept.release(flow, &FlowUser::Dialog(id));
        }
    }

    fn keep(&mut self, now: Instant, flow: SocketAddr, user: FlowUser) {
        // A random number is drawn for a new flow only.
        let due = if self.kept.contains(flow) || self.kept.len() >= limits::SIP_FLOWS_MAX {
            now
        } else {
            self.next_keep_alive(now)
        };
        self.kept.add(flow, user, due);
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
        while let Some((flow, users)) = self.kept.take_due(now) {
            let still = |user: &FlowUser| self.target_of(now, user, flow).is_some();
            let users: BTreeSet<FlowUser> = users.into_iter().filter(still).collect();
            let first = users.first();
            let Some(target) = first.and_then(|user| self.target_of(now, user, flow)) else {
                continue;
            };
            let due = self.next_keep_alive(now);
            self.kept.put_back(flow, users, due);
            self.send_keep_alive(now, flow, target);
        }
    }

    /// Returns the Contact URI of a user on this flow; `None` if the user no longer uses the flow.
    fn target_of(&self, now: Instant, user: &FlowUser, flow: SocketAddr) -> Option<String> {
        match user {
            FlowUser::Dialog(id) => {
                let known = self.dialogs.get(id)?;
                (known.kept_flow() == Some(flow)).then(|| known.target.clone())
            }
            FlowUser::User(user) => {
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
        let request = RequestOut {
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
