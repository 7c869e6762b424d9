//! Media thread: an I/O loop around an engine. On each absolute tick the thread drains every
//! socket, then applies orders as late as possible. The engine runs, and each packet is sent at its
//! moment. No rules.

mod legs;
mod load;
mod moves;
mod opening;
mod pace;
mod urgency;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use confab_media::{Command, Component, Engine, EngineConfig, Openings, Output};
use confab_sockets::{
    Batch, Pair, Poll, Ports, Priority, give_up_realtime, now, sleep_until, try_realtime,
};
use confab_sounds::Want;
use confab_terms::limits::{RTP_PACKET_BYTES_MAX, TICK};
use confab_terms::{Instant, WallTime};
use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::error::TryRecvError;

use crate::gauges::Gauges;
use crate::metrics::{ENGINE_ROWS, EngineNow};
use crate::queues::{Letterbox, Order, Told};
use crate::recordings::ToDisk;
use crate::watchdog::Pulse;

use legs::{Leg, Legs};
use load::Load;
pub(crate) use load::LoadTold;
use moves::Arrival;
pub(crate) use moves::Moves;
use pace::Pace;
use urgency::{Change, Urgency};

/// Maximum number of packets of a socket in a tick: the rest of a flood is read on the next tick.
const READS_MAX: usize = 32;
/// Ticks between two reads of an RTCP socket: reports arrive every five seconds. The kernel records
/// the time of arrival.
const RTCP_EVERY: u32 = 25;
/// Ticks between two reads of a socket's drop counter.
const DROPS_EVERY: u64 = 10 * RTCP_EVERY as u64;
/// Maximum number of orders in a tick; the rest follow on the next tick.
const ORDERS_A_TICK_MAX: usize = 1_024;
/// Maximum number of events held back while the switchboard's queue is full.
const UNTOLD_MAX: usize = 65_536;
/// Lateness above which a tick counts as late.
const LATE: Duration = Duration::from_millis(2);

/// Receiver of players' requests for sound; never blocks.
pub(crate) type Wants = Box<dyn FnMut(Want) + Send>;

/// Parts of a media thread.
pub(crate) struct MediaLoop {
    pub(crate) thread: u16,
    pub(crate) ports: Ports,
    pub(crate) orders: Receiver<Order>,
    pub(crate) feeds: Receiver<Command>,
    pub(crate) moves: Moves,
    pub(crate) letterbox: Letterbox,
    pub(crate) wants: Wants,
    pub(crate) recordings: ToDisk,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) pulse: Pulse,
    /// Configuration of the engine. All threads tick at the same moments, so that a leg can move
    /// between threads from tick to tick.
    pub(crate) config: EngineConfig,
}

/// State of a running media thread.
struct Running {
    setup: MediaLoop,
    engine: Engine,
    legs: Legs,
    /// Legs whose ports must not appear in an SDP yet.
    openings: Openings<Pair>,
    /// Sockets with unread packets.
    more: Poll,
    /// Buffer for a packet; its last byte detects packets that are too long.
    packet: Box<[u8; RTP_PACKET_BYTES_MAX + 1]>,
    /// Buffers for the RTCP of a leg.
    reports: Batch,
    untold: VecDeque<Told>,
    shown: [u64; ENGINE_ROWS],
    load: Load,
    pace: Pace,
    /// Current priority of the thread.
    priority: Priority,
    urgency: Urgency,
}

impl MediaLoop {
    /// Runs until the switchboard drops its sender of orders.
    pub(crate) fn run(self) {
        let priority = try_realtime();
        tracing::info!(thread = self.thread, ?priority, "a media thread runs");
        let engine = Engine::new(starting(self.config, now()));
        let mut running = Running {
            setup: self,
            engine,
            legs: Legs::default(),
            openings: Openings::default(),
            more: Poll::new(),
            packet: Box::new([0; RTP_PACKET_BYTES_MAX + 1]),
            reports: Batch::with_arrivals(READS_MAX, RTP_PACKET_BYTES_MAX + 1),
            untold: VecDeque::new(),
            shown: [0; ENGINE_ROWS],
            load: Load::default(),
            pace: Pace::default(),
            priority,
            urgency: Urgency::default(),
        };
        loop {
            let due = running.engine.next_deadline();
            sleep_until(due);
            let begun = now();
            running.setup.pulse.works();
            let Some(waited) = running.tick(due, begun) else {
                return;
            };
            running.gauge(due, begun, waited);
        }
    }
}

impl Running {
    /// Runs a tick. Returns the time spent waiting in the tick; `None` if no more orders will come.
    fn tick(&mut self, due: Instant, begun: Instant) -> Option<Duration> {
        self.take_arrivals();
        self.read_sockets(begun);
        self.look_at_openings(begun);
        self.take_feeds(begun);
        if !self.take_orders(begun) {
            return None;
        }
        self.engine.tick(begun);
        self.pace.begins((due, begun), now());
        self.carry_out();
        let waited = self.pace.ends(now());
        self.tell();
        // Events of leaving legs must be sent before the new thread sends their events.
        if self.untold.is_empty() {
            self.send_off();
        }
        Some(waited)
    }

    /// Reads the RTP sockets. Most phones have sent a single packet since the last tick. Sockets
    /// with more packets are found by a single poll, which is cheaper than a failed read of each.
    fn read_sockets(&mut self, now: Instant) {
        let tick = self.engine.tick_count();
        let packet = &mut self.packet[..];
        self.more.clear();
        for (leg, turn) in self.legs.iter_mut().zip(tick..) {
            read(&mut self.engine, packet, now, (leg, Component::Rtp), 1);
            self.more.watch(&leg.rtp.udp);
            if turn % u64::from(RTCP_EVERY) == 0 {
                read_reports(&mut self.engine, now, &mut self.reports, leg);
            }
            if turn % DROPS_EVERY == 0 {
                self.setup.gauges.socket_drops.add(leg.new_drops());
            }
        }
        self.more.wait(Some(now));
        for (place, leg) in self.legs.iter_mut().enumerate() {
            if self.more.is_ready(place) || leg.rtp.is_fresh() {
                read(
                    &mut self.engine,
                    packet,
                    now,
                    (leg, Component::Rtp),
                    READS_MAX - 1,
                );
            }
        }
    }

    fn take_feeds(&mut self, now: Instant) {
        for _ in 0..ORDERS_A_TICK_MAX {
            let Ok(feed) = self.setup.feeds.try_recv() else {
                return;
            };
            self.engine.apply(now, feed);
        }
    }

    fn take_arrivals(&mut self) {
        loop {
            let arrival = self.setup.moves.arrives(|leg| self.engine.is_due(leg));
            let Some(Arrival { id, leg, lost }) = arrival else {
                return;
            };
            let Some((moved, sockets)) = leg else {
                tracing::debug!(leg = %id, "a leg that was to come was not there");
                continue;
            };
            if let Some((recording, ticks)) = lost {
                self.setup.recordings.has_lost(recording, ticks);
            }
            if self.engine.take_over(moved) {
                self.legs.put(sockets);
            }
        }
    }

    /// Hands leaving legs over after the tick, so that the next tick of a leg runs on its new
    /// thread.
    fn send_off(&mut self) {
        let Self {
            engine,
            legs,
            setup,
            ..
        } = self;
        let recordings = &mut setup.recordings;
        setup.moves.send_off(|id| {
            let leg = engine.let_go(id).zip(legs.take(id));
            let recording = leg.as_ref().and_then(|(moved, _)| moved.recording());
            let lost = recording.and_then(|recording| recordings.take_lost(recording));
            Arrival { id, leg, lost }
        });
    }

    fn take_orders(&mut self, now: Instant) -> bool {
        for _ in 0..ORDERS_A_TICK_MAX {
            if self.setup.moves.waits() {
                if !self.setup.orders.is_closed() {
                    return true;
                }
                self.setup.moves.stop_waiting();
            }
            match self.setup.orders.try_recv() {
                Ok(Order::OpenLeg(leg)) => self.open(now, leg),
                Ok(Order::MoveLeg { leg, to }) => self.setup.moves.go(leg, to),
                Ok(Order::AwaitLeg(leg)) => self.setup.moves.wait_for(leg),
                Ok(Order::Command(Command::RemoveLeg { leg })) => {
                    self.engine.apply(now, Command::RemoveLeg { leg });
                    // The leg's last packets are sent before its sockets close.
                    self.carry_out();
                    // Dropping the leg closes the sockets.
                    let drops = self.legs.take(leg).map_or(0, |mut leg| leg.new_drops());
                    self.setup.gauges.socket_drops.add(drops);
                    self.openings.cancel(leg);
                }
                Ok(Order::Command(command)) => self.engine.apply(now, command),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
        true
    }

    fn carry_out(&mut self) {
        let mut unsent = 0;
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Packet {
                    leg,
                    component,
                    to,
                    bytes,
                } => {
                    if let Some((until, wait)) = self.pace.next(now) {
                        sleep_until(until);
                        self.pace.slept(wait);
                    }
                    if let Some(leg) = self.legs.find(leg) {
                        unsent += u64::from(!leg.socket(component).send(bytes, to));
                    }
                }
                Output::Locked {
                    leg,
                    component,
                    peer,
                } => {
                    if let Some(leg) = self.legs.find(leg) {
                        leg.socket(component).connect(peer);
                    }
                }
                Output::Unlocked { leg } => {
                    if let Some(leg) = self.legs.find(leg) {
                        leg.disconnect();
                    }
                }
                Output::Wants {
                    leg,
                    player,
                    sound,
                    position,
                    rate,
                } => (self.setup.wants)(Want {
                    leg,
                    player,
                    sound,
                    position,
                    rate,
                }),
                Output::Recorded(chunk) => self.setup.recordings.take(chunk),
                Output::RecordingOver(recording) => self.setup.recordings.over(recording),
                Output::Event(event) => {
                    let told = Told::Event(self.setup.thread, event);
                    self.untold.push_back(told);
                }
            }
        }
        self.setup.recordings.flush();
        self.setup.gauges.unsent.add(unsent);
    }

    /// Sends queued events to the switchboard; events without room are sent on the next tick.
    fn tell(&mut self) {
        if self.untold.is_empty() {
            return;
        }
        while let Some(told) = self.untold.pop_front() {
            if let Err(told) = self.setup.letterbox.tell(told) {
                self.untold.push_front(told);
                break;
            }
        }
        if self.untold.len() > UNTOLD_MAX {
            let beyond = self.untold.len() - UNTOLD_MAX;
            self.untold.drain(..beyond);
            self.setup.gauges.untold.add(beyond as u64);
        }
        self.setup.letterbox.ring();
    }

    fn gauge(&mut self, due: Instant, begun: Instant, waited: Duration) {
        let gauges = &self.setup.gauges;
        let lateness = begun.saturating_since(due);
        let engine = EngineNow {
            counters: self.engine.counters(),
            legs: self.engine.leg_count(),
            rooms: self.engine.room_count(),
        };
        gauges.engines.show(&mut self.shown, engine.read());
        gauges.ticks.add(1);
        gauges.late_ticks.add(u64::from(lateness > LATE));
        gauges.tick_lateness.note(lateness);
        let length = now().saturating_since(begun).saturating_sub(waited);
        gauges.tick_length.note(length);
        self.give_way(waited);
        if let Some(told) = self.load.tick(length, self.urgency.is_given_up()) {
            let thread = self.setup.thread;
            match told.changes {
                Some(true) => {
                    tracing::warn!(thread, "a media thread is full: it takes no new calls");
                }
                Some(false) => tracing::info!(thread, "a media thread has room again"),
                None => {}
            }
            self.untold.push_back(Told::Load(thread, told));
        }
    }

    /// Gives up real-time priority after a second of almost continuous work, and regains it later.
    fn give_way(&mut self, waited: Duration) {
        let now = now();
        let idle = waited + self.engine.next_deadline().saturating_since(now);
        let thread = self.setup.thread;
        match self.urgency.tick(now, idle) {
            Some(Change::GiveUp) if self.priority == Priority::Realtime => {
                self.setup.gauges.priority_given_up.add(1);
                self.priority = give_up_realtime();
                tracing::warn!(
                    thread,
                    priority = ?self.priority,
                    "a media thread worked for more than 90 % of a second: it gives up real-time \
                     priority until it recovers, and takes no new calls"
                );
            }
            Some(Change::GiveUp) => {
                tracing::warn!(
                    thread,
                    "a media thread worked for more than 90 % of a second: it takes no new calls \
                     until it recovers"
                );
            }
            Some(Change::Regain) => {
                self.priority = try_realtime();
                tracing::info!(thread, priority = ?self.priority, "a media thread has recovered");
            }
            None => {}
        }
    }
}

/// Sets the start of an engine to the next of the common ticks.
fn starting(config: EngineConfig, now: Instant) -> EngineConfig {
    let gone = now.saturating_since(config.start).as_nanos() / TICK.as_nanos();
    let gone = u32::try_from(gone).unwrap_or(u32::MAX).saturating_add(1);
    EngineConfig {
        start: config.start + TICK * gone,
        wall: WallTime(config.wall.0 + (TICK * gone).as_millis() as i64),
        ..config
    }
}

/// Reads the RTCP of a leg, each packet with its time of arrival. Packets of a leg that changed its
/// thread may be as old as two reads; an earlier time is a step of the system's clock.
fn read_reports(engine: &mut Engine, now: Instant, reports: &mut Batch, leg: &Leg) {
    reports.receive(&leg.rtcp.udp);
    let earliest = Instant(
        now.0
            .saturating_sub((TICK * RTCP_EVERY * 2).as_nanos() as u64),
    );
    for report in reports.datagrams() {
        let at = report.arrived.clamp(earliest, now);
        engine.receive(at, leg.id, Component::Rtcp, report.from, report.bytes);
    }
}

/// Reads a socket until it is empty, or until `most` packets were read.
fn read(
    engine: &mut Engine,
    packet: &mut [u8],
    now: Instant,
    (leg, component): (&mut Leg, Component),
    most: usize,
) {
    let id = leg.id;
    let socket = leg.socket(component);
    for _ in 0..most {
        let Some((length, from)) = socket.receive(packet) else {
            return;
        };
        engine.receive(now, id, component, from, &packet[..length]);
    }
}
