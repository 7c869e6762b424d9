//! A trunk with a name: resolved at the call and not at the start, by its SRV records, with the
//! second target after a timeout of the first. Runs in a network namespace.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use confab_conformance::api::Api;
use confab_conformance::dns::{NameServer, Record};
use confab_conformance::namespace::{alone_with, resolve_by};
use confab_conformance::server::{Server, pause};

const OURS: &str = "192.0.2.10";
const ONE: &str = "198.51.100.7";
const OTHER: &str = "198.51.100.8";
const NAMES: &str = "127.0.0.53";

fn carrier(at: &str, port: u16) -> Result<Server> {
    let mut server = Server::start(&[
        ("CONFAB_SIP_LISTEN", &format!("{at}:{port}")),
        ("CONFAB_TRUNK_NETWORKS", "192.0.2.0/24"),
    ])?;
    server.sip = format!("{at}:{port}");
    Ok(server)
}

fn service(priority: u16, port: u16, host: &str) -> Record {
    Record::Service {
        priority,
        weight: 0,
        port,
        host: host.to_owned(),
    }
}

/// Calls through the trunk until the call has this status.
fn call_until(api: &Api, status: &str) -> Result<Duration> {
    let document = "<Response><Dial><Conference>out</Conference></Dial></Response>";
    let call = [
        ("To", "+15551234567"),
        ("From", "+15557654321"),
        ("Twiml", document),
    ];
    let begun = Instant::now();
    let made = api.post("/Calls.json", &call)?;
    ensure!(made.status == 200, "{}", made.json);
    let sid = made.json["sid"].as_str().unwrap_or_default().to_owned();
    let path = format!("/Calls/{sid}.json");
    for _ in 0..200 {
        if api.get(&path)?.json["status"] == status {
            return Ok(begun.elapsed());
        }
        pause(Duration::from_millis(100));
    }
    anyhow::bail!("not {status}: {}", api.get(&path)?.json)
}

fn calls(server: &Server) -> Result<usize> {
    let calls = Api::new(server)?.get("/Calls.json")?.json;
    calls["calls"].as_array().map(Vec::len).context("no list")
}

#[test]
fn a_trunk_s_name_is_found_when_it_is_called_and_its_next_place_when_it_is_silent() {
    const NAME: &str =
        "names::a_trunk_s_name_is_found_when_it_is_called_and_its_next_place_when_it_is_silent";
    let inside = || {
        let folder = tempfile::tempdir()?;
        resolve_by(folder.path(), NAMES)?;
        let names = NameServer::start(NAMES)?;
        let (one, other) = (carrier(ONE, 5_070)?, carrier(OTHER, 5_080)?);
        let ours = Server::start(&[
            ("CONFAB_SIP_LISTEN", &format!("{OURS}:5060")),
            ("CONFAB_TRUNK_ADDRESS", "carrier.test"),
        ])?;
        let api = Api::new(&ours)?;
        // The name does not resolve: the server starts nevertheless, and the call fails.
        call_until(&api, "failed").with_context(|| ours.log())?;
        let address = |ip: &str| Record::Address(ip.parse().expect("an address"));
        names.know(&[
            (
                "_sip._udp.carrier.test",
                service(20, 5_080, "two.carrier.test"),
            ),
            (
                "_sip._udp.carrier.test",
                service(10, 5_070, "one.carrier.test"),
            ),
            ("one.carrier.test", address(ONE)),
            ("two.carrier.test", address(OTHER)),
            // No service there: the address of the name is not used if there are SRV records.
            ("carrier.test", address(OURS)),
        ]);
        pause(Duration::from_secs(6));
        call_until(&api, "in-progress").with_context(|| ours.log())?;
        assert_eq!((calls(&one)?, calls(&other)?), (1, 0));
        drop(one);
        // Timeout at the first target; from then on the other target is tried first.
        call_until(&api, "in-progress").with_context(|| ours.log())?;
        assert_eq!(calls(&other)?, 1);
        let fast = call_until(&api, "in-progress")?;
        assert_eq!(calls(&other)?, 2);
        assert!(
            fast < Duration::from_secs(8),
            "it went the long way: {fast:?}"
        );
        Ok(())
    };
    alone_with(NAME, &[OURS, ONE, OTHER], inside).unwrap();
}
