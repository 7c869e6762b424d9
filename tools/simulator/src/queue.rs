//! What is under way: everything that will happen by itself, in the order of its time.

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

/// An order to a media thread; in their order.
pub(crate) enum Order {
    OpenLeg(LegId),
    /// To that thread, behind the next tick.
    MoveLeg {
        leg: LegId,
        to: usize,
    },
    /// It comes from another thread, and what follows is for when it is here.
    AwaitLeg(LegId),
    Tell(Command),
}

/// The call that a document runs, and what it will bring along.
pub(crate) type Brought = Option<(CallSid, Option<Brings>)>;

/// Something that arrives.
pub(crate) enum Arrival {
    /// At the switchboard, from anywhere but the web.
    Input(Input),
    /// At the switchboard, from the web.
    Fetched {
        fetch: FetchId,
        result: Result<Fetched, FetchError>,
        brings: Brought,
    },
    /// At a phone, or where one was.
    Datagram { to: SocketAddr, bytes: Vec<u8> },
    /// Whoever's phone rings has made up their mind.
    Decided {
        phone: usize,
        dialog: DialogId,
        decision: Decision,
    },
    /// At one end of a stream.
    Stream {
        number: usize,
        to: End,
        event: ConnectionEvent,
    },
    /// At a media thread.
    Order(usize, Order),
    /// At the media threads, from the sounds.
    Chunk(Command),
    /// At the sender of callbacks: what came of an attempt.
    HookAnswered {
        to: ReceiverId,
        about: About,
        outcome: Outcome,
    },
    /// A pause of a receiver may be over.
    HooksAgain,
    /// A media thread goes on.
    Awake(usize),
    /// The next line of the script.
    Act,
    /// The application's owner looks at what conferences there are.
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
