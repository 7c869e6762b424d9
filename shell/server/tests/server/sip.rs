//! Handwritten SIP over real sockets, with the received messages.

use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use crate::process::Server;

/// Timeout: longer than the server waits for the rest of a message.
const PATIENCE: Duration = Duration::from_secs(60);

/// Request that every server answers.
pub(crate) const OPTIONS: &[u8] = b"OPTIONS sip:127.0.0.1 SIP/2.0\r\n\
    Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKalive;rport\r\nFrom: <sip:t@127.0.0.1>;tag=alive\r\n\
    To: <sip:127.0.0.1>\r\nCall-ID: alive\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\
    Content-Length: 0\r\n\r\n";

/// Received message.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) text: String,
    /// Status of a response.
    pub(crate) status: String,
}

enum Socket {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

/// Socket of a test, connected to the server.
pub(crate) struct Line {
    socket: Socket,
    unread: RefCell<Vec<u8>>,
}

impl Line {
    pub(crate) fn udp(server: &Server) -> Self {
        let here = SocketAddr::new(server.sip.ip(), 0);
        let socket = UdpSocket::bind(here).expect("a socket");
        socket.connect(server.sip).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
        Self::of(Socket::Udp(socket))
    }

    pub(crate) fn tcp(server: &Server) -> Self {
        Self::over(TcpStream::connect(server.sip).expect("a connection"))
    }

    pub(crate) fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        Self::of(Socket::Tcp(stream))
    }

    fn of(socket: Socket) -> Self {
        let unread = RefCell::default();
        Self { socket, unread }
    }

    pub(crate) fn local(&self) -> SocketAddr {
        let local = match &self.socket {
            Socket::Udp(socket) => socket.local_addr(),
            Socket::Tcp(stream) => stream.local_addr(),
        };
        local.expect("an address")
    }

    pub(crate) fn send(&self, bytes: &[u8]) {
        match &self.socket {
            Socket::Udp(socket) => assert_eq!(socket.send(bytes).ok(), Some(bytes.len())),
            // The connection may have been closed because of earlier bytes.
            Socket::Tcp(stream) => drop((&*stream).write_all(bytes)),
        }
    }

    /// Returns the next message; `None`: the connection was closed.
    pub(crate) fn next(&self) -> Option<Said> {
        let mut room = [0; 65_535];
        let mut unread = self.unread.borrow_mut();
        loop {
            if let Some(said) = cut(&mut unread) {
                return Some(said);
            }
            let got = match &self.socket {
                Socket::Udp(socket) => socket.recv(&mut room).expect("an answer"),
                Socket::Tcp(stream) => match (&*stream).read(&mut room) {
                    Ok(0) => {
                        assert!(unread.is_empty(), "half a message");
                        return None;
                    }
                    Ok(got) => got,
                    Err(error) => panic!("neither an answer nor a close: {error}"),
                },
            };
            unread.extend_from_slice(&room[..got]);
        }
    }

    /// Returns the messages before the response to OPTIONS.
    pub(crate) fn until_options(&self) -> Vec<Said> {
        let mut before = Vec::new();
        loop {
            let said = self.next().expect("an answer to OPTIONS");
            if said.text.contains("\r\nCall-ID: alive\r\n") {
                assert_eq!(said.status, "200", "{said:?}");
                return before;
            }
            before.push(said);
        }
    }

    /// Returns the messages before the end of the connection.
    pub(crate) fn until_closed(&self) -> Vec<Said> {
        std::iter::from_fn(|| self.next()).collect()
    }
}

/// Removes and returns the first complete message.
fn cut(unread: &mut Vec<u8>) -> Option<Said> {
    let end = unread.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&unread[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("Content-Length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    let whole = end + length.expect("we always say how long it is");
    if unread.len() < whole {
        return None;
    }
    let text = String::from_utf8_lossy(&unread[..whole]).into_owned();
    unread.drain(..whole);
    let status = text.strip_prefix("SIP/2.0 ").unwrap_or_default();
    let status = status.get(..3).unwrap_or_default().to_owned();
    Some(Said { text, status })
}

/// Returns the value of a header.
pub(crate) fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let mut lines = message.lines();
    let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {message}"))
}

/// Returns a request over TCP with the Contact `contact`.
pub(crate) fn request(method: &str, room: &str, to_tag: &str, contact: SocketAddr) -> Vec<u8> {
    request_with_media(method, room, to_tag, contact, 9)
}

/// Returns a request over TCP with the Contact `contact` and an RTP port.
pub(crate) fn request_with_media(
    method: &str,
    room: &str,
    to_tag: &str,
    contact: SocketAddr,
    rtp_port: u16,
) -> Vec<u8> {
    let sdp = match method {
        "INVITE" => format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {rtp_port} RTP/AVP 0\r\n"
        ),
        _ => String::new(),
    };
    format!(
        "{method} sip:{room}@127.0.0.1 SIP/2.0\r\n\
         Via: SIP/2.0/TCP {contact};branch=z9hG4bK{method}{room}\r\n\
         From: <sip:t@127.0.0.1>;tag={room}\r\nTo: <sip:{room}@127.0.0.1>{to_tag}\r\n\
         Call-ID: {room}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n\
         Contact: <sip:t@{contact};transport=tcp>\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
    .into_bytes()
}
