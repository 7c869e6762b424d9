//! SIP on a stream (TCP, TLS): bytes in, whole messages and keep-alives out (RFC 3261 §18.3,
//! RFC 5626 §3.5.1). Knows no socket and no dialog; a message here has only its length checked.

use core::time::Duration;
use std::collections::VecDeque;

use confab_terms::{Instant, limits};
use serde::{Deserialize, Serialize};

use crate::message::split;

/// How long a message may take from its first byte to its last.
const PATIENCE: Duration = Duration::from_secs(32);

/// What a stream holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Framed {
    /// A message, to be handled as a datagram is.
    Message(Vec<u8>),
    /// A keep-alive: to be answered with a single CRLF.
    Ping,
    /// The boundaries are lost, or never came: close. Nothing follows.
    Broken {
        /// To be handled first: it gets the refusal that says what is wrong.
        message: Option<Vec<u8>>,
    },
}

/// One stream's bytes, cut into messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    buffer: VecDeque<u8>,
    /// Bytes of the buffer in which no end of a head was found.
    searched: usize,
    /// The length of a message whose head is known.
    wanted: Option<usize>,
    /// When the unfinished message began.
    begun: Option<Instant>,
    /// When the last bytes came: what follows a whole message began no earlier.
    heard: Option<Instant>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    #[default]
    Open,
    /// Too late or too long, and not told yet.
    GivenUp,
    Closed,
}

impl Stream {
    /// Bytes arrived. `poll_output` until `None` before the next ones.
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

    /// Returns the number of bytes that are not yet a message.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// A message that takes too long is given up (RFC 4475 §3.1.2.2).
    pub fn handle_deadline(&mut self, now: Instant) {
        if self.next_deadline().is_some_and(|at| at <= now) {
            self.state = State::GivenUp;
        }
    }

    /// When `handle_deadline` wants to be called: while a message is unfinished.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let waits = self.state == State::Open && !self.buffer.is_empty();
        self.begun.filter(|_| waits).map(|begun| begun + PATIENCE)
    }

    /// The next piece; `None` until more bytes come.
    pub fn poll_output(&mut self) -> Option<Framed> {
        match self.state {
            State::Open => self.cut(),
            State::GivenUp => Some(self.close(None)),
            State::Closed => None,
        }
    }

    fn cut(&mut self) -> Option<Framed> {
        if self.wanted.is_none() {
            if let Some(ping) = self.take_line_ends() {
                return Some(ping);
            }
            let head = self.find_head()?;
            match body_length(&head) {
                Length::Known(body)
                    if head.len().saturating_add(body) <= limits::SIP_MESSAGE_BYTES_MAX =>
                {
                    self.wanted = Some(head.len() + body);
                }
                // Nobody knows where the next one begins: this one gets its refusal.
                Length::Wrong => return Some(self.close(Some(head))),
                Length::Known(_) | Length::Missing => return Some(self.close(None)),
            }
        }
        let wanted = self.wanted.filter(|wanted| *wanted <= self.buffer.len())?;
        self.wanted = None;
        let message = self.take(wanted);
        Some(Framed::Message(message))
    }

    /// CRLF CRLF is a ping; a CRLF alone its answer, or a gap between messages.
    fn take_line_ends(&mut self) -> Option<Framed> {
        loop {
            let start: Vec<u8> = self.buffer.iter().take(4).copied().collect();
            match start.as_slice() {
                b"\r\n\r\n" => {
                    self.take(4);
                    return Some(Framed::Ping);
                }
                // It may become a ping yet.
                b"\r\n" | b"\r\n\r" | b"\r" => return None,
                [b'\r', b'\n', ..] => self.take(2),
                [b'\r' | b'\n', ..] => self.take(1),
                _ => return None,
            };
        }
    }

    /// Everything up to the empty line, once that has come.
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

    /// The first bytes; what follows begins anew.
    fn take(&mut self, count: usize) -> Vec<u8> {
        self.searched = 0;
        let taken = self.buffer.drain(..count.min(self.buffer.len())).collect();
        self.begun = self.heard.filter(|_| !self.buffer.is_empty());
        if self.buffer.is_empty() {
            // The room of a large message is not kept for the life of the connection.
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
    /// Negative, no number, or two that differ.
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
    // Twice the same is refused as well: the parser takes one only.
    match (number(first), lengths.next()) {
        (Some(length), None) => Length::Known(length),
        _ => Length::Wrong,
    }
}
