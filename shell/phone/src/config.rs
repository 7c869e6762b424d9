//! Configuration of a phone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use confab_sip::Transport;
use confab_sockets::PortRange;
use confab_terms::{Codec, Srtp};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::Voice;

/// Configuration of a phone.
#[derive(Clone, Debug)]
pub struct PhoneConfig {
    /// Address of the phone.
    pub local: IpAddr,
    /// Address of the server to call.
    pub server: SocketAddr,
    /// Transport of SIP.
    pub transport: Transport,
    /// User part of the URI to dial, not escaped: the room.
    pub room: String,
    /// User part of From.
    pub from: String,
    /// Display name of From.
    pub from_name: Option<String>,
    /// Audio to send from the answer on.
    pub voice: Voice,
    /// Codecs to offer, in order of preference.
    pub codecs: Vec<Codec>,
    /// Additional headers of the INVITE (`X-…`).
    pub headers: Vec<(String, String)>,
    /// Range of media ports.
    pub ports: PortRange,
    /// Encryption of media.
    pub srtp: Srtp,
    /// Trusted authorities of calls by TLS.
    pub believes: Option<Arc<ClientConfig>>,
}

impl PhoneConfig {
    /// Creates the configuration of a silent phone on the loopback.
    ///
    /// # Panics
    ///
    /// Never: the range of ports is valid.
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

    /// Sets the audio to send.
    #[must_use]
    pub fn saying(mut self, voice: Voice) -> Self {
        self.voice = voice;
        self
    }

    /// Sets the codecs to offer, in order of preference.
    #[must_use]
    pub fn speaking(mut self, codecs: &[Codec]) -> Self {
        self.codecs = codecs.to_vec();
        self
    }

    /// Sets TCP as the transport.
    #[must_use]
    pub fn over_tcp(mut self) -> Self {
        self.transport = Transport::Tcp;
        self
    }

    /// Sets TLS as the transport, with these trusted authorities (PEM); without any, no server is
    /// trusted.
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

    /// Sets the encryption of media.
    #[must_use]
    pub fn with_srtp(mut self, srtp: Srtp) -> Self {
        self.srtp = srtp;
        self
    }

    /// Returns the URI to dial, `sip:room@server`.
    pub(crate) fn callee_uri(&self) -> String {
        let transport = match self.transport {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
        };
        format!("sip:{}@{}{transport}", escape(&self.room), self.server)
    }

    /// Returns the URI of the phone, `sip:from@local`.
    pub(crate) fn caller_uri(&self) -> String {
        let host = match self.local {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("[{v6}]"),
        };
        format!("sip:{}@{host}", escape(&self.from))
    }
}

/// Percent-escapes characters that a user part may not contain. Unreserved and user-unreserved
/// characters (RFC 3261 §25.1) stay.
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
