//! TLS: the operator's certificate, or a self-made certificate from the first start. A self-made
//! certificate is signed by the `ca.pem` beside it, which clients can trust. Served with or without
//! SNI.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use confab_terms::WallTime;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

/// Validity of a self-made certificate, in years.
const YEARS: i32 = 10;

/// Source of the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Files in PEM: the certificate chain, and its key.
    Files {
        /// Certificate chain, the server's own certificate first.
        chain: PathBuf,
        /// Private key.
        key: PathBuf,
    },
    /// `ca.pem`, `cert.pem` and `key.pem` in this folder, created if neither of the last two
    /// exists. Valid for `localhost`, the loopback addresses, the host's name and `names`.
    SelfMade {
        /// Folder of the files.
        dir: PathBuf,
        /// Further names or addresses.
        names: Vec<String>,
    },
}

/// Error of the certificate or key.
#[derive(Debug, Error)]
pub enum TlsError {
    /// File that cannot be read or written.
    #[error("cannot use {path} for TLS: {source}")]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// File without a certificate or key in PEM.
    #[error("{path} is not a certificate chain or key in PEM: {reason}")]
    NotPem {
        /// Path of the file.
        path: PathBuf,
        /// Reason of the rejection.
        reason: String,
    },
    /// Certificate that cannot be served, for example because its key does not match.
    #[error("the certificate cannot be served: {0}")]
    Unusable(#[from] rustls::Error),
    /// Failed creation of a self-made certificate.
    #[error("no certificate could be made: {0}")]
    NotMade(#[from] rcgen::Error),
}

/// Certificate in use, replaceable at run time: open connections are unaffected, later connections
/// receive the new certificate.
#[derive(Debug)]
pub struct Served {
    certificate: Certificate,
    now: RwLock<Arc<CertifiedKey>>,
}

impl Served {
    /// Loads a certificate; creates a self-made certificate if none exists.
    ///
    /// # Errors
    /// The certificate cannot be loaded, created or served.
    pub fn load(certificate: Certificate) -> Result<Arc<Self>, TlsError> {
        let now = RwLock::new(Arc::new(load(&certificate)?));
        Ok(Arc::new(Self { certificate, now }))
    }

    /// Reads the files of the certificate again.
    ///
    /// # Errors
    /// The new files cannot be served; the previous certificate remains in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = Arc::new(load(&self.certificate)?);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Returns whether the current certificate is valid for this host name or address.
    pub(crate) fn is_named(&self, host: &str) -> bool {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        let certificate = now.cert.first().map(ParsedCertificate::try_from);
        let (Some(Ok(certificate)), Ok(name)) = (certificate, ServerName::try_from(host)) else {
            return false;
        };
        verify_server_name(&certificate, &name).is_ok()
    }

    /// Returns the TLS configuration: TLS 1.2 and 1.3, with these protocols (ALPN), or without any.
    ///
    /// # Errors
    /// Never, with the versions requested here.
    pub fn config(self: &Arc<Self>, protocols: &[&str]) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        // A returning client needs no new signature.
        config.ticketer = rustls::crypto::ring::Ticketer::new()?;
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        Ok(Arc::new(config))
    }

    /// Returns the acceptor of HTTP's TLS handshakes: `h2` and `http/1.1`.
    ///
    /// # Errors
    /// Never, with the versions requested here.
    pub fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, TlsError> {
        Ok(TlsAcceptor::from(self.config(&["h2", "http/1.1"])?))
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        Some(now.clone())
    }
}

/// Returns the acceptor of HTTP's TLS handshakes with this certificate.
pub fn acceptor(certificate: &Certificate) -> Result<TlsAcceptor, TlsError> {
    Served::load(certificate.clone())?.acceptor()
}

fn load(certificate: &Certificate) -> Result<CertifiedKey, TlsError> {
    let (chain, key) = match certificate {
        Certificate::Files { chain, key } => (chain.clone(), key.clone()),
        Certificate::SelfMade { dir, names } => {
            let (chain, key) = (dir.join("cert.pem"), dir.join("key.pem"));
            // A single existing file belongs to the operator: never overwritten.
            if !chain.exists() && !key.exists() {
                let made = make(names)?;
                match made.save(dir) {
                    Err(TlsError::File { path, source }) if is_full(&source) => {
                        let path = path.display();
                        tracing::error!(%path, %source, "certificate made for this start only");
                        let private = || Ok(made.key.into_bytes());
                        let certificate = made.certificate.as_bytes();
                        return certified(certificate, private, (&chain, &key));
                    }
                    saved => saved?,
                }
            }
            (chain, key)
        }
    };
    certified(&read(&chain)?, || read(&key), (&chain, &key))
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Parses a chain and a key in PEM; errors name these paths.
fn certified(
    certificate: &[u8],
    private: impl FnOnce() -> Result<Vec<u8>, TlsError>,
    (chain, key): (&Path, &Path),
) -> Result<CertifiedKey, TlsError> {
    let not_pem = |path: &Path, error: rustls::pki_types::pem::Error| TlsError::NotPem {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let certificates = CertificateDer::pem_slice_iter(certificate);
    let certificates: Result<Vec<_>, _> = certificates.collect();
    let certificates = certificates.map_err(|error| not_pem(chain, error))?;
    let private = PrivateKeyDer::from_pem_slice(&private()?);
    let private = private.map_err(|error| not_pem(key, error))?;
    let provider = rustls::crypto::ring::default_provider();
    Ok(CertifiedKey::from_der(certificates, private, &provider)?)
}

/// Creates an authority and a certificate. The authority's key is not kept: clients that trust its
/// `ca.pem` trust only this certificate, and nobody can sign another certificate.
fn make(names: &[String]) -> Result<Made, TlsError> {
    let (year, month, day) = today();
    let validity = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(year, month, day);
        // The 29 February does not exist in most years.
        params.not_after = date_time_ymd(year + YEARS, month, day.min(28));
    };

    let mut authority = CertificateParams::new(Vec::new())?;
    validity(&mut authority);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let name = &mut authority.distinguished_name;
    name.push(DnType::CommonName, "confab self-made authority");
    let authority_key = KeyPair::generate()?;
    let authority_pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let mut own = CertificateParams::new(all_names(names))?;
    validity(&mut own);
    own.distinguished_name.push(DnType::CommonName, "confab");
    own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    own.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = own.signed_by(&key, &issuer)?;

    Ok(Made {
        authority: authority_pem,
        key: key.serialize_pem(),
        certificate: certificate.pem(),
    })
}

/// Authority, certificate and its key, each in PEM.
struct Made {
    authority: String,
    key: String,
    certificate: String,
}

impl Made {
    /// Writes all three files or none.
    fn save(&self, dir: &Path) -> Result<(), TlsError> {
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(dir);
        made.map_err(|source| file_error(dir, source))?;
        let files = [
            (dir.join("ca.pem"), &self.authority, 0o644),
            (dir.join("key.pem"), &self.key, 0o600),
            (dir.join("cert.pem"), &self.certificate, 0o644),
        ];
        let mut all = files.iter();
        let written = all.try_for_each(|(path, text, mode)| write(path, text, *mode));
        if written.is_err() {
            for (path, ..) in &files {
                let _not_there = fs::remove_file(path);
            }
        }
        written
    }
}

fn all_names(further: &[String]) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    for name in further.iter().map(String::as_str).chain([host.trim()]) {
        // A host name that a certificate cannot contain must not prevent the start.
        let can_stand = name.is_ascii() && !name.is_empty();
        if can_stand && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name.to_owned());
        }
    }
    names
}

fn today() -> (i32, u8, u8) {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = WallTime(i64::try_from(since.as_millis()).unwrap_or_default());
    let (year, month, day) = now.date();
    (i32::try_from(year).unwrap_or(1970), month, day)
}

fn file_error(path: &Path, source: io::Error) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        source,
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| file_error(path, source))
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode);
    let opened = options.open(path);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| file_error(path, source))
}

#[cfg(test)]
mod tests {
    use rustls::SignatureAlgorithm;

    use super::{Certificate, Served};

    #[test]
    fn self_made_certificate_is_ecdsa_and_served_with_tickets() {
        let dir = std::env::temp_dir().join(format!("confab-tls-{}", std::process::id()));
        let served = Served::load(Certificate::SelfMade {
            dir: dir.clone(),
            names: Vec::new(),
        });
        let served = served.unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        let key = served.now.read().unwrap().key.clone();
        assert_eq!(key.algorithm(), SignatureAlgorithm::ECDSA);
        let p256 = rustls::SignatureScheme::ECDSA_NISTP256_SHA256;
        assert!(key.choose_scheme(&[p256]).is_some());
        assert!(served.config(&[]).unwrap().ticketer.enabled());
    }
}
