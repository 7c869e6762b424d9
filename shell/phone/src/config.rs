//! What a phone is told before it calls.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use confab_sip::Transport;
use confab_sockets::PortRange;
use confab_terms::{Codec, Srtp};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::Voice;

/// What a phone is told before it calls.
#[derive(Clone, Debug)]
pub struct PhoneConfig {
    /// Its own address.
    pub local: IpAddr,
    /// Whom it calls.
    pub server: SocketAddr,
    /// By what.
    pub transport: Transport,
    /// The user part that it dials, not escaped: the room.
    pub room: String,
    /// The user part of its From.
    pub from: String,
    /// The display name of its From.
    pub from_name: Option<String>,
    /// What it says from the answer on.
    pub voice: Voice,
    /// The codecs of its offer, the best first.
    pub codecs: Vec<Codec>,
    /// Further headers of its INVITE (`X-…`).
    pub headers: Vec<(String, String)>,
    /// Where its media ports are taken from.
    pub ports: PortRange,
    /// Whether its media is encrypted.
    pub srtp: Srtp,
    /// Whom it believes when it calls by TLS.
    pub believes: Option<Arc<ClientConfig>>,
}

impl PhoneConfig {
    /// A phone on loopback that says nothing yet.
    ///
    /// # Panics
    ///
    /// Never: the range of ports is a good one.
    #[must_use]
    pub fn new(server: SocketAddr, room: &str, from: &str) -> Self {
        Self {
            local: match server {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            },
            server,
            transport: Transport::Udp,
            room: room.to_owned(),
            from: from.to_owned(),
            from_name: None,
            voice: Voice::Silence,
            codecs: vec![Codec::Pcmu],
            headers: Vec::new(),
            ports: PortRange::new(42_000, 61_999).expect("even to odd"),
            srtp: Srtp::Off,
            believes: None,
        }
    }

    /// It says this.
    #[must_use]
    pub fn saying(mut self, voice: Voice) -> Self {
        self.voice = voice;
        self
    }

    /// It offers these codecs, the best first.
    #[must_use]
    pub fn speaking(mut self, codecs: &[Codec]) -> Self {
        self.codecs = codecs.to_vec();
        self
    }

    /// It calls by TCP.
    #[must_use]
    pub fn over_tcp(mut self) -> Self {
        self.transport = Transport::Tcp;
        self
    }

    /// It calls by TLS, and believes who is vouched for by one of these authorities (PEM); nobody
    /// if there are none.
    #[must_use]
    pub fn over_tls(mut self, authorities: &[u8]) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(
            CertificateDer::pem_slice_iter(authorities).filter_map(Result::ok),
        );
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        self.believes = versions
            .ok()
            .map(|versions| Arc::new(versions.with_root_certificates(roots).with_no_client_auth()));
        self.transport = Transport::Tls;
        self
    }

    /// Its media is encrypted so.
    #[must_use]
    pub fn with_srtp(mut self, srtp: Srtp) -> Self {
        self.srtp = srtp;
        self
    }

    /// `sip:room@server`.
    pub(crate) fn callee_uri(&self) -> String {
        let transport = match self.transport {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
        };
        format!("sip:{}@{}{transport}", escape(&self.room), self.server)
    }

    /// `sip:from@local`.
    pub(crate) fn caller_uri(&self) -> String {
        let host = match self.local {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("[{v6}]"),
        };
        format!("sip:{}@{host}", escape(&self.from))
    }
}

/// Percent-escapes what a user part may not contain (RFC 3261 §25.1: unreserved and
/// user-unreserved stay).
fn escape(user: &str) -> String {
    let mut escaped = String::with_capacity(user.len());
    for byte in user.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
