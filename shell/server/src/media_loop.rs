//! A media thread: an I/O loop around one engine. On each absolute tick it drains every socket,
//! takes its orders as late as it can, lets the engine tick, then sends each packet at its moment.
//! It decides nothing.

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

/// Packets of one socket in one tick: who floods a port waits for the next tick.
const READS_MAX: usize = 32;
/// Ticks between two reads of an RTCP socket: reports come every five seconds. The kernel notes the
/// time of arrival.
const RTCP_EVERY: u32 = 25;
/// Ticks after which the drops of a socket are counted again.
const DROPS_EVERY: u64 = 10 * RTCP_EVERY as u64;
/// Orders on one tick; the rest on the next.
const ORDERS_A_TICK_MAX: usize = 1_024;
/// What waits to be told while the switchboard's queue is full.
const UNTOLD_MAX: usize = 65_536;
/// Lateness that is worth counting.
const LATE: Duration = Duration::from_millis(2);

/// Takes what players want; never blocks.
pub(crate) type Wants = Box<dyn FnMut(Want) + Send>;

/// One media thread.
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
    /// All threads tick at the same moments, so that a leg can go from one to another in between.
    pub(crate) config: EngineConfig,
}

/// What it keeps while it runs.
struct Running {
    setup: MediaLoop,
    engine: Engine,
    legs: Legs,
    /// Legs whose ports no SDP may name yet.
    openings: Openings<Pair>,
    /// Which sockets hold more than was read.
    more: Poll,
    /// For one packet, and a byte by which one that is too long is known.
    packet: Box<[u8; RTP_PACKET_BYTES_MAX + 1]>,
    /// Buffers for the RTCP of one leg.
    reports: Batch,
    untold: VecDeque<Told>,
    shown: [u64; ENGINE_ROWS],
    load: Load,
    pace: Pace,
    /// Priority with which the thread runs.
    priority: Priority,
    urgency: Urgency,
}

impl MediaLoop {
    /// Runs until the switchboard lets go of its end of the orders.
    pub(crate) fn run(self) {
        // The first engine of a process makes the built-in music, which takes many ticks.
        drop(Engine::new(EngineConfig::default()));
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
    /// For how long it only waited; `None` if there is no more to come.
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
        // What they told goes before what they tell there.
        if self.untold.is_empty() {
            self.send_off();
        }
        Some(waited)
    }

    /// One packet is what most phones sent since the last tick: who sent more is asked of all at
    /// once, which costs less than that each socket says no.
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

    /// Behind the tick, so that the next one is the other thread's.
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
                    // What it has left to say is said before its sockets go.
                    self.carry_out();
                    // Closes the sockets.
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

    /// Passes on what there is to tell; what finds no place waits for the next tick.
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

    /// Gives up real-time priority after a second of nearly nothing but work, and regains it.
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

/// With its first tick to come, on one of those moments.
fn starting(config: EngineConfig, now: Instant) -> EngineConfig {
    let gone = now.saturating_since(config.start).as_nanos() / TICK.as_nanos();
    let gone = u32::try_from(gone).unwrap_or(u32::MAX).saturating_add(1);
    EngineConfig {
        start: config.start + TICK * gone,
        wall: WallTime(config.wall.0 + (TICK * gone).as_millis() as i64),
        ..config
    }
}

/// Reads one leg's RTCP, each packet with its time of arrival. Packets of a leg that changed its
/// thread may have waited for two turns; an earlier time is a step of the system's clock.
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

/// Reads one socket to its end, or so many packets.
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
