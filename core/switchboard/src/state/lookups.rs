//! Pending lookups of host names in SDP, with the offers and answers that need the addresses.

use std::collections::BTreeMap;

use confab_sdp::Session;
use confab_sip::Lookup;
use confab_terms::{CallSid, IpAddr, limits};
use serde::{Deserialize, Serialize};

/// Bit that marks lookups of SDP; lookups of SIP count up from 1.
const MARK: u64 = 1 << 63;

/// Use of a session description after the lookups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// Offer of an inbound INVITE.
    Invite,
    /// New offer within a dialog, from this host.
    Offer(IpAddr),
    /// Answer to a local offer.
    Answer,
}

/// Session description with pending lookups.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Unresolved {
    pub(crate) session: Session,
    pub(crate) purpose: Purpose,
    /// Unresolved name of `c=`; media is impossible without this address.
    pub(crate) needed: Option<String>,
    /// Names with a pending lookup.
    names: BTreeMap<Lookup, String>,
}

/// All pending session descriptions, at most one per call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lookups {
    waiting: BTreeMap<CallSid, Unresolved>,
    calls: BTreeMap<Lookup, CallSid>,
}

impl Lookups {
    /// Returns the lookup id of a unique number.
    pub(crate) fn lookup(number: u64) -> Lookup {
        Lookup(number | MARK)
    }

    /// Returns whether the lookup belongs to SDP rather than SIP.
    pub(crate) fn is_ours(lookup: Lookup) -> bool {
        lookup.0 & MARK != 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= limits::SDP_LOOKUPS_MAX
    }

    /// Stores a session until these names are resolved. Replaces an older session of the same call.
    pub(crate) fn wait(
        &mut self,
        call: CallSid,
        (session, needed, purpose): (Session, Option<String>, Purpose),
        names: BTreeMap<Lookup, String>,
    ) {
        self.forget(call);
        self.calls
            .extend(names.keys().map(|lookup| (*lookup, call)));
        let unresolved = Unresolved {
            session,
            purpose,
            needed,
            names,
        };
        self.waiting.insert(call, unresolved);
    }

    /// Stores the response to a lookup. Returns the call if no other lookup is pending.
    pub(crate) fn answered(&mut self, lookup: Lookup, address: Option<IpAddr>) -> Option<CallSid> {
        let call = self.calls.remove(&lookup)?;
        let waiting = self.waiting.get_mut(&call)?;
        let name = waiting.names.remove(&lookup)?;
        if let Some(address) = address {
            waiting.session.resolve(&name, address);
            waiting.needed.take_if(|needed| *needed == name);
        }
        waiting.names.is_empty().then_some(call)
    }

    pub(crate) fn is_waiting(&self, call: CallSid) -> bool {
        self.waiting.contains_key(&call)
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Removes and returns the session of a call, with the addresses resolved so far.
    pub(crate) fn take(&mut self, call: CallSid) -> Option<Unresolved> {
        let unresolved = self.waiting.remove(&call)?;
        for lookup in unresolved.names.keys() {
            self.calls.remove(lookup);
        }
        Some(unresolved)
    }

    pub(crate) fn forget(&mut self, call: CallSid) {
        self.take(call);
    }
}
