//! Rate limit for datagrams of each client network. Datagrams above the rate are dropped before
//! parsing, so that the kernel's receive buffer does not fill up in a flood.

use std::collections::BTreeMap;

use confab_terms::{ClientNetwork, Instant, limits};
use serde::{Deserialize, Serialize};

use super::bucket::Bucket;

/// Token buckets of the client networks that sent datagrams recently.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DatagramRate {
    networks: BTreeMap<ClientNetwork, Bucket>,
    /// Earliest time of the next search for full buckets.
    tidy_at: Instant,
    /// Bucket shared by all networks without a place in the table.
    others: Bucket,
}

impl DatagramRate {
    pub(crate) fn take(&mut self, now: Instant, from: ClientNetwork) -> bool {
        let is_new = !self.networks.contains_key(&from);
        if is_new && self.networks.len() >= limits::SIP_PACED_MAX && self.tidy_at <= now {
            self.tidy_at = now + limits::SIP_DATAGRAMS_OF_CLIENT_BURST;
            self.networks.retain(|_, bucket| !bucket.is_full(now));
        }
        let bucket = match is_new && self.networks.len() >= limits::SIP_PACED_MAX {
            true => &mut self.others,
            false => self.networks.entry(from).or_default(),
        };
        bucket.take(
            now,
            limits::SIP_DATAGRAMS_OF_CLIENT_PER_SECOND,
            limits::SIP_DATAGRAMS_OF_CLIENT_BURST,
        )
    }
}
