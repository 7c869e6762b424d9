//! TLS by rustls with ring, configured here and not by a process-wide default, which a library must
//! not choose for its program.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

use crate::Error;

/// Returns a configuration with the system's roots, and with further ones in PEM.
pub(crate) fn config(further_roots: &[Vec<u8>]) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = Vec::new();
    for pem in further_roots {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.push(certificate.map_err(|e| Error::Tls(format!("root certificate: {e}")))?);
        }
        if roots.len() == before {
            return Err(Error::Tls("the root certificate is not in PEM".to_owned()));
        }
    }
    let unusable = |error: rustls::Error| Error::Tls(error.to_string());
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider));
    let verifier = Arc::new(verifier.map_err(unusable)?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    // "Dangerous" is any verifier other than rustls's own; the system's verifier is used here.
    let builder = builder
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    Ok(builder.with_no_client_auth())
}
