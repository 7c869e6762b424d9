//! Torture messages of RFC 4475 and RFC 5118 against a running server, over real UDP and TCP
//! sockets. Each receives the core's response, and the server answers OPTIONS after each.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;

use confab_sip::{
    Config, ConnectionEvent, ConnectionId, ConnectionOrder, Output, Transport, UserAgent,
};
use confab_terms::Instant;

use crate::process::{Folder, Server};
use crate::sip::{Line, OPTIONS, Said};

/// Messages longer than their Content-Length: on a stream the rest begins the next message, so that
/// a following OPTIONS cannot be parsed.
const RUN_ON: [&str; 3] = ["ipv4-mapped-ipv6", "ipv6-in-sdp", "mult-ip-in-sdp"];

/// Immediate responses of the core, and true if the core closes the connection.
type Expected = (Vec<String>, bool);

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

fn expected(bytes: &[u8], tcp: bool) -> Expected {
    let mut agent = UserAgent::new(Config {
        address: "127.0.0.1:5060".parse().expect("an address"),
        tls_port: None,
        product: "confab".into(),
        seed: [3; 32],
    });
    let from = "127.0.0.1:4".parse().expect("an address");
    let stream = ConnectionId::Theirs(1);
    if tcp {
        let peer = from;
        agent.handle_connection(
            Instant(0),
            stream,
            ConnectionEvent::Opened {
                peer,
                transport: Transport::Tcp,
            },
        );
        let bytes = bytes.to_vec();
        agent.handle_connection(Instant(0), stream, ConnectionEvent::Received { bytes });
    } else {
        agent.handle(Instant(0), from, bytes);
    }
    let (mut statuses, mut closed) = (Vec::new(), false);
    while let Some(output) = agent.poll_output() {
        match output {
            Output::Datagram { bytes, .. } => statuses.push(status(&bytes)),
            Output::Connection { order, .. } => match order {
                ConnectionOrder::Send(bytes) => statuses.push(status(&bytes)),
                ConnectionOrder::Close => closed = true,
                ConnectionOrder::Open { .. } => panic!("{order:?}"),
            },
            _ => {}
        }
    }
    (statuses, closed)
}

/// Returns the statuses before the response to the following OPTIONS; later responses of an
/// accepted call are left out.
fn first_words(said: &[Said], expected: &[String]) -> Vec<String> {
    let statuses = said.iter().map(|said| said.status.clone());
    let taken = expected.iter().any(|status| status == "100");
    let later = |status: &String| !(taken && status != "100" && !expected.contains(status));
    statuses.filter(later).collect()
}

/// Servers for messages with different branches: the second message of a branch would count as a
/// retransmission of the first.
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
        let (statuses, _) = expected(&bytes, false);
        assert_eq!(first_words(&said, &statuses), statuses, "{name}: {said:?}");
        assert_eq!(server.health(), 200, "{name}");
    }
}

#[test]
fn each_message_gets_its_reaction_over_tcp() {
    let mut servers = Servers::default();
    let mut waiting = Vec::new();
    for (name, bytes) in messages() {
        let server = servers.for_message(&bytes);
        let line = Line::tcp(server);
        line.send(&bytes);
        let (statuses, closed) = expected(&bytes, true);
        let has_end = bytes.windows(4).any(|four| four == b"\r\n\r\n");
        if name.ends_with("clerr.dat") || !has_end {
            waiting.push(line);
        } else if RUN_ON.iter().any(|one| name.ends_with(one)) {
            assert!(!statuses.is_empty(), "{name}");
            let said: Vec<Said> = statuses.iter().filter_map(|_| line.next()).collect();
            assert_eq!(first_words(&said, &statuses), statuses, "{name}: {said:?}");
        } else if closed {
            let said = line.until_closed();
            assert_eq!(first_words(&said, &statuses), statuses, "{name}: {said:?}");
        } else {
            line.send(OPTIONS);
            let said = line.until_options();
            assert_eq!(first_words(&said, &statuses), statuses, "{name}: {said:?}");
        }
        let line = Line::tcp(server);
        line.send(OPTIONS);
        assert!(line.until_options().is_empty(), "{name}");
    }
    // A message shorter than its Content-Length is awaited, and then the connection closes without
    // a response.
    assert_eq!(
        waiting.len(),
        2,
        "clerr.dat, and baddn.dat without its empty line"
    );
    for line in waiting {
        let said = line.until_closed();
        assert!(said.is_empty(), "{said:?}");
    }
    for (_, server) in &servers.all {
        assert!(TcpStream::connect(server.sip).is_ok());
        assert_eq!(server.health(), 200);
    }
}
