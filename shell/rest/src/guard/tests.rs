//! Hosts and origins: accepted and rejected.

use super::{Guard, Hosts, name_and_port};
use axum::body::Body;
use axum::extract::Request;

use crate::{Dialect, Family, Figures, Metrics};

struct NoFigures;

impl Figures for NoFigures {
    fn families(&self) -> Vec<Family> {
        Vec::new()
    }
}

fn guard(listen: &str, is_tls: bool) -> Guard {
    Guard {
        listen: listen.parse().unwrap(),
        is_tls,
        hosts: Hosts {
            names: vec!["pbx.example.com".to_owned(), "198.51.100.7".to_owned()],
            certificate: None,
        },
        origins: vec!["https://app.example.com".to_owned()],
        dialect: Dialect::SignalWire,
        metrics: Metrics::new(NoFigures),
    }
}

/// Returns the status of a rejected request.
fn refused(guard: &Guard, host: &[&str], origin: &[&str]) -> Option<u16> {
    let mut request = Request::builder().uri("/healthz");
    for host in host {
        request = request.header("host", *host);
    }
    for origin in origin {
        request = request.header("origin", *origin);
    }
    let request = request.body(Body::empty()).unwrap();
    let local = Some("127.0.0.5".parse().unwrap());
    let refused = guard.checked(&request, local).err()?;
    Some(refused.code_and_status(guard.dialect).1.as_u16())
}

#[test]
fn loopback_listener_accepts_its_own_hosts_only() {
    let guard = guard("127.0.0.1:8080", false);
    for host in [
        "127.0.0.1:8080",
        "127.0.0.1",
        "127.0.0.5:8080",
        "[::ffff:127.0.0.1]:8080",
        "localhost:8080",
        "LOCALHOST",
        "localhost.",
        "PBX.example.com:443",
        "198.51.100.7",
    ] {
        assert_eq!(refused(&guard, &[host], &[]), None, "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:8080",
        "pbx.example.com.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "[::1]:8080",
        "",
        "localhost@evil.example",
        "localhost:8080x",
    ] {
        assert_eq!(refused(&guard, &[host], &[]), Some(421), "{host}");
    }
    let both = ["localhost", "evil.example"];
    assert_eq!(refused(&guard, &both, &[]), Some(421));
    // HTTP/1.0 without `Host`: no current browser sends such requests.
    assert_eq!(refused(&guard, &[], &[]), None);
}

#[test]
fn other_listeners_check_hosts_of_browsers_only() {
    let guard = guard("10.1.2.3:8080", false);
    assert_eq!(refused(&guard, &["evil.example"], &[]), None);
    let evil = &["http://evil.example"][..];
    assert_eq!(refused(&guard, &["evil.example"], evil), Some(421));
    assert_eq!(refused(&guard, &["10.1.2.3:8080"], evil), Some(403));
    let own = &["http://10.1.2.3:8080"][..];
    assert_eq!(refused(&guard, &["10.1.2.3:8080"], own), None);
}

#[test]
fn origins_are_the_servers_own_or_configured() {
    let plain = guard("127.0.0.1:8080", false);
    let tls = guard("127.0.0.1:8443", true);
    for (guard, host, origin, accepted) in [
        (&plain, "localhost:8080", "http://localhost:8080", true),
        (&plain, "localhost:8080", "https://app.example.com", true),
        (&plain, "pbx.example.com", "https://pbx.example.com", true),
        (&plain, "localhost:8080", "http://localhost", false),
        (&plain, "localhost:8080", "http://127.0.0.1:8080", false),
        (&plain, "localhost:8080", "https://localhost", false),
        (&plain, "localhost:8080", "http://app.example.com", false),
        (
            &plain,
            "localhost:8080",
            "https://app.example.com:444",
            false,
        ),
        (&plain, "localhost:8080", "null", false),
        (&plain, "localhost:8080", "", false),
        (&plain, "localhost:8080", "ftp://localhost:8080", false),
        (&plain, "localhost:80", "http://localhost", true),
        (&tls, "localhost:8443", "https://localhost:8443", true),
        (&tls, "localhost:8443", "http://localhost:8443", false),
        (&tls, "localhost", "https://localhost:443", true),
    ] {
        let expected = (!accepted).then_some(403);
        assert_eq!(
            refused(guard, &[host], &[origin]),
            expected,
            "{host} {origin}"
        );
    }
    let two = ["http://localhost:8080", "http://evil.example"];
    assert_eq!(refused(&plain, &["localhost:8080"], &two), Some(403));
    assert_eq!(refused(&plain, &[], &["http://localhost:8080"]), Some(403));
}

#[test]
fn ports_are_split_off() {
    for (text, expected) in [
        ("a", Some(("a", None))),
        ("a:80", Some(("a", Some(80)))),
        ("[::1]", Some(("[::1]", None))),
        ("[::1]:80", Some(("[::1]", Some(80)))),
        ("a:", None),
        ("a:+80", None),
        ("a:99999", None),
        ("a/b", None),
    ] {
        assert_eq!(name_and_port(text), expected, "{text}");
    }
}
