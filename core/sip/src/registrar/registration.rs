//! Registrations in the form for the store, and their restoration after a restart.

use core::time::Duration;

use confab_terms::{Instant, SocketAddr};
use serde::{Deserialize, Serialize};

use super::bindings::Binding;
use crate::message::{Host, PORT, Params, Transport, Uri};
use crate::transport::{Flow, Source};

/// Contacts of one registered user.
///
/// New fields need `serde(default)`, because a stored row may be from an earlier version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// User name.
    pub user: String,
    pub(crate) contacts: Vec<StoredContact>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredContact {
    pub(crate) uri: String,
    pub(crate) params: Params,
    /// Flow of the REGISTER, with the NAT's address.
    pub(crate) flow: Flow,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    /// Remaining lifetime in milliseconds.
    pub(crate) left_ms: u64,
}

impl Registration {
    /// Returns the time until the last contact expires; zero without contacts.
    #[must_use]
    pub fn left(&self) -> Duration {
        let left = self.contacts.iter().map(|contact| contact.left_ms).max();
        Duration::from_millis(left.unwrap_or_default())
    }
}

impl StoredContact {
    pub(crate) fn restored(self, now: Instant, age: Duration) -> Option<Binding> {
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
    pub(crate) fn restored(mut self, contact: &str) -> Option<Self> {
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
