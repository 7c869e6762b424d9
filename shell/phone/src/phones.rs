//! Thread that runs phones: waits for packets, orders and the next 20 ms.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use confab_sockets::{Batch, Poll, Ports, Wake, now, random_seed, try_realtime};
use confab_terms::Instant;
use confab_terms::limits::{RTP_PACKET_BYTES_MAX, SIP_MESSAGE_BYTES_MAX};

use crate::line::Line;
use crate::order::{LineOrder, Order};
use crate::{Phone, PhoneConfig, PhoneError, machine};

/// Maximum number of queued orders to the thread.
const ORDERS_MAX: usize = 1_024;
/// Maximum wait of the thread for responses to BYE after the last handle was dropped.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// Several phones on one thread. The phones hang up when this value and all of its phones are
/// dropped.
#[derive(Clone)]
pub struct Phones(Arc<Desk>);

/// State that the handles share.
pub(crate) struct Desk {
    orders: SyncSender<Order>,
    wake: Arc<Wake>,
    next: Mutex<(u64, Option<Ports>)>,
    thread: Option<JoinHandle<()>>,
}

impl Phones {
    /// Starts a thread without phones.
    ///
    /// # Errors
    ///
    /// No descriptor or thread.
    pub fn new() -> Result<Self, PhoneError> {
        let (orders, taken) = sync_channel(ORDERS_MAX);
        let wake = Arc::new(Wake::new()?);
        let rung = Arc::clone(&wake);
        let thread = Builder::new()
            .name("phones".to_owned())
            .spawn(move || run(&taken, &rung))?;
        Ok(Self(Arc::new(Desk {
            orders,
            wake,
            next: Mutex::new((0, None)),
            thread: Some(thread),
        })))
    }

    /// Starts a phone, which calls at once.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub fn call(&self, config: &PhoneConfig) -> Result<Phone, PhoneError> {
        let (id, pair) = {
            let mut next = self.0.next.lock().unwrap_or_else(PoisonError::into_inner);
            next.0 += 1;
            let id = next.0;
            let ports = next
                .1
                .get_or_insert_with(|| Ports::new(config.local, config.ports, random_seed()));
            (id, ports.bind()?)
        };
        let line = Line::new(id, config, pair, now())?;
        let shared = Arc::clone(&line.shared);
        self.0.tell(Order::Call(Box::new(line)))?;
        Ok(Phone::new(self.clone(), id, shared))
    }

    pub(crate) fn tell(&self, id: u64, order: LineOrder) -> Result<(), PhoneError> {
        self.0.tell(Order::To(id, order))
    }
}

impl Desk {
    fn tell(&self, order: Order) -> Result<(), PhoneError> {
        let told = self.orders.try_send(order);
        self.wake.ring();
        told.map_err(|_| PhoneError::NoOrders)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _closed_already = self.orders.send(Order::Close);
        self.wake.ring();
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

/// Phones of one thread.
struct Room {
    lines: Vec<Line>,
    closing: Option<Instant>,
}

fn run(orders: &Receiver<Order>, wake: &Wake) {
    // A phone that sends late is a fault of the test, not of the server under test.
    try_realtime();
    let mut sip = Batch::new(2, SIP_MESSAGE_BYTES_MAX);
    let mut rtp = Batch::with_arrivals(8, RTP_PACKET_BYTES_MAX);
    let mut rtcp = Batch::new(8, RTP_PACKET_BYTES_MAX);
    let mut poll = Poll::new();
    let mut room = Room {
        lines: Vec::new(),
        closing: None,
    };
    while !room.is_done(now()) {
        poll.clear();
        poll.watch(wake);
        for line in &room.lines {
            poll.watch(&line.sip);
            poll.watch(&line.pair.rtp);
        }
        poll.wait(room.next_deadline());
        let read_at = now();
        // Recorded before a waiting thread is woken by packets.
        if room.lines.iter().any(|line| line.is_late(read_at)) {
            machine::note_late(read_at);
        }
        for (n, line) in room.lines.iter_mut().enumerate() {
            if poll.is_ready(1 + 2 * n) {
                line.read_sip(read_at, &mut sip);
            }
            if poll.is_ready(2 + 2 * n) {
                line.read_rtp(&mut rtp);
            }
            line.run_timers(read_at, &mut rtcp);
        }
        wake.clear();
        room.take_orders(orders);
        let is_gone = |line: &Line| line.vanished || (line.forgotten && line.is_over());
        room.lines.retain(|line| !is_gone(line));
    }
}

impl Room {
    fn take_orders(&mut self, orders: &Receiver<Order>) {
        loop {
            match orders.try_recv() {
                Ok(Order::Call(mut line)) => {
                    line.carry_out(now());
                    self.lines.push(*line);
                }
                Ok(Order::To(id, order)) => {
                    if let Some(line) = self.lines.iter_mut().find(|line| line.id == id) {
                        line.obey(now(), order);
                    }
                }
                Ok(Order::Close) | Err(TryRecvError::Disconnected) => {
                    if self.closing.is_none() {
                        self.closing = Some(now() + CLOSE_WAIT);
                        let hang_up = |line: &mut Line| line.obey(now(), LineOrder::Forget);
                        self.lines.iter_mut().for_each(hang_up);
                    }
                    return;
                }
                Err(TryRecvError::Empty) => return,
            }
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        let lines = self.lines.iter().map(Line::next_deadline);
        lines.chain(self.closing).min()
    }

    fn is_done(&self, now: Instant) -> bool {
        let ended = |line: &Line| {
            let state = line.shared.look().state;
            matches!(state, crate::State::Ended(_))
        };
        self.closing
            .is_some_and(|at| at <= now || self.lines.iter().all(ended))
    }
}
