//! Location service (RFC 3261 §10): contacts of registered users, with limits.

use std::collections::BTreeMap;

use confab_terms::{Instant, limits};
use serde::{Deserialize, Serialize};

use crate::message::{Params, Uri, same_uri};
use crate::transport::Flow;

/// Contact of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Binding {
    /// Contact URI, as received.
    pub(crate) uri: String,
    /// Contact parameters without `expires`.
    pub(crate) params: Params,
    /// Flow of the REGISTER.
    pub(crate) flow: Flow,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    pub(crate) until: Instant,
}

/// Change of one contact by a REGISTER.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Keep(Binding),
    /// Removes the contact with this URI.
    Remove(String),
}

/// Reason for a rejected REGISTER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotRegistered {
    /// The CSeq is not higher than that of an earlier REGISTER with the same Call-ID.
    OutOfOrder,
    /// The user would exceed the limit on contacts.
    TooManyContacts,
    /// The limit on users is reached.
    Full,
}

/// Contacts of all users.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Registrar {
    users: BTreeMap<String, Vec<Binding>>,
}

impl Registrar {
    /// Returns the valid contacts of a user, oldest first.
    pub(crate) fn bindings(&self, now: Instant, user: &str) -> Vec<&Binding> {
        let bindings = self.users.get(user).into_iter().flatten();
        bindings.filter(|binding| binding.until > now).collect()
    }

    /// Returns the contact that was registered last.
    pub(crate) fn newest(&self, now: Instant, user: &str) -> Option<&Binding> {
        self.bindings(now, user).pop()
    }

    /// Applies all changes of a REGISTER, or none (RFC 3261 §10.3, step 7).
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

    /// Removes all contacts, for `Contact: *`.
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

    /// Adds the contacts of a user without contacts.
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
