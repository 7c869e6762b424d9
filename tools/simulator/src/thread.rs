//! Media thread around its engine: orders arrive in sequence and with delay, ports run out, sounds
//! are fed, legs arrive and leave, and sometimes the thread stalls. All threads tick at the same
//! instants.

use core::time::Duration;
use std::collections::{BTreeSet, VecDeque};

use confab_media::{Command, Engine, EngineConfig, Event, MovedLeg, Openings, Output};
use confab_switchboard::Input;
use confab_terms::{Instant, LegId, RoomId};

use crate::outcome::Checked;
use crate::ports::Bound;
use crate::queue::{Arrival, Order};
use crate::tally::Kind;
use crate::voices::Heard;
use crate::world::World;

pub(crate) struct Thread {
    pub(crate) engine: Engine,
    /// Legs with ports that no SDP may name yet.
    pub(crate) openings: Openings<Bound>,
    /// Arrival of the latest order and of the latest event: none overtakes another.
    orders_due: Instant,
    events_due: Instant,
    /// End of the current stall.
    free_at: Instant,
    waiting: VecDeque<Order>,
    unconfirmed: Vec<(RoomId, u64)>,
    /// Legs that leave after the tick.
    leaving: VecDeque<(LegId, usize)>,
    /// Legs in transit to this thread.
    pub(crate) arrivals: Vec<MovedLeg>,
    arrived: BTreeSet<LegId>,
    /// Leg whose arrival all further orders wait for.
    awaited: Option<LegId>,
}

/// Packet that a tick sent.
pub(crate) struct Sent {
    pub(crate) leg: LegId,
    pub(crate) heard: Heard,
    /// Possible frame numbers of the packet in the built-in music, and the number of its frames.
    pub(crate) music: (Vec<u64>, u64),
}

impl Thread {
    pub(crate) fn new(config: EngineConfig) -> Self {
        Self {
            engine: Engine::new(config),
            openings: Openings::default(),
            orders_due: config.start,
            events_due: config.start,
            free_at: config.start,
            waiting: VecDeque::new(),
            unconfirmed: Vec::new(),
            leaving: VecDeque::new(),
            arrivals: Vec::new(),
            arrived: BTreeSet::new(),
            awaited: None,
        }
    }

    fn tick_due(&self) -> Instant {
        self.engine.next_deadline().max(self.free_at)
    }

    /// Returns whether the thread waits for a leg from a stalled thread: it ticks, but executes no
    /// orders.
    pub(crate) fn awaits(&self) -> bool {
        self.awaited.is_some()
    }
}

impl World {
    pub(crate) fn legs_so_far(&self) -> u64 {
        self.ports.opened
    }

    pub(crate) fn tick_due(&self) -> Instant {
        let due = self.threads.iter().map(Thread::tick_due);
        due.min().unwrap_or(self.now)
    }

    /// Returns the number of ticks of the thread with the most.
    pub(crate) fn ticks(&self) -> u64 {
        let ticks = self.threads.iter().map(|thread| thread.engine.tick_count());
        ticks.max().unwrap_or(0)
    }

    fn latency(&mut self) -> Duration {
        Duration::from_micros(self.media.below(self.latency_us))
    }

    pub(crate) fn order(&mut self, thread: usize, order: Order) {
        let at = (self.now + self.latency()).max(self.threads[thread].orders_due);
        self.threads[thread].orders_due = at;
        self.queue.push(at, Arrival::Order(thread, order));
    }

    pub(crate) fn tell(&mut self, thread: usize, input: Input) {
        let at = (self.now + self.latency()).max(self.threads[thread].events_due);
        self.threads[thread].events_due = at;
        self.queue.push(at, Arrival::Input(input));
    }

    pub(crate) fn stall(&mut self) {
        let at = self.media.index(self.threads.len());
        let until = self.now + Duration::from_millis(self.media.between(50, 1_500));
        let thread = &mut self.threads[at];
        thread.free_at = thread.free_at.max(until);
        self.queue.push(thread.free_at, Arrival::Awake(at));
    }

    pub(crate) fn awake(&mut self, thread: usize) -> Checked {
        loop {
            let here = &mut self.threads[thread];
            if self.now < here.free_at || here.awaited.is_some() {
                return Ok(());
            }
            match here.waiting.pop_front() {
                Some(order) => self.carries_out(thread, order)?,
                None => return Ok(()),
            }
        }
    }

    pub(crate) fn ordered(&mut self, thread: usize, order: Order) -> Checked {
        self.threads[thread].waiting.push_back(order);
        self.awake(thread)
    }

    fn carries_out(&mut self, thread: usize, order: Order) -> Checked {
        match order {
            Order::OpenLeg(leg) => self.open_port(thread, leg),
            Order::MoveLeg { leg, to } => self.threads[thread].leaving.push_back((leg, to)),
            Order::AwaitLeg(leg) => {
                let here = &mut self.threads[thread];
                if !here.arrived.remove(&leg) {
                    here.awaited = Some(leg);
                }
            }
            Order::Tell(command) => {
                self.before_applied(thread, &command)?;
                self.trace(|| {
                    format!("   engine {thread}: {command:?}")
                        .chars()
                        .take(300)
                        .collect()
                });
                self.threads[thread].engine.apply(self.now, command);
                return self.poll_engine(thread);
            }
        }
        Ok(())
    }

    fn before_applied(&mut self, thread: usize, command: &Command) -> Checked {
        let here = &mut self.threads[thread];
        self.ports.pressed.applied(command);
        self.books.recordings.before_applied(thread, command);
        match command {
            Command::AddLeg { leg, .. } if !self.ports.legs.contains_key(leg) => {
                return Err(format!("leg {leg} is added without a port"));
            }
            Command::SetMedia { leg, media } => {
                let tick = here.engine.tick_count();
                if let Some(here) = self.ports.legs.get_mut(leg) {
                    here.media = Some(*media);
                    here.secrecy.agree(media.srtp);
                    here.settled = tick;
                }
            }
            Command::RemoveLeg { leg } => {
                if let Some(pair) = here.openings.cancel(*leg) {
                    self.ports.release(self.now, pair.port);
                }
                let known = self.ports.legs.remove(leg);
                if let Some(known) = &known {
                    self.books.audio.leg_removed(*leg, &known.counted);
                    self.leg_removed(known);
                }
                if known.is_some_and(|known| known.thread != Some(thread)) {
                    return Err(format!("leg {leg} is removed where it is not"));
                }
            }
            Command::Change { room, number, .. } => {
                here.unconfirmed.push((*room, *number));
                self.oracle.reached(*room, *number);
                self.music_over(*room);
            }
            Command::CloseRoom { room } => {
                self.oracle.holds.remove(room);
            }
            _ => {}
        }
        Ok(())
    }

    fn take_arrivals(&mut self, thread: usize) -> Checked {
        for moved in core::mem::take(&mut self.threads[thread].arrivals) {
            let leg = moved.id();
            let here = &mut self.threads[thread];
            if !here.engine.is_due(&moved) {
                here.arrivals.push(moved);
                continue;
            }
            if !here.engine.take_over(moved) {
                return Err(format!("there is no room for leg {leg}"));
            }
            if here.awaited == Some(leg) {
                here.awaited = None;
            } else {
                here.arrived.insert(leg);
            }
            let tick = here.engine.tick_count();
            if let Some(here) = self.ports.legs.get_mut(&leg) {
                here.thread = Some(thread);
                here.settled = tick;
            }
        }
        self.poll_engine(thread)?;
        self.awake(thread)
    }

    fn send_off(&mut self, thread: usize) -> Checked {
        while let Some((leg, to)) = self.threads[thread].leaving.pop_front() {
            let Some(moved) = self.threads[thread].engine.let_go(leg) else {
                return Err(format!("leg {leg} is to move and is not there"));
            };
            self.tally.count(Kind::LegMoves);
            if let Some(here) = self.ports.legs.get_mut(&leg) {
                here.thread = None;
            }
            self.threads[to].arrivals.push(moved);
        }
        self.poll_engine(thread)
    }

    /// Executes a tick of the thread that is due first, at its time or after its stall.
    pub(crate) fn tick(&mut self) -> Checked {
        let due = self.tick_due();
        let first = self.threads.iter().position(|t| t.tick_due() == due);
        let thread = first.unwrap_or(0);
        self.take_arrivals(thread)?;
        self.speak(thread)?;
        self.look_at_openings(thread);
        self.threads[thread].engine.tick(self.now);
        let here = self.ports.legs.values_mut();
        for here in here.filter(|here| here.thread == Some(thread)) {
            here.ticks += 1;
        }
        self.note_recorded(thread);
        if self.restores() {
            self.restore_engines()?;
        }
        let sent = self.polled(thread)?;
        let tick = self.threads[thread].engine.tick_count();
        for change in core::mem::take(&mut self.threads[thread].unconfirmed) {
            if self.applied.get(&change) != Some(&tick) {
                let (room, number) = change;
                return Err(format!(
                    "change {number} of {room} is not confirmed on tick {tick}"
                ));
            }
        }
        self.send_off(thread)?;
        self.check_formers()?;
        self.check_rooms()?;
        self.check_hearing(thread, &sent)?;
        self.check_music(thread, &sent)?;
        self.check_held(thread, &sent)
    }

    pub(crate) fn poll_engine(&mut self, thread: usize) -> Checked {
        match self.polled(thread)?.first() {
            None => Ok(()),
            Some(sent) => Err(format!(
                "leg {} is sent a packet between two ticks",
                sent.leg
            )),
        }
    }

    fn polled(&mut self, thread: usize) -> Result<Vec<Sent>, String> {
        let mut sent = Vec::new();
        let mut events = Vec::new();
        let mut wants = Vec::new();
        let mut over = Vec::new();
        while let Some(output) = self.threads[thread].engine.poll_output() {
            match output {
                Output::Packet {
                    leg,
                    component,
                    to,
                    bytes,
                } => {
                    self.hash.word(leg.0);
                    self.hash.take(bytes);
                    let rtp = component == confab_media::Component::Rtp;
                    let heard = crate::hearing::packet(&mut self.ports, leg, rtp, to, bytes)?;
                    if let Some(here) = self.ports.legs.get_mut(&leg).filter(|_| rtp) {
                        here.counted.sent += 1;
                    }
                    if let Some((heard, music)) = heard {
                        self.books.recordings.sent(leg);
                        sent.push(Sent { leg, heard, music });
                    }
                }
                Output::Locked { leg, peer, .. } => {
                    crate::hearing::locked(&self.ports, leg, peer)?;
                }
                Output::Unlocked { .. } => {}
                Output::Wants {
                    leg,
                    player,
                    sound,
                    position,
                    rate,
                } => wants.push((leg, player, sound, (position, rate))),
                Output::Recorded(chunk) => self.books.recordings.chunk(&chunk)?,
                Output::RecordingOver(recording) => over.push(recording),
                Output::Event(event) => events.push(event),
            }
        }
        for (leg, player, sound, at) in wants {
            // On a stalled thread, an order to stop the player may still be queued.
            if self.threads[thread].waiting.is_empty() {
                self.books.holds.plays(sound, self.now)?;
            }
            self.feed(leg, player, sound, at);
        }
        for event in events {
            self.told(thread, event)?;
        }
        for recording in over {
            self.recording_over(thread, recording)?;
        }
        Ok(sent)
    }

    fn told(&mut self, thread: usize, event: Event) -> Result<(), String> {
        if let Event::Applied { room, number, tick } = event
            && self.applied.insert((room, number), tick).is_some()
        {
            return Err(format!(
                "change {number} of room {room} was confirmed twice"
            ));
        }
        self.ports.pressed.told(&event)?;
        self.check_figures(&event)?;
        self.trace(|| {
            format!("   engine says {event:?}")
                .chars()
                .take(300)
                .collect()
        });
        let input = Input::Media {
            thread: thread as u16,
            event,
        };
        self.tell(thread, input);
        Ok(())
    }
}
