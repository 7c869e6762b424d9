//! Targets of a name, and their order of attempts (RFC 3263 §4, RFC 2782).

use confab_terms::{SocketAddr, limits};
use serde::{Deserialize, Serialize};

use super::source::canonical;
use crate::message::Transport;

/// Target of a name: an SRV record with the addresses of its host, or the addresses of the name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Priority; lower values first.
    pub priority: u16,
    /// Weight: share of the requests among targets of equal priority.
    pub weight: u16,
    /// Transport, unless the lookup specified one.
    pub transport: Transport,
    /// Addresses, in the order of attempts.
    pub addresses: Vec<SocketAddr>,
    /// TTL of the record in seconds; `None`: unknown.
    pub ttl_s: Option<u32>,
}

impl Target {
    /// Creates a target of one address, without an SRV record.
    #[must_use]
    pub fn plain(address: SocketAddr) -> Self {
        Self {
            priority: 0,
            weight: 0,
            transport: Transport::Udp,
            addresses: vec![address],
            ttl_s: None,
        }
    }

    /// Returns the target with the addresses that the local socket can reach.
    pub(crate) fn usable(&self, v4: bool) -> Option<Self> {
        let addresses = self.addresses.iter().map(|address| canonical(*address));
        let addresses = addresses.filter(|address| address.is_ipv4() == v4 && address.port() != 0);
        let addresses: Vec<SocketAddr> = addresses.collect();
        (!addresses.is_empty()).then(|| Self {
            addresses,
            ..self.clone()
        })
    }
}

/// Returns the targets in the order of attempts for one request: by priority, then at random by
/// weight.
pub(crate) fn in_order(
    targets: &[Target],
    mut dice: impl FnMut() -> u64,
) -> Vec<(Transport, SocketAddr)> {
    let mut left: Vec<&Target> = targets.iter().collect();
    // Weight 0 is sorted first, which gives it a small chance of selection (RFC 2782).
    left.sort_by_key(|target| (target.priority, target.weight));
    let mut ways = Vec::new();
    while let Some(first) = left.first() {
        let rivals = left.iter().take_while(|t| t.priority == first.priority);
        let sums: Vec<u64> = rivals
            .scan(0, |sum, target| {
                *sum += u64::from(target.weight);
                Some(*sum)
            })
            .collect();
        let lot = dice() % (sums.last().copied().unwrap_or(0) + 1);
        let won = sums.iter().position(|sum| *sum >= lot).unwrap_or(0);
        let target = left.remove(won);
        ways.extend(target.addresses.iter().map(|at| (target.transport, *at)));
    }
    ways.truncate(limits::SIP_WAYS_MAX);
    ways
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Target, in_order};
    use crate::Transport;

    fn target(priority: u16, weight: u16, port: u16) -> Target {
        Target {
            priority,
            weight,
            transport: Transport::Udp,
            addresses: vec![([192, 0, 2, 1], port).into()],
            ttl_s: None,
        }
    }

    fn ports(targets: &[Target], lot: u64) -> Vec<u16> {
        let ways = in_order(targets, || lot);
        ways.iter().map(|(_, address)| address.port()).collect()
    }

    #[test]
    fn priorities_come_before_weights() {
        let targets = [target(20, 100, 3), target(10, 0, 1), target(10, 5, 2)];
        assert_eq!(ports(&targets, 0), [1, 2, 3]);
        assert_eq!(ports(&targets, 3), [2, 1, 3]);
    }

    #[test]
    fn weights_are_shares() {
        let targets = [target(1, 10, 1), target(1, 30, 3), target(1, 60, 6)];
        let mut first = BTreeMap::new();
        for lot in 0..101 {
            let all = ports(&targets, lot);
            assert_eq!(all.len(), 3, "each is tried once: {all:?}");
            *first.entry(all[0]).or_insert(0) += 1;
        }
        assert_eq!(first, BTreeMap::from([(1, 11), (3, 30), (6, 60)]));
    }

    #[test]
    fn weights_of_none_are_taken_as_they_come() {
        let targets = [target(1, 0, 1), target(1, 0, 2)];
        assert_eq!(ports(&targets, u64::MAX), [1, 2]);
        assert!(in_order(&[], || 0).is_empty());
    }
}
