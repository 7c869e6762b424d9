//! Queue of scheduled arrivals, ordered by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use confab_delivery::Outcome;
use confab_media::Command;
use confab_sip::{ConnectionEvent, DialogId};
use confab_switchboard::{About, FetchError, Fetched, Input};
use confab_terms::{CallSid, FetchId, Instant, LegId, SocketAddr};

use crate::application::Brings;
use crate::dialling::Decision;
use crate::hooks::ReceiverId;
use crate::streams::End;

/// Order to a media thread; orders are executed in sequence.
pub(crate) enum Order {
    OpenLeg(LegId),
    /// Moves a leg to that thread, after the next tick.
    MoveLeg {
        leg: LegId,
        to: usize,
    },
    /// Announces a leg from another thread; later orders wait for its arrival.
    AwaitLeg(LegId),
    Tell(Command),
}

/// Call of a fetched document, with the conference attributes of the document.
pub(crate) type Brought = Option<(CallSid, Option<Brings>)>;

/// Event that is scheduled.
pub(crate) enum Arrival {
    /// Arrival at the switchboard, except answers of fetches.
    Input(Input),
    /// Answer of a fetch at the switchboard.
    Fetched {
        fetch: FetchId,
        result: Result<Fetched, FetchError>,
        brings: Brought,
    },
    /// Arrival at the address of a phone, present or former.
    Datagram { to: SocketAddr, bytes: Vec<u8> },
    /// Decision of the user of a ringing phone.
    Decided {
        phone: usize,
        dialog: DialogId,
        decision: Decision,
    },
    /// Arrival at an end of a TCP connection.
    Stream {
        number: usize,
        to: End,
        event: ConnectionEvent,
    },
    /// Arrival at a media thread.
    Order(usize, Order),
    /// Samples of a sound at the media threads.
    Chunk(Command),
    /// Result of a delivery attempt.
    HookAnswered {
        to: ReceiverId,
        about: About,
        outcome: Outcome,
    },
    /// Possible end of a receiver's back-off.
    HooksAgain,
    /// End of a media thread's stall.
    Awake(usize),
    /// Next action of the script.
    Act,
    /// Listing of conferences by the application.
    Look,
}

struct Entry {
    at: Instant,
    number: u64,
    what: Arrival,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

#[derive(Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    count: u64,
}

impl Queue {
    pub(crate) fn push(&mut self, at: Instant, what: Arrival) {
        self.count += 1;
        let number = self.count;
        self.heap.push(Reverse(Entry { at, number, what }));
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    pub(crate) fn pop(&mut self) -> Option<Arrival> {
        self.heap.pop().map(|Reverse(entry)| entry.what)
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}
