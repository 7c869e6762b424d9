//! TLS: trusted authorities and rejected certificates.

use std::sync::Arc;

use confab_switchboard::FetchKind;
use confab_web::CertificateDer;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::servers::{Names, config, get, ok, web};

/// Starts a server with a self-signed certificate; returns the port and the certificate.
async fn server(name: &str) -> (u16, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let _ = stream.read(&mut [0; 4_096]).await;
                let _ = stream
                    .write_all(ok("text/xml", "<Response/>").as_bytes())
                    .await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (port, certificate)
}

#[tokio::test]
async fn trusted_authorities_pass_and_others_are_11220() {
    let (port, certificate) = server("app.test").await;
    let names: &[(&str, &[&[&str]])] = &[
        ("app.test", &[&["127.0.0.1"]]),
        ("other.test", &[&["127.0.0.1"]]),
    ];
    let mut trusting = config();
    trusting.resolver = Names::new(names);
    trusting.roots.push(certificate);
    let (trusting, _) = web(trusting);
    let url = format!("https://app.test:{port}/");
    let fetched = trusting.fetch(get(FetchKind::Document, &url)).await;
    assert!(fetched.is_ok(), "{fetched:?}");

    let wrong_name = format!("https://other.test:{port}/");
    let error = trusting
        .fetch(get(FetchKind::Document, &wrong_name))
        .await
        .expect_err("name");
    assert_eq!(error.code, 11220, "{error:?}");

    let mut doubting = config();
    doubting.resolver = Names::new(names);
    let (doubting, _) = web(doubting);
    let error = doubting
        .fetch(get(FetchKind::Document, &url))
        .await
        .expect_err("unknown");
    assert_eq!(error.code, 11220, "{error:?}");
}

#[tokio::test]
async fn plain_http_where_tls_was_expected_is_no_success() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    // Responds to the first request at once, and stays open until the client closes.
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let answer = ok("text/xml", "<Response/>");
        stream.write_all(answer.as_bytes()).await.unwrap();
        let _reset = stream.read_to_end(&mut Vec::new()).await;
    });
    let (web, _) = web(config());
    let error = web.fetch(get(FetchKind::Document, &url)).await;
    assert_eq!(error.expect_err("no TLS").code, 11220);
    serving.await.unwrap();
}

#[tokio::test]
async fn server_that_never_begins_tls_runs_out_of_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let (web, _) = web(config());
    let mut fetch = get(FetchKind::Document, &url);
    fetch.time_outs.open_ms = 300;
    let error = web.fetch(fetch).await.expect_err("no TLS");
    assert_eq!(error.code, 11200, "{error:?}");
}
