//! Addresses that must never be connected to, in any spelling; canaries listen on them.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;

use confab_switchboard::{FetchError, FetchKind, Fetched};
use confab_web::{Cidr, WebConfig, is_public};
use proptest::prelude::*;
use tokio::net::TcpListener;

use crate::servers::{LOOPBACK, Names, Server, get, ok, strict, web};

async fn refused(config: WebConfig, url: &str) -> FetchError {
    let (web, _) = web(config);
    let mut fetch = get(FetchKind::DocumentOrAudio, url);
    fetch.time_outs.open_ms = 500;
    web.fetch(fetch).await.expect_err(url)
}

/// Spellings of this machine and of other private addresses; `{p}` is the canary's port.
const SPELLINGS: &[&str] = &[
    "http://127.0.0.1:{p}/",
    "http://127.1:{p}/",
    "http://127.0.1:{p}/",
    "http://0177.0.0.1:{p}/",
    "http://0x7f.0.0.1:{p}/",
    "http://0x7f000001:{p}/",
    "http://2130706433:{p}/",
    "http://017700000001:{p}/",
    "http://127.0.0.1.:{p}/",
    "http://127.255.255.254:{p}/",
    "http://0.0.0.0:{p}/",
    "http://0:{p}/",
    "http://①②⑦.0.0.1:{p}/",
    "http://127。0。0。1:{p}/",
    "http://%31%32%37.0.0.1:{p}/",
    "http://localhost:{p}/",
    "http://LOCALHOST.:{p}/",
    "http://[::1]:{p}/",
    "http://[::]:{p}/",
    "http://[0:0:0:0:0:0:0:1]:{p}/",
    "http://[::ffff:127.0.0.1]:{p}/",
    "http://[::ffff:7f00:1]:{p}/",
    "http://[::127.0.0.1]:{p}/",
    "http://[64:ff9b::127.0.0.1]:{p}/",
    "http://[64:ff9b:1::127.0.0.1]:{p}/",
    "http://[2002:7f00:1::]:{p}/",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]:{p}/",
    "http://[fe80::1]:{p}/",
    "http://[fec0::1]:{p}/",
    "http://[fc00::1]:{p}/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]:{p}/",
    "http://[100::1]:{p}/",
    "http://[2001:db8::1]:{p}/",
    "http://[5f00::1]:{p}/",
    "http://10.0.0.1:{p}/",
    "http://172.16.0.1:{p}/",
    "http://172.31.255.255:{p}/",
    "http://192.168.0.1:{p}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://100.64.0.1:{p}/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://198.18.0.1:{p}/",
    "http://224.0.0.1:{p}/",
    "http://240.0.0.1:{p}/",
    "http://255.255.255.255:{p}/",
    "https://127.0.0.1:{p}/",
    "https://[::1]:{p}/",
    "http://user@127.0.0.1:{p}/",
    "http://example.com@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}\\@example.com/",
    "http:\\\\127.0.0.1:{p}/",
    "http:127.0.0.1:{p}/",
    " \thttp://127.0.0.1:{p}/",
    "ht\ntp://127.0.0.1:{p}/",
];

/// URLs that are not http.
const NOT_FETCHED: &[&str] = &[
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:{p}/_",
    "data:text/xml,<Response/>",
    "unix:/run/docker.sock",
    "http://",
    "//127.0.0.1:{p}/",
    "/etc/passwd",
    "",
    "http://[::1%25lo]:{p}/",
    "http://127.0.0.1:99999/",
    "http://exa mple.com/",
];

#[tokio::test]
async fn no_spelling_reaches_a_private_address() {
    // A canary on every local address, IPv4 and IPv6.
    let four = Server::start_at("0.0.0.0:0".parse().unwrap(), |_| Vec::new()).await;
    let port = four.address.port();
    let six = TcpListener::bind(SocketAddr::new("::1".parse().unwrap(), port)).await;
    for spelling in SPELLINGS.iter().chain(NOT_FETCHED) {
        let url = spelling.replace("{p}", &port.to_string());
        let error = refused(strict(), &url).await;
        // Some resolvers do not resolve a name with a trailing dot.
        let dotted = url.contains("LOCALHOST.") && error.code == 11210;
        assert!(error.code == 11205 || dotted, "{url}: {error:?}");
    }
    assert_eq!(four.connections(), 0, "a canary was reached");
    if let Ok(six) = six {
        let accepted = tokio::time::timeout(std::time::Duration::from_millis(50), six.accept());
        assert!(accepted.await.is_err(), "the IPv6 canary was reached");
    }
}

#[tokio::test]
async fn a_name_is_judged_by_every_address_it_has() {
    let canary = Server::start(|_| Vec::new()).await;
    let port = canary.address.port();
    for (name, addresses) in [
        ("private.test", &["127.0.0.1"][..]),
        ("mixed.test", &["93.184.216.34", "127.0.0.1"]),
        ("mixed6.test", &["2606:2800:220:1::1", "::1"]),
        ("mapped.test", &["::ffff:127.0.0.1"]),
        ("nat64.test", &["64:ff9b::7f00:1"]),
        ("metadata.test", &["169.254.169.254"]),
    ] {
        let mut config = strict();
        config.resolver = Names::new(&[(name, &[addresses])]);
        let error = refused(config, &format!("http://{name}:{port}/")).await;
        assert_eq!(error.code, 11205, "{name}: {error:?}");
        assert!(
            error.message.contains("CONFAB_FETCH_ALLOW"),
            "{}",
            error.message
        );
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_asked_once_a_connection() {
    // No server listens at the first address, which is allowed; the second is the canary.
    let canary = Server::start_at("127.0.0.7:0".parse().unwrap(), |_| Vec::new()).await;
    let names = Names::new(&[("rebind.test", &[&["127.0.0.2"], &["127.0.0.7"]])]);
    let mut config = strict();
    config.allow.push("127.0.0.2".parse().unwrap());
    config.resolver = names.clone();
    let (web, _) = web(config);
    let url = format!("http://rebind.test:{}/", canary.address.port());
    let first = web
        .fetch(get(FetchKind::Document, &url))
        .await
        .expect_err("nobody");
    assert_eq!(first.code, 11200, "{first:?}");
    assert_eq!(names.asked.load(Ordering::SeqCst), 1);
    for _ in 0..20 {
        let next = web
            .fetch(get(FetchKind::Document, &url))
            .await
            .expect_err("forbidden");
        assert_eq!(next.code, 11205, "{next:?}");
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn the_operators_networks_and_hosts_are_reached() {
    let server = Server::saying(ok("text/xml", "<Response/>")).await;
    let port = server.address.port();
    let names = Names::new(&[
        ("app.test", &[&["127.0.0.1"]]),
        ("other.test", &[&["127.0.0.1"]]),
    ]);
    let mut config = strict();
    let voice = format!("http://App.Test.:{port}/voice");
    config.operator_urls.push(voice.parse().unwrap());
    config.resolver = names;
    let (web, _) = web(config);
    let url = format!("http://app.test:{port}/voice");
    let fetched = web
        .fetch(get(FetchKind::Document, &url))
        .await
        .expect("the operator's own");
    let body = b"<Response/>".to_vec();
    assert_eq!(fetched, Fetched::Document { body, url });
    assert_eq!(
        server.seen()[0].header("host"),
        Some(format!("app.test:{port}").as_str())
    );
    for other in [
        format!("http://other.test:{port}/"),
        "http://app.test/".to_owned(),
        "https://app.test/".to_owned(),
        format!("http://127.0.0.1:{port}/"),
    ] {
        for kind in [FetchKind::Document, FetchKind::Audio] {
            let error = web.fetch(get(kind, &other)).await.expect_err(&other);
            assert_eq!(error.code, 11205, "{other}: {error:?}");
        }
    }
}

#[tokio::test]
async fn ports_of_other_services_are_asked_of_the_operators_hosts_only() {
    let names: &[(&str, &[&[&str]])] = &[("mail.test", &[&["93.184.216.34"]])];
    for url in ["http://mail.test:25/", "https://93.184.216.34:6667/x"] {
        let mut config = strict();
        config.resolver = Names::new(names);
        let error = refused(config, url).await;
        assert_eq!(error.code, 11205, "{error:?}");
        assert!(error.message.contains("another service"), "{error:?}");
    }
    let mut config = strict();
    let voice = "http://127.0.0.1:1/voice".parse().unwrap();
    config.operator_urls.push(voice);
    let error = refused(config, "http://127.0.0.1:1/").await;
    assert_eq!(
        error.code, 11200,
        "nobody is there, but it was tried: {error:?}"
    );
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_11210() {
    let mut config = strict();
    config.resolver = Names::new(&[("empty.test", &[&[]])]);
    let (web, _) = web(config);
    for url in ["http://nowhere.test/", "http://empty.test/"] {
        let error = web
            .fetch(get(FetchKind::Document, url))
            .await
            .expect_err("no address");
        assert_eq!(error.code, 11210, "{error:?}");
        assert!(error.message.contains(".test"), "{}", error.message);
    }
}

#[test]
fn public_means_public() {
    for public in [
        "1.1.1.1",
        "93.184.216.34",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "2a00::1",
    ] {
        assert!(is_public(public.parse().unwrap()), "{public}");
    }
    assert!(!is_public(LOOPBACK));
}

proptest! {
    /// Compares the check with the standard library, where that has one.
    #[test]
    fn what_the_library_knows_as_special_is_never_public(bits in any::<u32>()) {
        let v4 = std::net::Ipv4Addr::from(bits);
        let special = v4.is_private() || v4.is_loopback() || v4.is_link_local()
            || v4.is_broadcast() || v4.is_documentation() || v4.is_multicast()
            || v4.is_unspecified();
        if special {
            prop_assert!(!is_public(v4.into()));
            prop_assert!(!is_public(v4.to_ipv6_mapped().into()));
        }
        prop_assert!(!is_public(v4.to_ipv6_compatible().into()));
    }

    #[test]
    fn a_network_contains_what_shares_its_bits(address in any::<u32>(), bits in 0_u8..=32) {
        let net: Cidr = format!("{}/{bits}", std::net::Ipv4Addr::from(address)).parse().unwrap();
        prop_assert!(net.contains(IpAddr::from(std::net::Ipv4Addr::from(address))));
        if bits > 0 {
            let other = address ^ (1 << (32 - u32::from(bits)));
            prop_assert!(!net.contains(IpAddr::from(std::net::Ipv4Addr::from(other))));
        }
    }
}

#[test]
fn networks_are_read_strictly() {
    assert_eq!(
        Cidr::list(" 10.0.0.0/8, ,fd00::/8,192.168.1.5 ")
            .unwrap()
            .len(),
        3
    );
    assert!(Cidr::list("0.0.0.0/0,::/0").unwrap()[0].contains(LOOPBACK));
    for wrong in [
        "10.0.0.0/33",
        "10.0.0/8",
        "fd00::/129",
        "example.com",
        "1.2.3.4/-1",
        "1.2.3.4/",
    ] {
        let error = Cidr::list(wrong).expect_err(wrong);
        assert!(error.to_string().contains(wrong), "{error}");
    }
}
