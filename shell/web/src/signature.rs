//! Webhook signature: base64 of HMAC-SHA1 over the canonical URL and the fields of the form, as the
//! vendors' validators expect. The vendors prescribe SHA-1.

use std::fmt;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use url::Url;

/// Signature header of SignalWire, whose dialect is the default.
pub(crate) const SIGNALWIRE_HEADER: &str = "x-signalwire-signature";
/// Signature header of Twilio, the only one that Twilio's middleware reads.
pub(crate) const TWILIO_HEADER: &str = "x-twilio-signature";

/// Key that signs requests to applications. Never printed.
#[derive(Clone)]
pub struct SigningKey(String);

impl SigningKey {
    /// Creates a key from the configured text.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// Signs a request. `fields` are the form of a POST. They are empty for a GET, whose fields are
    /// in the URL, and for JSON, whose hash is in the URL (see [`body_sha256`]). Fragment, user and
    /// password are not signed: the receiver does not see them in the URL.
    #[must_use]
    pub fn sign(&self, url: &Url, fields: &[(String, String)]) -> String {
        let mut canonical = url.clone();
        canonical.set_fragment(None);
        // Both calls fail only for a URL without a host.
        let _ = canonical.set_username("");
        let _ = canonical.set_password(None);
        let mut sorted: Vec<_> = fields.iter().collect();
        sorted.sort();
        // HMAC accepts a key of any length: the error cannot occur.
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(self.0.as_bytes()) else {
            return String::new();
        };
        mac.update(canonical.as_str().as_bytes());
        for (name, value) in sorted {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Returns `bodySHA256` of a JSON body, a parameter of its URL: hex of the body's SHA-256.
#[must_use]
pub fn body_sha256(body: &[u8]) -> String {
    Sha256::digest(body)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}
