//! Registrations in the form for the store, and their restoration after a restart.

use core::time::Duration;

use confab_terms::{Instant, SocketAddr, limits};
use serde::{Deserialize, Serialize};

use crate::UserAgent;
use crate::hop::{PORT, Source, Transport};
use crate::message::{Host, Params, Uri};
use crate::nat::Flow;
use crate::registrar::Binding;

/// Contacts of one registered user.
///
/// New fields need `serde(default)`, because a stored row may be from an earlier version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// User name.
    pub user: String,
    contacts: Vec<StoredContact>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredContact {
    uri: String,
    params: Params,
    /// Flow of the REGISTER, with the NAT's address.
    flow: Flow,
    call_id: String,
    cseq: u32,
    /// Remaining lifetime in milliseconds.
    left_ms: u64,
}

impl Registration {
    /// Returns the time until the last contact expires; zero without contacts.
    #[must_use]
    pub fn left(&self) -> Duration {
        let left = self.contacts.iter().map(|contact| contact.left_ms).max();
        Duration::from_millis(left.unwrap_or_default())
    }
}

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

impl StoredContact {
    fn restored(self, now: Instant, age: Duration) -> Option<Binding> {
        let left = Duration::from_millis(self.left_ms).checked_sub(age)?;
        if left.is_zero() {
            return None;
        }
        Some(Binding {
            flow: self.flow.restored(&self.uri)?,
            uri: self.uri,
            params: self.params,
            call_id: self.call_id,
            cseq: self.cseq,
            until: now + left,
        })
    }
}

impl Flow {
    /// Returns the flow after a restart, which closes all connections; `None` if the phone cannot
    /// be reached. Over TCP, the phone must listen at its source address. Over TLS, no new
    /// connection is possible, because a phone has no certificate for its address.
    fn restored(mut self, contact: &str) -> Option<Self> {
        match self.source.transport {
            Transport::Udp => {}
            Transport::Tcp => {
                let Some(Uri::Sip(uri)) = Uri::parse(contact) else {
                    return None;
                };
                let ip = self.source.address.ip();
                if !matches!(uri.host, Host::Address(host) if host.to_canonical() == ip) {
                    return None;
                }
                self.source.address = SocketAddr::new(ip, uri.port.unwrap_or(PORT));
            }
            Transport::Tls => return None,
        }
        self.source = Source {
            connection: None,
            ..self.source
        };
        Some(self)
    }
}
