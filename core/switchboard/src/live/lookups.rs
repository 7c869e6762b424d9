//! Host names of SDP that are being resolved, and the offers and answers that wait for these.

use std::collections::BTreeMap;

use confab_sdp::Session;
use confab_sip::Lookup;
use confab_terms::{CallSid, IpAddr, limits};
use serde::{Deserialize, Serialize};

/// Marks lookups of SDP; those of SIP count up from 1.
const MARK: u64 = 1 << 63;

/// Use of a session description once its names are resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// The offer of an INVITE to us.
    Invite,
    /// A new offer within a call, from this host.
    Offer(IpAddr),
    /// The answer to an offer of ours.
    Answer,
}

/// A session description that waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Unresolved {
    pub(crate) session: Session,
    pub(crate) purpose: Purpose,
    /// Name of `c=`, until its address is known: there is no media without it.
    pub(crate) needed: Option<String>,
    /// Names that were not answered yet.
    names: BTreeMap<Lookup, String>,
}

/// All that wait, at most one of each call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lookups {
    waiting: BTreeMap<CallSid, Unresolved>,
    calls: BTreeMap<Lookup, CallSid>,
}

impl Lookups {
    /// Returns the lookup of a number that no other one has.
    pub(crate) fn lookup(number: u64) -> Lookup {
        Lookup(number | MARK)
    }

    /// Returns whether the lookup is one of SDP, not of SIP.
    pub(crate) fn is_ours(lookup: Lookup) -> bool {
        lookup.0 & MARK != 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= limits::SDP_LOOKUPS_MAX
    }

    /// Stores a session that waits for these names; an older one of the call is forgotten.
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

    /// Takes note of an answer. Returns the call if nothing else is waited for.
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

    /// Takes the session of a call, as far as it is resolved.
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
