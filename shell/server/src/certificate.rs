//! Certificate of HTTPS and of SIP over TLS, shared by both and read again on SIGHUP. Also the
//! trusted authorities for outbound SIP over TLS.

use std::path::Path;
use std::sync::Arc;

use confab_rest::{Certificate, Served, TlsError};
use confab_sockets::Listening;
use confab_web::{CertificateDer, tls_client};
use rustls::pki_types::pem::PemObject;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::failure::Failure;
use crate::streams::Sips;

/// Loads or creates the certificate; `None` without a TLS listener.
pub(crate) fn load(config: &Config) -> Result<Option<Arc<Served>>, Failure> {
    if config.https_listen.is_none() && config.sips_listen.is_none() {
        return Ok(None);
    }
    let names = config.public_address.map(|ip| ip.to_string());
    let served = Served::load(Certificate::SelfMade {
        dir: config.data_dir.join("tls"),
        names: names.into_iter().collect(),
    })?;
    Ok(Some(served))
}

/// Returns the listener and configuration of SIP over TLS.
pub(crate) fn sips(
    config: &Config,
    listening: Option<Listening>,
    served: Option<&Arc<Served>>,
) -> Result<Option<Sips>, Failure> {
    let (Some(listening), Some(served)) = (listening, served) else {
        return Ok(None);
    };
    let believed = config.sips_ca.as_deref().map(authorities).transpose()?;
    let address = listening.local();
    Ok(Some(Sips {
        port: address.map_err(Failure::refused("an address"))?.port(),
        listening,
        server: served.config(&[])?,
        client: Arc::new(tls_client(believed.unwrap_or_default())),
    }))
}

/// Reads the certificates of a file in PEM.
pub(crate) fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let not_pem = |reason: String| TlsError::NotPem {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read(path).map_err(|source| TlsError::File {
        path: path.to_owned(),
        source,
    })?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match read {
        Ok(read) if read.is_empty() => Err(not_pem("it holds no certificate".to_owned())),
        Ok(read) => Ok(read),
        Err(error) => Err(not_pem(error.to_string())),
    }
}

/// Reads the certificate again on each SIGHUP, starting now. Calls and connections are unaffected.
pub(crate) fn reload_on_hangup(served: Option<Arc<Served>>) -> Result<(), Failure> {
    let mut hangup =
        signal(SignalKind::hangup()).map_err(Failure::refused("to tell of signals"))?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match served.as_ref().map(|served| served.reload()) {
                Some(Ok(())) => tracing::info!("the certificate was read again"),
                Some(Err(error)) => {
                    tracing::warn!(%error, "the certificate stays what it was");
                }
                None => tracing::info!("there is no certificate to read again"),
            }
        }
    });
    Ok(())
}
