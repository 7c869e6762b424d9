//! The webhook signature: base64 of HMAC-SHA1 over the canonical URL and the form's fields, as
//! the vendors' validators expect it. SHA-1 is theirs, not our choice.

use std::fmt;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use url::Url;

/// The header of the vendor whose dialect is the default.
pub(crate) const SIGNALWIRE_HEADER: &str = "x-signalwire-signature";
/// The header that the other vendor's middleware reads alone.
pub(crate) const TWILIO_HEADER: &str = "x-twilio-signature";

/// The key that signs what applications receive. Never printed.
#[derive(Clone)]
pub struct SigningKey(String);

impl SigningKey {
    /// The key as it is configured.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// Signs a request: `fields` are a POST's form, none for a GET (its fields are in the URL)
    /// and none for JSON (whose hash is, see [`body_sha256`]). Neither the fragment nor a user and
    /// password are signed: who is asked does not see them in the URL.
    #[must_use]
    pub fn sign(&self, url: &Url, fields: &[(String, String)]) -> String {
        let mut canonical = url.clone();
        canonical.set_fragment(None);
        // Both can only fail where there is no host.
        let _ = canonical.set_username("");
        let _ = canonical.set_password(None);
        let mut sorted: Vec<_> = fields.iter().collect();
        sorted.sort();
        // HMAC takes a key of any length: the error cannot happen.
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

/// What a JSON body's URL carries as `bodySHA256`: hex of the body's SHA-256.
#[must_use]
pub fn body_sha256(body: &[u8]) -> String {
    Sha256::digest(body)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}
