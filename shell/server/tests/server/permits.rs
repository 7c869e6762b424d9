//! Connections and descriptors reserved for the API and for probes, while a client holds many
//! connections, or during many calls.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use confab_phone::{PhoneConfig, Phones};

use crate::process::{Folder, Server, with_descriptors};

const PATIENCE: Duration = Duration::from_secs(10);
/// Maximum number of connections of an address.
const OF_ONE: usize = 512;
/// Limit of descriptors of the server; half as many calls would use all of them.
const DESCRIPTORS: u32 = 256;

#[test]
fn probes_are_answered_while_an_address_holds_all_its_connections() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let hold = || {
        let mut stream = TcpStream::connect(server.http).unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-")
            .unwrap();
        stream
    };
    let held: Vec<_> = (0..OF_ONE).map(|_| hold()).collect();
    assert_eq!(server.ask("GET", "Conferences", "").0, 429);
    assert_eq!(server.health(), 200);
    assert!(server.figure("confab_http_refusals_total{status=\"429\"}") >= 1.0);
    drop(held);
    server.wait_for_figure("confab_calls", |calls| calls == 0.0);
}

#[test]
fn calls_leave_descriptors_to_the_api() {
    let folder = Folder::new();
    let server = Server::from(&mut with_descriptors(DESCRIPTORS, &folder));
    let phones = Phones::new().unwrap();
    let mut talking = Vec::new();
    let refused = loop {
        let name = format!("caller{}", talking.len());
        let config = PhoneConfig::new(server.sip, "crowd", &name);
        let phone = phones.call(&config).unwrap();
        match phone.wait_until_talking(PATIENCE) {
            Ok(()) => talking.push(phone),
            Err(error) => break error,
        }
        assert!(
            talking.len() < DESCRIPTORS as usize / 2,
            "no call was refused"
        );
    };
    assert!(
        talking.len() >= 32,
        "{} calls, then {refused}",
        talking.len()
    );
    for _ in 0..10 {
        assert_eq!(server.health(), 200);
        let (status, list) = server.ask("GET", "Calls?Status=in-progress", "");
        assert_eq!(status, 200, "{list}");
    }
    let list = server.ask("GET", "Calls?Status=in-progress", "").1;
    let call = list["calls"][0]["sid"].as_str().unwrap().to_owned();
    let ended = server.ask("POST", &format!("Calls/{call}"), "Status=completed");
    assert_eq!(ended.0, 200, "{ended:?}");
    for phone in &talking {
        phone.hang_up().unwrap();
    }
    server.wait_for_figure("confab_calls", |calls| calls == 0.0);
}
