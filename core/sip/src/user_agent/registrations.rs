//! Registrations for the store, and their restoration after a restart.

use core::time::Duration;

use confab_terms::{Instant, limits};

use super::UserAgent;
use crate::registrar::{Registration, StoredContact};

impl UserAgent {
    /// Returns the current contacts of a user.
    pub(crate) fn registration(&self, now: Instant, user: &str) -> Registration {
        let bindings = self.registrar.bindings(now, user).into_iter();
        let contacts = bindings.map(|binding| {
            let left = binding.until.saturating_since(now).as_millis();
            StoredContact {
                uri: binding.uri.clone(),
                params: binding.params.clone(),
                flow: binding.flow.clone(),
                call_id: binding.call_id.clone(),
                cseq: binding.cseq,
                left_ms: u64::try_from(left).unwrap_or(u64::MAX),
            }
        });
        Registration {
            user: user.to_owned(),
            contacts: contacts.collect(),
        }
    }

    /// Restores the contacts of a user that an earlier process stored `age` ago, if the contacts
    /// can still be reached. Ignored for an unknown user and for a user that has registered again.
    pub fn restore_registration(&mut self, now: Instant, stored: Registration, age: Duration) {
        let Registration { user, contacts } = stored;
        let is_known = self.access.open || self.access.accounts().any(|known| known.user == user);
        if !is_known || self.registrar.newest(now, &user).is_some() {
            return;
        }
        let contacts = contacts.into_iter().take(limits::SIP_CONTACTS_MAX);
        let bindings = contacts.filter_map(|contact| contact.restored(now, age));
        if self
            .registrar
            .restore(now, &user, bindings.collect())
            .is_ok()
        {
            self.keep_user(now, &user);
        }
    }
}
