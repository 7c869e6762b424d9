//! Failed starts: a line of output, and the exit status of the contract.

#![allow(clippy::unwrap_used)]

use std::net::{TcpListener, UdpSocket};
use std::os::unix::process::ExitStatusExt;

use crate::process::{Folder, Server, command, refused};

#[test]
fn a_bad_value_is_exit_2_and_names_all_three() {
    let folder = Folder::new();
    let (status, line) = refused(command(&folder).env("CONFAB_DRAIN_SECONDS", "soon"));
    assert_eq!(status, 2);
    for part in ["CONFAB_DRAIN_SECONDS", "\"soon\"", "30 would do"] {
        assert!(line.contains(part), "{line} does not say {part}");
    }
}

#[test]
fn sip_on_another_address_than_loopback_is_exit_2() {
    let folder = Folder::new();
    let (status, line) = refused(command(&folder).env("CONFAB_SIP_LISTEN", "0.0.0.0:5060"));
    assert_eq!(status, 2);
    assert!(
        line.contains("CONFAB_SIP_LISTEN") && line.contains("127.0.0.1:5060"),
        "{line}"
    );
}

#[test]
fn a_taken_port_is_exit_1() {
    let folder = Folder::new();
    let sip = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sip = sip
        .local_addr()
        .map(|address| (sip, address.to_string()))
        .unwrap();
    let (status, line) = refused(command(&folder).env("CONFAB_SIP_LISTEN", &sip.1));
    assert_eq!(status, 1);
    assert!(
        line.contains("CONFAB_SIP_LISTEN") && line.contains(&sip.1),
        "{line}"
    );
    // The TCP port of SIP must be free as well.
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = tcp.local_addr().unwrap().to_string();
    let (status, line) = refused(command(&folder).env("CONFAB_SIP_LISTEN", &taken));
    assert_eq!(status, 1);
    for part in ["CONFAB_SIP_LISTEN", &taken, "in use", "TCP"] {
        assert!(line.contains(part), "{line} does not say {part}");
    }
    let http = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = http.local_addr().unwrap().to_string();
    for variable in ["CONFAB_HTTP_LISTEN", "CONFAB_HTTPS_LISTEN"] {
        let (status, line) = refused(command(&folder).env(variable, &address));
        assert_eq!(status, 1);
        assert!(line.contains(variable) && line.contains("in use"), "{line}");
    }
    assert!(
        !folder.0.join("data").exists(),
        "nothing was made for a start that failed"
    );
}

#[test]
fn a_data_folder_that_cannot_be_is_exit_1() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("file"), "").unwrap();
    let (status, line) = refused(command(&folder).env("CONFAB_DATA_DIR", "file/data"));
    assert_eq!(status, 1);
    assert!(
        line.contains("file/data") && line.contains("CONFAB_DATA_DIR"),
        "{line}"
    );
}

#[test]
fn a_file_is_read_and_a_flag_beats_it() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("confab.toml"), "drain_seconds = 'x'").unwrap();
    let (status, line) = refused(&mut command(&folder));
    assert_eq!(status, 2);
    assert!(line.contains("drain_seconds in confab.toml"), "{line}");
    let server = Server::from(command(&folder).args(["--drain-seconds", "1"]));
    assert_eq!(server.health(), 200);
}

/// Returns the standard output until the server accepts calls.
fn shown(folder: &Folder, dialect: &str) -> String {
    let mut child = command(folder)
        .env("CONFAB_DIALECT", dialect)
        .spawn()
        .unwrap();
    let mut log = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("confab takes calls") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut log, &mut line).unwrap() > 0);
    }
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn in_the_twilio_dialect_the_account_is_shown_as_twilio_writes_it() {
    let folder = Folder::new();
    let first = shown(&folder, "twilio");
    let line = |name: &str| {
        let mut lines = first.lines();
        lines.find_map(|line| line.strip_prefix(name).map(str::to_owned))
    };
    let sid = line("CONFAB_ACCOUNT_SID=AC").expect(&first);
    assert!(sid.len() == 32 && sid.bytes().all(|b| b.is_ascii_hexdigit()));
    let token = line("CONFAB_AUTH_TOKEN=").expect(&first);
    assert!(
        token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit()),
        "{token}"
    );
    assert_eq!(line("CONFAB_SIGNING_KEY="), None, "the token signs");
    assert_eq!(shown(&folder, "twilio"), "", "the token is known");
}

#[test]
fn a_token_that_is_to_sign_and_is_not_known_is_exit_2() {
    let folder = Folder::new();
    shown(&folder, "signalwire");
    let (status, line) = refused(command(&folder).env("CONFAB_DIALECT", "twilio"));
    assert_eq!(status, 2);
    assert!(line.contains("CONFAB_AUTH_TOKEN"), "{line}");
    let mut server = command(&folder);
    server.env("CONFAB_DIALECT", "twilio");
    let server = Server::from(server.env("CONFAB_AUTH_TOKEN", "known"));
    assert_eq!(server.health(), 200);
}

#[test]
fn an_account_is_made_and_shown_once() {
    let folder = Folder::new();
    let shown = || shown(&folder, "signalwire");
    let first = shown();
    for name in [
        "CONFAB_ACCOUNT_SID=",
        "CONFAB_AUTH_TOKEN=",
        "CONFAB_SIGNING_KEY=",
    ] {
        assert!(first.contains(name), "{first} does not show {name}");
    }
    assert_eq!(shown(), "");
}

#[test]
fn sigterm_without_calls_ends_at_once_with_exit_0() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    let begun = std::time::Instant::now();
    server.terminate();
    let status = server.wait();
    assert_eq!(status.code(), Some(0), "{:?}", status.signal());
    assert!(begun.elapsed().as_secs() < 3);
    UdpSocket::bind(server.sip).expect("its SIP port is free again");
    let again = Server::start(&folder);
    assert_eq!(again.health(), 200);
}
