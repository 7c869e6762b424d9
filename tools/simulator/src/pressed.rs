//! Checker of DTMF digits sent to the phones: each digit once, in order, and each order complete
//! within its time while RTP is sent. Each operation that waits for the end of an order continues.

use std::collections::{BTreeMap, VecDeque};

use confab_media::{Command, Event, Key};
use confab_rtp::Header;
use confab_terms::{Digit, LegId, PlayerId};

use crate::outcome::Checked;

/// Length of a digit in ticks: seven packets, and five ticks of pause.
const KEY_TICKS: u32 = 12;
/// Additional ticks: the rest of a digit in progress, and the delay of the thread.
const SPARE_TICKS: u32 = 15;

#[derive(Default)]
pub(crate) struct Pressed {
    legs: BTreeMap<LegId, Keypad>,
    /// Orders whose end the switchboard waits for.
    awaited: BTreeMap<PlayerId, LegId>,
}

/// Orders of digits on a leg, as its thread executes them.
#[derive(Default)]
struct Keypad {
    orders: VecDeque<Order>,
    /// Timestamp and event of the digit in progress or the last one.
    last: Option<(u32, u8)>,
}

struct Order {
    player: PlayerId,
    /// RFC 4733 events that have not begun.
    events: VecDeque<u8>,
    /// Number of packets left until the order must be complete.
    ticks: u32,
}

impl Pressed {
    /// Records a command of the switchboard.
    pub(crate) fn commanded(&mut self, command: &Command) {
        match command {
            Command::SendDigits { leg, player, .. } => {
                self.awaited.insert(*player, *leg);
            }
            Command::StopDigits { player, .. } => {
                self.awaited.remove(player);
            }
            Command::RemoveLeg { leg } => self.awaited.retain(|_, of| of != leg),
            _ => {}
        }
    }

    /// Records a command applied by the leg's thread.
    pub(crate) fn applied(&mut self, command: &Command) {
        match command {
            Command::SendDigits { leg, player, keys } => {
                let ticks = keys.iter().map(|key| match key {
                    Key::Press(_) => KEY_TICKS,
                    Key::Wait { ticks } => u32::from(*ticks),
                });
                let order = Order {
                    player: *player,
                    events: keys.iter().filter_map(event).collect(),
                    ticks: ticks.sum::<u32>() + SPARE_TICKS,
                };
                self.legs.entry(*leg).or_default().orders.push_back(order);
            }
            Command::StopDigits { leg, player } => {
                if let Some(keypad) = self.legs.get_mut(leg) {
                    keypad.orders.retain(|order| order.player != *player);
                }
            }
            Command::RemoveLeg { leg } => {
                self.legs.remove(leg);
            }
            _ => {}
        }
    }

    /// Checks an outgoing RTP packet; `told`: its payload if it is a DTMF event.
    pub(crate) fn sent(&mut self, leg: LegId, header: Header, told: Option<&[u8]>) -> Checked {
        let keypad = self.legs.entry(leg).or_default();
        if let Some(order) = keypad.orders.front_mut() {
            order.ticks = order.ticks.checked_sub(1).ok_or_else(|| {
                let left = order.events.len();
                format!("leg {leg}: keys take too long, {left} have not begun")
            })?;
        }
        let Some(payload) = told else {
            return Ok(());
        };
        let &[event, ..] = payload else {
            return Err(format!("leg {leg} is sent a digit without an event"));
        };
        let now = (header.timestamp, event);
        if !header.marker && keypad.last == Some(now) {
            return Ok(());
        }
        keypad.last = Some(now);
        let order = keypad.orders.front_mut();
        match order.and_then(|order| order.events.pop_front()) {
            Some(next) if next == event && header.marker => Ok(()),
            next => Err(format!(
                "leg {leg} is sent the event {event}, marker {}; its turn has {next:?}",
                header.marker
            )),
        }
    }

    /// Checks an event of the leg's thread.
    pub(crate) fn told(&mut self, event: &Event) -> Checked {
        let Event::PlayerEnded { leg, player } = event else {
            return Ok(());
        };
        let Some(keypad) = self.legs.get_mut(leg) else {
            return Ok(());
        };
        match keypad
            .orders
            .iter()
            .position(|order| order.player == *player)
        {
            None => Ok(()),
            Some(0) if keypad.orders[0].events.is_empty() => {
                keypad.orders.pop_front();
                Ok(())
            }
            Some(_) => Err(format!("leg {leg}: keys are over that were not sent")),
        }
    }

    /// Records that the switchboard receives the end of an order; returns true if it waits for that
    /// end.
    pub(crate) fn heard_over(&mut self, player: PlayerId) -> bool {
        self.awaited.remove(&player).is_some()
    }

    /// Checks that no order is awaited, and that no leg has digits left.
    pub(crate) fn close(&self) -> Checked {
        if let Some((player, leg)) = self.awaited.first_key_value() {
            return Err(format!("keys {player} of leg {leg} are still awaited"));
        }
        match self.legs.first_key_value() {
            None => Ok(()),
            Some((leg, _)) => Err(format!("leg {leg} is gone, and its keys are not")),
        }
    }
}

fn event(key: &Key) -> Option<u8> {
    let Key::Press(Digit(key)) = key else {
        return None;
    };
    let place = "0123456789*#ABCD".find(*key)?;
    u8::try_from(place).ok()
}
