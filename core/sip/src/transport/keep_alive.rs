//! Flows behind NAT that get keep-alives, with their users and deadlines.

use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{Instant, SocketAddr, limits};
use serde::{Deserialize, Serialize};

use crate::ids::DialogId;

/// Dialog or user that uses a flow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum FlowUser {
    Dialog(DialogId),
    /// Registered user, by name.
    User(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeptFlow {
    due: Instant,
    users: BTreeSet<FlowUser>,
}

/// Flows that get keep-alives.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct KeptFlows {
    flows: BTreeMap<SocketAddr, KeptFlow>,
    due: BTreeSet<(Instant, SocketAddr)>,
}

impl KeptFlows {
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    pub(crate) fn len(&self) -> usize {
        self.flows.len()
    }

    fn insert(&mut self, flow: SocketAddr, kept: KeptFlow) {
        self.due.insert((kept.due, flow));
        self.flows.insert(flow, kept);
    }

    fn remove(&mut self, flow: SocketAddr) -> Option<KeptFlow> {
        let kept = self.flows.remove(&flow)?;
        self.due.remove(&(kept.due, flow));
        Some(kept)
    }

    /// Returns true if the flow gets keep-alives already.
    pub(crate) fn contains(&self, flow: SocketAddr) -> bool {
        self.flows.contains_key(&flow)
    }

    /// Adds a user of a flow. `due`: first keep-alive of a new flow.
    pub(crate) fn add(&mut self, flow: SocketAddr, user: FlowUser, due: Instant) {
        if let Some(kept) = self.flows.get_mut(&flow) {
            kept.users.insert(user);
        } else if self.len() < limits::SIP_FLOWS_MAX {
            let users = BTreeSet::from([user]);
            self.insert(flow, KeptFlow { due, users });
        }
    }

    /// Removes and returns the first flow that is due, with its users.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<(SocketAddr, BTreeSet<FlowUser>)> {
        let (at, flow) = *self.due.first()?;
        if at > now {
            return None;
        }
        self.remove(flow).map(|kept| (flow, kept.users))
    }

    /// Puts back a flow after its keep-alive.
    pub(crate) fn put_back(&mut self, flow: SocketAddr, users: BTreeSet<FlowUser>, due: Instant) {
        self.insert(flow, KeptFlow { due, users });
    }

    pub(crate) fn release(&mut self, flow: SocketAddr, user: &FlowUser) {
        let Some(kept) = self.flows.get_mut(&flow) else {
            return;
        };
        kept.users.remove(user);
        if kept.users.is_empty() {
            self.remove(flow);
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use confab_terms::Instant;

    use super::{FlowUser, KeptFlows};
    use crate::ids::DialogId;

    #[test]
    fn a_flow_gets_keep_alives_until_its_last_user_is_released() {
        let (mut kept, flow) = (KeptFlows::default(), ([192, 0, 2, 1], 5060).into());
        let start = Instant::default();
        let due = start + Duration::from_secs(20);
        let users = [FlowUser::Dialog(DialogId(1)), FlowUser::User("anna".into())];
        for user in &users {
            kept.add(flow, user.clone(), due);
        }
        assert_eq!(kept.next_deadline(), Some(due));
        assert_eq!(kept.take_due(start), None);
        let (found, of) = kept.take_due(due).expect("a flow that is due");
        assert_eq!((found, of.len()), (flow, 2));
        kept.put_back(flow, of, due + Duration::from_secs(20));
        kept.release(flow, &users[0]);
        assert!(kept.contains(flow));
        kept.release(flow, &users[1]);
        assert_eq!((kept.len(), kept.next_deadline()), (0, None));
    }
}
