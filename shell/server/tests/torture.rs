//! The torture messages of RFC 4475 and RFC 5118 against a running server, over a real UDP socket:
//! each gets what the core alone gives it, and the server answers OPTIONS after each. Over TCP they
//! go to the core alone, in its own tests.

mod server;
mod sip;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use confab_sip::{Config, Output, UserAgent};
use confab_terms::Instant;

use server::{Folder, Server};
use sip::{Line, OPTIONS, Said};

fn messages() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../core/sip/tests/torture");
    let mut all = Vec::new();
    for set in ["rfc4475", "rfc5118"] {
        for entry in fs::read_dir(folder.join(set)).expect("the messages") {
            let path = entry.expect("a message").path();
            let bytes = fs::read(&path).expect("a message");
            all.push((path.display().to_string(), bytes));
        }
    }
    assert_eq!(all.len(), 62);
    all.sort();
    all
}

fn status(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(8..11).unwrap_or_default()).into_owned()
}

/// What the core answers at once.
fn expected(bytes: &[u8]) -> Vec<String> {
    let mut agent = UserAgent::new(Config {
        address: "127.0.0.1:5060".parse().expect("an address"),
        product: "confab".into(),
        seed: [3; 32],
    });
    let from = "127.0.0.1:4".parse().expect("an address");
    agent.handle(Instant(0), from, bytes);
    let mut statuses = Vec::new();
    while let Some(output) = agent.poll_output() {
        if let Output::Datagram { bytes, .. } = output {
            statuses.push(status(&bytes));
        }
    }
    statuses
}

/// What was answered before the OPTIONS that followed: a call that was taken goes on after its 100.
fn first_words(said: &[Said], expected: &[String]) -> Vec<String> {
    let statuses = said.iter().map(|said| said.status.clone());
    let taken = expected.iter().any(|status| status == "100");
    let later = |status: &String| !(taken && status != "100" && !expected.contains(status));
    statuses.filter(later).collect()
}

/// Servers, each for messages whose branches differ: the second of one branch would be taken for
/// the first, sent again.
#[derive(Default)]
struct Servers {
    all: Vec<(Folder, Server)>,
    seen: BTreeSet<String>,
}

impl Servers {
    fn for_message(&mut self, bytes: &[u8]) -> &Server {
        let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
        let branch = text.split("branch=").nth(1).unwrap_or_default();
        let branch = branch.split([';', ',', '\r']).next().unwrap_or_default();
        let new = self.seen.insert(branch.to_owned());
        if !new || self.all.is_empty() {
            self.seen = BTreeSet::from([branch.to_owned()]);
            let folder = Folder::new();
            let server = Server::start(&folder);
            self.all.push((folder, server));
        }
        &self.all.last().expect("a server").1
    }
}

#[test]
fn each_message_gets_its_reaction_over_udp() {
    let mut servers = Servers::default();
    for (name, bytes) in messages() {
        let server = servers.for_message(&bytes);
        let line = Line::udp(server);
        line.send(&bytes);
        line.send(OPTIONS);
        let said = line.until_options();
        let statuses = expected(&bytes);
        assert_eq!(first_words(&said, &statuses), statuses, "{name}: {said:?}");
        assert_eq!(server.health(), 200, "{name}");
    }
}
