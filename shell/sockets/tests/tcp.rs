//! TCP on the loopback: opened, refused, read, written until the peer reads no more, closed.
#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use confab_sockets::{Listening, Poll, Tcp};

const PATIENCE: Duration = Duration::from_secs(5);

fn wait_until_ready(tcp: &Tcp, to_write: bool) {
    let mut poll = Poll::new();
    let place = if to_write {
        poll.watch_both(tcp)
    } else {
        poll.watch(tcp)
    };
    poll.wait_for(PATIENCE);
    assert!(poll.is_ready(place));
}

fn pair() -> (Tcp, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let tcp = Tcp::open(listener.local_addr().unwrap()).unwrap();
    let (other, _) = listener.accept().unwrap();
    wait_until_ready(&tcp, true);
    assert_eq!(tcp.opened().unwrap(), listener.local_addr().unwrap());
    (tcp, other)
}

#[test]
fn what_is_written_is_read_over_both_families() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let listener = TcpListener::bind(address).unwrap();
        let tcp = Tcp::open(listener.local_addr().unwrap()).unwrap();
        let (mut other, _) = listener.accept().unwrap();
        wait_until_ready(&tcp, true);
        assert_eq!(tcp.write(b"hello").unwrap(), 5);
        let mut room = [0; 5];
        other.read_exact(&mut room).unwrap();
        assert_eq!(&room, b"hello");
        assert!(tcp.read(&mut room).unwrap().is_none(), "nothing yet");
        other.write_all(b"you").unwrap();
        wait_until_ready(&tcp, false);
        assert_eq!(tcp.read(&mut room).unwrap().unwrap(), b"you");
        other.shutdown(Shutdown::Write).unwrap();
        wait_until_ready(&tcp, false);
        assert!(tcp.read(&mut room).is_err(), "its end is told");
    }
}

#[test]
fn one_that_is_refused_says_so() {
    let nobody: SocketAddr = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    if let Ok(tcp) = Tcp::open(nobody) {
        wait_until_ready(&tcp, true);
        assert!(tcp.opened().is_err());
    }
}

#[test]
fn who_does_not_read_is_not_waited_for() {
    let (tcp, _deaf) = pair();
    let bytes = vec![7; 1 << 20];
    let mut sent = 0;
    // The kernel accepts some megabytes, and then no more.
    for _ in 0..100 {
        let now = tcp.write(&bytes).unwrap();
        sent += now;
        if now < bytes.len() {
            return;
        }
    }
    panic!("{sent} bytes are on their way to nobody");
}

#[test]
fn who_waits_is_accepted_and_a_taken_port_says_so() {
    let listening = Listening::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    assert!(listening.accept().unwrap().is_none(), "nobody yet");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(Listening::bind(taken.local_addr().unwrap()).is_err());
}
