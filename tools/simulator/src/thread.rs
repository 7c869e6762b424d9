//! The media thread around the engine: orders come in their order and take their time, ports run
//! out, sounds are fed, and now and then the whole thread stalls.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use confab_media::{Command, Event, LegMedia, Output};
use confab_switchboard::{Input, RecordingEnd};
use confab_terms::{Instant, LegId, RoomId, SoundId};

use crate::dice::Dice;
use crate::outcome::Checked;
use crate::queue::{Arrival, Order};
use crate::tally::Kind;
use crate::voices::Heard;
use crate::world::World;

pub(crate) struct Thread {
    /// When the youngest order, and the youngest event, arrive: none overtakes another.
    orders_due: Instant,
    events_due: Instant,
    latency_us: u64,
    /// It stalls until then.
    pub(crate) free_at: Instant,
    waiting: VecDeque<Order>,
    ports_max: usize,
    next_port: u16,
    pub(crate) legs: BTreeMap<LegId, Here>,
    pub(crate) leg_of_port: BTreeMap<u16, LegId>,
    pub(crate) opened: u64,
    pub(crate) sounds: BTreeMap<SoundId, u64>,
    pub(crate) intrusions: Vec<(LegId, u64)>,
    /// On which tick each change of a room was the first to be heard.
    pub(crate) applied: BTreeMap<(RoomId, u64), u64>,
    unconfirmed: Vec<(RoomId, u64)>,
}

/// An open port, and what is known of its leg.
#[derive(Default)]
pub(crate) struct Here {
    pub(crate) media: Option<LegMedia>,
    /// The phone that speaks on it.
    pub(crate) phone: Option<usize>,
    pub(crate) voice: Option<usize>,
    /// The tick since which nothing has changed in how it is reached.
    pub(crate) settled: u64,
    pub(crate) last_sequence: Option<u16>,
    /// The sounds that were ever fed to its players.
    pub(crate) fed: BTreeSet<SoundId>,
}

impl Here {
    pub(crate) fn speaks(&self) -> bool {
        self.media
            .is_some_and(|media| media.sends && media.receives)
    }
}

/// What a tick sent.
pub(crate) struct Sent {
    pub(crate) leg: LegId,
    pub(crate) heard: Heard,
}

impl Thread {
    pub(crate) fn new(start: Instant, dice: &mut Dice) -> Self {
        Self {
            orders_due: start,
            events_due: start,
            latency_us: *dice.pick(&[200, 3_000, 30_000]).unwrap_or(&200),
            free_at: start,
            waiting: VecDeque::new(),
            ports_max: if dice.chance(150) {
                dice.between(4, 6) as usize
            } else {
                1_000
            },
            next_port: 20_000,
            legs: BTreeMap::new(),
            leg_of_port: BTreeMap::new(),
            opened: 0,
            sounds: BTreeMap::new(),
            intrusions: Vec::new(),
            applied: BTreeMap::new(),
            unconfirmed: Vec::new(),
        }
    }
}

impl World {
    pub(crate) fn legs_so_far(&self) -> u64 {
        self.thread.opened
    }

    pub(crate) fn tick_due(&self) -> Instant {
        self.engine.next_deadline().max(self.thread.free_at)
    }

    fn latency(&mut self) -> Duration {
        Duration::from_micros(self.media.below(self.thread.latency_us))
    }

    pub(crate) fn order(&mut self, order: Order) {
        let at = (self.now + self.latency()).max(self.thread.orders_due);
        self.thread.orders_due = at;
        self.queue.push(at, Arrival::Order(order));
    }

    fn tell(&mut self, input: Input) {
        let at = (self.now + self.latency()).max(self.thread.events_due);
        self.thread.events_due = at;
        self.queue.push(at, Arrival::Input(input));
    }

    pub(crate) fn stall(&mut self) {
        let until = self.now + Duration::from_millis(self.media.between(50, 1_500));
        self.thread.free_at = self.thread.free_at.max(until);
        self.queue.push(self.thread.free_at, Arrival::Awake);
    }

    pub(crate) fn awake(&mut self) -> Checked {
        while self.now >= self.thread.free_at {
            match self.thread.waiting.pop_front() {
                Some(order) => self.carries_out(order)?,
                None => break,
            }
        }
        Ok(())
    }

    pub(crate) fn ordered(&mut self, order: Order) -> Checked {
        self.thread.waiting.push_back(order);
        self.awake()
    }

    fn carries_out(&mut self, order: Order) -> Checked {
        match order {
            Order::OpenLeg(leg) => self.open_port(leg),
            Order::Tell(command) => {
                self.before_applied(&command)?;
                self.trace(|| {
                    format!("   engine: {command:?}")
                        .chars()
                        .take(300)
                        .collect()
                });
                self.engine.apply(self.now, command);
                return self.poll_engine();
            }
        }
        Ok(())
    }

    fn open_port(&mut self, leg: LegId) {
        let thread = &mut self.thread;
        let port = (thread.legs.len() < thread.ports_max).then_some(thread.next_port);
        match port {
            Some(port) => {
                thread.next_port += 2;
                thread.opened += 1;
                thread.legs.insert(leg, Here::default());
                thread.leg_of_port.insert(port, leg);
            }
            None => self.tally.count(Kind::NoPort),
        }
        self.tell(Input::LegOpened { leg, port });
    }

    fn before_applied(&mut self, command: &Command) -> Checked {
        match command {
            Command::AddLeg { leg, .. } if !self.thread.legs.contains_key(leg) => {
                return Err(format!("leg {leg} is added without a port"));
            }
            Command::SetMedia { leg, media } => {
                let tick = self.engine.tick_count();
                if let Some(here) = self.thread.legs.get_mut(leg) {
                    here.media = Some(*media);
                    here.settled = tick;
                }
            }
            Command::RemoveLeg { leg } => {
                self.thread.legs.remove(leg);
            }
            Command::Change { room, number, .. } => {
                self.oracle.reached(*room, *number);
                self.thread.unconfirmed.push((*room, *number));
            }
            Command::CloseRoom { room } => {
                self.oracle.holds.remove(room);
            }
            _ => {}
        }
        Ok(())
    }

    /// One tick of every room, at its time or as soon as the thread is free.
    pub(crate) fn tick(&mut self) -> Checked {
        self.speak();
        self.engine.tick(self.now);
        if self.restores() {
            self.restore_engine()?;
        }
        let sent = self.polled()?;
        let tick = self.engine.tick_count();
        for change in core::mem::take(&mut self.thread.unconfirmed) {
            if self.thread.applied.get(&change) != Some(&tick) {
                let (room, number) = change;
                return Err(format!(
                    "change {number} of {room} is not confirmed on tick {tick}"
                ));
            }
        }
        self.check_rooms()?;
        self.check_hearing(&sent)?;
        self.check_music(&sent)?;
        self.check_held(&sent)
    }

    pub(crate) fn poll_engine(&mut self) -> Checked {
        match self.polled()?.first() {
            None => Ok(()),
            Some(sent) => Err(format!(
                "leg {} is sent a packet between two ticks",
                sent.leg
            )),
        }
    }

    fn polled(&mut self) -> Result<Vec<Sent>, String> {
        let mut sent = Vec::new();
        let mut events = Vec::new();
        let mut wants = Vec::new();
        let mut over = Vec::new();
        while let Some(output) = self.engine.poll_output() {
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
                    let heard = crate::hearing::packet(&mut self.thread, leg, rtp, to, bytes)?;
                    sent.extend(heard.map(|heard| Sent { leg, heard }));
                }
                Output::Locked { leg, peer, .. } => {
                    crate::hearing::locked(&self.thread, leg, peer)?;
                }
                Output::Unlocked { .. } => {}
                Output::Wants {
                    leg,
                    player,
                    sound,
                    position,
                } => wants.push((leg, player, sound, position)),
                // What a recording holds is for the engine's own tests.
                Output::Recorded(_) => {}
                Output::RecordingOver(recording) => over.push(recording),
                Output::Event(event) => events.push(event),
            }
        }
        for (leg, player, sound, position) in wants {
            self.feed(leg, player, sound, position);
        }
        for event in events {
            if let Event::Applied { room, number, tick } = event
                && self.thread.applied.insert((room, number), tick).is_some()
            {
                return Err(format!(
                    "change {number} of room {room} was confirmed twice"
                ));
            }
            self.trace(|| {
                format!("   engine says {event:?}")
                    .chars()
                    .take(300)
                    .collect()
            });
            self.tell(Input::Media { thread: 0, event });
        }
        for recording in over {
            let end = RecordingEnd::Written {
                duration_ms: 1_000,
                lost_ms: 0,
            };
            self.tell(Input::Recorded { recording, end });
        }
        Ok(sent)
    }
}
