//! Where users can be called: the location service of RFC 3261 §10, as plain data and bounded.

use std::collections::BTreeMap;

use confab_terms::{Instant, limits};
use serde::{Deserialize, Serialize};

use crate::message::{Params, Uri, same_uri};
use crate::nat::Flow;

/// One contact of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Binding {
    /// The contact's URI as written.
    pub(crate) uri: String,
    /// Its header parameters, `expires` apart.
    pub(crate) params: Params,
    /// Where the REGISTER came from.
    pub(crate) flow: Flow,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    pub(crate) until: Instant,
}

/// What one REGISTER does to one contact.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Keep(Binding),
    /// By URI.
    Remove(String),
}

/// Why a REGISTER changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotRegistered {
    /// An older request of the same Call-ID.
    OutOfOrder,
    /// More contacts than one user may have.
    TooManyContacts,
    /// More users than there is room for.
    Full,
}

/// All users.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Registrar {
    users: BTreeMap<String, Vec<Binding>>,
}

impl Registrar {
    /// What is known of a user, oldest first.
    pub(crate) fn bindings(&self, now: Instant, user: &str) -> Vec<&Binding> {
        let bindings = self.users.get(user).into_iter().flatten();
        bindings.filter(|binding| binding.until > now).collect()
    }

    /// The contact that was registered last.
    pub(crate) fn newest(&self, now: Instant, user: &str) -> Option<&Binding> {
        self.bindings(now, user).pop()
    }

    /// Makes all the changes of one REGISTER, or none (RFC 3261 §10.3, step 7).
    pub(crate) fn change(
        &mut self,
        now: Instant,
        user: &str,
        (call_id, cseq): (&str, u32),
        changes: Vec<Change>,
    ) -> Result<(), NotRegistered> {
        let known = self.bindings(now, user).into_iter().cloned();
        let mut bindings: Vec<Binding> = known.collect();
        for change in changes {
            let uri = match &change {
                Change::Keep(binding) => &binding.uri,
                Change::Remove(uri) => uri,
            };
            let same = bindings.iter().position(|known| is_same(&known.uri, uri));
            if let Some(at) = same {
                let known = bindings.remove(at);
                if known.call_id == call_id && known.cseq >= cseq {
                    return Err(NotRegistered::OutOfOrder);
                }
            }
            if let Change::Keep(binding) = change {
                bindings.push(binding);
            }
        }
        self.keep(now, user, bindings)
    }

    /// `Contact: *`.
    pub(crate) fn remove_all(
        &mut self,
        now: Instant,
        user: &str,
        order: (&str, u32),
    ) -> Result<(), NotRegistered> {
        let known = self.bindings(now, user).into_iter();
        let changes = known
            .map(|known| Change::Remove(known.uri.clone()))
            .collect();
        self.change(now, user, order, changes)
    }

    /// Adds the bindings of a user who has none.
    pub(crate) fn restore(
        &mut self,
        now: Instant,
        user: &str,
        bindings: Vec<Binding>,
    ) -> Result<(), NotRegistered> {
        self.keep(now, user, bindings)
    }

    fn keep(
        &mut self,
        now: Instant,
        user: &str,
        bindings: Vec<Binding>,
    ) -> Result<(), NotRegistered> {
        if bindings.len() > limits::SIP_CONTACTS_MAX {
            return Err(NotRegistered::TooManyContacts);
        }
        if bindings.is_empty() {
            self.users.remove(user);
            return Ok(());
        }
        if self.users.len() >= limits::SIP_REGISTERED_MAX && !self.users.contains_key(user) {
            let is_live = |bindings: &Vec<Binding>| bindings.iter().any(|b| b.until > now);
            self.users.retain(|_, bindings| is_live(bindings));
            if self.users.len() >= limits::SIP_REGISTERED_MAX {
                return Err(NotRegistered::Full);
            }
        }
        self.users.insert(user.to_owned(), bindings);
        Ok(())
    }
}

fn is_same(one: &str, other: &str) -> bool {
    match (Uri::parse(one), Uri::parse(other)) {
        (Some(one), Some(other)) => same_uri(&one, &other),
        _ => one == other,
    }
}
