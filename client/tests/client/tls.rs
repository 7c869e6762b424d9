//! TLS: accepted with the certificate of the server's own authority, rejected without it.

use std::sync::Arc;

use crate::common::{PARTICIPANT, ok, router, speak};
use confab_client::{Client, Error};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

fn certificate() -> (String, CertificateDer<'static>, PrivateKeyDer<'static>) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let own = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = own.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    (pem, certificate.der().clone(), key)
}

#[tokio::test]
async fn the_servers_own_authority_is_trusted_if_named() {
    let (ca, certificate, key) = certificate();
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = router(Arc::default(), |_| ok(PARTICIPANT));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(speak(stream, router.clone()));
            }
        }
    });
    for host in ["localhost", "127.0.0.1"] {
        let base = format!("https://{host}:{port}");
        let client = Client::builder(&base, "A", "T")
            .root_certificate(ca.as_str())
            .build()
            .unwrap();
        let participant = client
            .conferences("CF")
            .participants("CA")
            .fetch()
            .await
            .unwrap();
        assert_eq!(participant.call_sid, "CA");
        let stranger = Client::new(&base, "A", "T").unwrap();
        let refused = stranger.conferences("CF").participants("CA").fetch().await;
        assert!(matches!(refused, Err(Error::NoAnswer(_))), "{refused:?}");
    }
}

#[test]
fn a_root_certificate_must_be_one() {
    for pem in [
        "",
        "nonsense",
        "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
    ] {
        let built = Client::builder("https://localhost", "A", "T")
            .root_certificate(pem)
            .build();
        assert!(matches!(built, Err(Error::Tls(_))), "{pem:?}");
    }
}
