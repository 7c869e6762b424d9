//! rsipstack, an independent SIP stack in Rust: inbound and outbound calls, hold and resume, and
//! hangup by either side. An `Ear` provides the audio.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::ear::Ear;
use confab_conformance::party::{DBFS, TONES, beginning, call, heard, settle};
use confab_conformance::server::{Server, pause, root};
use confab_phone::{PhoneConfig, Phones, Voice, now};

const PATIENCE: Duration = Duration::from_secs(10);

/// Phone with rsipstack: a process controlled by lines of text (`tools/rsipstack-phone`).
struct Stack {
    process: Child,
    commands: RefCell<ChildStdin>,
    /// Words and texts of events.
    events: Receiver<(String, String)>,
    /// Address of the SIP port.
    address: String,
}

impl Stack {
    /// Starts a phone with a media port.
    fn start(port: u16) -> Self {
        let program = root().join("target/rsipstack-phone/release/confab-rsipstack-phone");
        let mut process = Command::new(&program)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (sender, events) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let (word, text) = line.split_once(' ').unwrap_or((&line, ""));
                let text = text.replace('|', "\r\n");
                if sender.send((word.to_owned(), text)).is_err() {
                    return;
                }
            }
        });
        let commands = RefCell::new(process.stdin.take().unwrap());
        let mut stack = Self {
            process,
            commands,
            events,
            address: String::new(),
        };
        stack.address = stack.event("listening");
        stack
    }

    /// Returns the text of the next event, which must have this word.
    fn event(&self, expected: &str) -> String {
        let (word, text) = self.events.recv_timeout(PATIENCE).expect("an event");
        assert_eq!(word, expected, "{text}");
        text
    }

    /// Sends a command, and returns the text of the event that follows.
    fn command(&self, command: &str, event: &str) -> String {
        writeln!(self.commands.borrow_mut(), "{command}").unwrap();
        self.event(event)
    }

    /// Calls the room, and returns the SDP of the answer.
    fn call(&self, server: &str, room: &str) -> String {
        self.command(&format!("call sip:{room}@{server}"), "answered")
    }

    /// Sends a re-INVITE with this direction, and returns the SDP of the answer.
    fn offers(&self, direction: &str) -> String {
        self.command(&format!("offer {direction}"), "answer")
    }

    fn hangs_up(&self) {
        self.command("bye", "terminated");
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

#[test]
fn it_calls_holds_resumes_and_hangs_up() {
    let server = Server::start(&[]).unwrap();
    let api = Api::new(&server).unwrap();
    let phones = Phones::new().unwrap();
    let anna = call(&phones, &server, "rust", "anna", TONES[0]).unwrap();
    let ear = Ear::open(TONES[1], DBFS).unwrap();
    let stack = Stack::start(ear.port);
    let rust = stack.call(&server.sip, "rust");
    assert!(rust.contains("a=sendrecv"), "{rust}");
    api.seated("rust", 2).unwrap();
    let voices = [("anna", TONES[0]), ("rust", TONES[1])];
    let hears = || {
        settle();
        let frames = anna
            .phone
            .listen_in_time(Duration::from_millis(400))
            .unwrap();
        let from = beginning(&frames);
        (heard("anna", &frames, &voices).unwrap(), ear.since(from))
    };
    let (anna_hears, frames) = hears();
    assert_eq!(anna_hears, ["rust"]);
    assert_eq!(heard("rust", &frames, &voices).unwrap(), ["anna"]);

    let mirror = stack.offers("sendonly");
    assert!(mirror.contains("a=recvonly"), "{mirror}");
    let (anna_hears, frames) = hears();
    assert!(anna_hears.is_empty() && frames.is_empty(), "{anna_hears:?}");
    let mirror = stack.offers("sendrecv");
    assert!(mirror.contains("a=sendrecv"), "{mirror}");
    let (anna_hears, frames) = hears();
    assert_eq!(anna_hears, ["rust"]);
    assert_eq!(heard("rust", &frames, &voices).unwrap(), ["anna"]);

    stack.hangs_up();
    api.seated("rust", 1).unwrap();
}

#[test]
fn it_is_hung_up_by_us() {
    let server = Server::start(&[]).unwrap();
    let api = Api::new(&server).unwrap();
    let ear = Ear::open(TONES[1], DBFS).unwrap();
    let stack = Stack::start(ear.port);
    stack.call(&server.sip, "rust");
    let (conference, seated) = api.seated("rust", 1).unwrap();
    let sid = seated[0]["call_sid"].as_str().unwrap();
    let path = format!("/Conferences/{conference}/Participants/{sid}");
    assert_eq!(api.delete(&path).unwrap().status, 204);
    let why = stack.event("terminated");
    assert!(why.contains("Bye"), "{why}");
}

/// Calls with the user agent of `confab-sip`, which test phones and server share.
#[test]
fn it_is_called_held_and_hung_up_by_ours_and_hangs_up_itself() {
    let ear = Ear::open(TONES[1], DBFS).unwrap();
    let stack = Stack::start(ear.port);
    let phones = Phones::new().unwrap();
    let config =
        PhoneConfig::new(stack.address.parse().unwrap(), "rust", "ours").saying(Voice::Tone {
            hz: TONES[0],
            dbfs: DBFS,
        });
    let voices = [("ours", TONES[0]), ("rust", TONES[1])];
    for theirs in [false, true] {
        let phone = phones.call(&config).unwrap();
        phone.wait_until_talking(PATIENCE).unwrap();
        let rust = stack.event("called");
        assert!(rust.contains("a=sendrecv"), "{rust}");
        pause(Duration::from_millis(200));
        let from = now();
        let frames = phone.listen_in_time(Duration::from_millis(300)).unwrap();
        assert_eq!(heard("ours", &frames, &voices).unwrap(), ["rust"]);
        assert_eq!(heard("rust", &ear.since(from), &voices).unwrap(), ["ours"]);
        phone.hold(PATIENCE).unwrap();
        assert_eq!(phone.last_refusal(), None);
        phone.resume(PATIENCE).unwrap();
        assert_eq!(phone.last_refusal(), None);
        if theirs {
            stack.hangs_up();
            phone.wait_until_ended(PATIENCE).unwrap();
        } else {
            phone.hang_up().unwrap();
            let why = stack.event("terminated");
            assert!(why.contains("Bye"), "{why}");
        }
    }
}
