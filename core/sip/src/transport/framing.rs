//! Framing of SIP messages and keep-alives on a byte stream, TCP or TLS (RFC 3261 §18.3, RFC 5626
//! §3.5.1). Only the length of a message is checked.

use core::time::Duration;
use std::collections::VecDeque;

use confab_terms::{Instant, limits};
use serde::{Deserialize, Serialize};

use crate::message::split;

/// Maximum time from the first to the last byte of a message.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(32);

/// Element of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Framed {
    /// Complete message, to be handled like a datagram.
    Message(Vec<u8>),
    /// Keep-alive, to be answered with a single CRLF.
    Ping,
    /// The message boundary is lost or never came: the connection must be closed. No element
    /// follows.
    Broken {
        /// Malformed message, to be handled before the close; gets a response that names the fault.
        message: Option<Vec<u8>>,
    },
}

/// Framing state of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    buffer: VecDeque<u8>,
    /// Number of buffered bytes that contain no end of a header section.
    searched: usize,
    /// Length of the message whose header section is complete.
    wanted: Option<usize>,
    /// Start of the incomplete message.
    begun: Option<Instant>,
    /// Time of the last bytes: the earliest start of a message after a complete one.
    heard: Option<Instant>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    #[default]
    Open,
    /// Too late or too long; `Broken` was not returned yet.
    GivenUp,
    Closed,
}

impl Stream {
    /// Handles received bytes. `poll_output` must return `None` before the next call.
    pub fn handle(&mut self, now: Instant, bytes: &[u8]) {
        if self.state != State::Open {
            return;
        }
        self.buffer.extend(bytes);
        if self.buffer.len() > 2 * limits::SIP_MESSAGE_BYTES_MAX {
            self.state = State::GivenUp;
        }
        self.begun.get_or_insert(now);
        self.heard = Some(now);
    }

    /// Returns the number of buffered bytes.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// Gives up a message that takes too long (RFC 4475 §3.1.2.2).
    pub fn handle_deadline(&mut self, now: Instant) {
        if self.next_deadline().is_some_and(|at| at <= now) {
            self.state = State::GivenUp;
        }
    }

    /// Returns the time for `handle_deadline`; `None`: no message is incomplete.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let waits = self.state == State::Open && !self.buffer.is_empty();
        self.begun
            .filter(|_| waits)
            .map(|begun| begun + MESSAGE_TIMEOUT)
    }

    /// Returns the next element; `None`: more bytes are needed.
    pub fn poll_output(&mut self) -> Option<Framed> {
        match self.state {
            State::Open => self.cut(),
            State::GivenUp => Some(self.close(None)),
            State::Closed => None,
        }
    }

    fn cut(&mut self) -> Option<Framed> {
        if self.wanted.is_none() {
            if let Some(ping) = self.handle_line_ends() {
                return Some(ping);
            }
            let head = self.find_head()?;
            match body_length(&head) {
                Length::Known(body)
                    if head.len().saturating_add(body) <= limits::SIP_MESSAGE_BYTES_MAX =>
                {
                    self.wanted = Some(head.len() + body);
                }
                // The next boundary is unknown: the message gets a response, and the stream ends.
                Length::Wrong => return Some(self.close(Some(head))),
                Length::Known(_) | Length::Missing => return Some(self.close(None)),
            }
        }
        let wanted = self.wanted.filter(|wanted| *wanted <= self.buffer.len())?;
        self.wanted = None;
        let message = self.take(wanted);
        Some(Framed::Message(message))
    }

    /// Skips line ends. CRLF CRLF is a ping; a single CRLF is a pong, or a gap between messages.
    fn handle_line_ends(&mut self) -> Option<Framed> {
        loop {
            let start: Vec<u8> = self.buffer.iter().take(4).copied().collect();
            match start.as_slice() {
                b"\r\n\r\n" => {
                    self.take(4);
                    return Some(Framed::Ping);
                }
                // Possibly the start of a ping.
                b"\r\n" | b"\r\n\r" | b"\r" => return None,
                [b'\r', b'\n', ..] => self.take(2),
                [b'\r' | b'\n', ..] => self.take(1),
                _ => return None,
            };
        }
    }

    /// Returns the header section with the empty line, if complete.
    fn find_head(&mut self) -> Option<Vec<u8>> {
        let from = self.searched.saturating_sub(3);
        let bytes = self.buffer.make_contiguous();
        let window = bytes.get(from..).unwrap_or_default();
        let found = memchr::memmem::find(window, b"\r\n\r\n");
        if let Some(at) = found {
            return bytes.get(..from + at + 4).map(<[u8]>::to_vec);
        }
        self.searched = bytes.len();
        if self.searched > limits::SIP_MESSAGE_BYTES_MAX {
            return Some(Vec::new());
        }
        None
    }

    /// Removes the first bytes, and resets the search.
    fn take(&mut self, count: usize) -> Vec<u8> {
        self.searched = 0;
        let taken = self.buffer.drain(..count.min(self.buffer.len())).collect();
        self.begun = self.heard.filter(|_| !self.buffer.is_empty());
        if self.buffer.is_empty() {
            // Frees the memory of a large message.
            self.buffer = VecDeque::new();
        }
        taken
    }

    fn close(&mut self, message: Option<Vec<u8>>) -> Framed {
        *self = Self {
            state: State::Closed,
            ..Self::default()
        };
        Framed::Broken { message }
    }
}

enum Length {
    Known(usize),
    Missing,
    /// Negative, not a number, or repeated.
    Wrong,
}

fn body_length(head: &[u8]) -> Length {
    let Some(pieces) = split(head) else {
        return Length::Missing;
    };
    let mut lengths = pieces.headers.all("Content-Length");
    let Some(first) = lengths.next() else {
        return Length::Missing;
    };
    let number = |value: &[u8]| {
        let text = core::str::from_utf8(value).ok()?;
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<usize>().ok()).flatten()
    };
    // Equal repetitions are rejected as well, because the parser allows one Content-Length.
    match (number(first), lengths.next()) {
        (Some(length), None) => Length::Known(length),
        _ => Length::Wrong,
    }
}
