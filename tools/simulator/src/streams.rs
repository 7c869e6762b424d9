//! TCP connections of some phones: octets arrive in order and in arbitrary pieces, until a
//! connection breaks.

use core::time::Duration;

use confab_sip::{ConnectionEvent, ConnectionId, ConnectionOrder, Transport};
use confab_switchboard::Input;
use confab_terms::{Instant, SocketAddr};

use crate::outcome::Checked;
use crate::queue::Arrival;
use crate::tally::Kind;
use crate::weather::Weather;
use crate::world::{World, sip_address};

fn opened(peer: SocketAddr) -> ConnectionEvent {
    ConnectionEvent::Opened {
        peer,
        transport: Transport::Tcp,
    }
}

/// End of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Phone,
    Board,
}

/// Connection between a phone and the switchboard.
pub(crate) struct Stream {
    phone: usize,
    at_phone: ConnectionId,
    at_board: ConnectionId,
    /// Arrival of the last octets in flight, at the phone and at the switchboard.
    last: [Instant; 2],
    /// True for an end that receives no further events.
    over: [bool; 2],
    /// True if octets in flight are lost.
    broken: bool,
}

impl World {
    /// Executes a connection order of a phone.
    pub(crate) fn phone_orders(&mut self, at: usize, id: ConnectionId, order: ConnectionOrder) {
        if let ConnectionOrder::Open { to, .. } = order {
            debug_assert_eq!(to, sip_address());
            let number = self.streams.len();
            let at_board = ConnectionId::Theirs(number as u64 + 1);
            return self.opens(at, id, at_board);
        }
        let of_it = |s: &Stream| s.phone == at && s.at_phone == id && !s.over[0];
        if let Some(number) = self.streams.iter().position(of_it) {
            self.orders(number, End::Board, order);
        }
    }

    /// Executes a connection order of the switchboard.
    pub(crate) fn board_orders(&mut self, id: ConnectionId, order: ConnectionOrder) -> Checked {
        if let ConnectionOrder::Open { to, .. } = order {
            let phone = self.phones.iter().position(|phone| phone.address == to);
            let Some(at) = phone else {
                let event = ConnectionEvent::Closed;
                let input = Input::Connection {
                    connection: id,
                    event,
                };
                let soon = self.now + Duration::from_millis(1);
                self.queue.push(soon, Arrival::Input(input));
                return Ok(());
            };
            let number = self.streams.len();
            self.opens(at, ConnectionId::Theirs(number as u64 + 1), id);
            return Ok(());
        }
        if let ConnectionOrder::Send(bytes) = &order {
            self.tap(bytes)?;
        }
        let of_it = |s: &Stream| s.at_board == id && !s.over[1];
        if let Some(number) = self.streams.iter().position(of_it) {
            self.orders(number, End::Phone, order);
        }
        Ok(())
    }

    fn opens(&mut self, phone: usize, at_phone: ConnectionId, at_board: ConnectionId) {
        self.tally.count(Kind::StreamOpened);
        self.streams.push(Stream {
            phone,
            at_phone,
            at_board,
            last: [self.now; 2],
            over: [false; 2],
            broken: false,
        });
        let number = self.streams.len() - 1;
        let (theirs, ours) = (self.phones[phone].address, sip_address());
        self.sets_out_to(number, End::Board, opened(theirs));
        self.sets_out_to(number, End::Phone, opened(ours));
    }

    /// Sends the order of one end to the other.
    fn orders(&mut self, number: usize, to: End, order: ConnectionOrder) {
        match order {
            ConnectionOrder::Send(bytes) => {
                if !self.closing && self.network.chance(4) {
                    return self.breaks(number);
                }
                let pieces = 1 + self.network.index(3);
                for piece in bytes.chunks(bytes.len().div_ceil(pieces).max(1)) {
                    let bytes = piece.to_vec();
                    self.sets_out_to(number, to, ConnectionEvent::Received { bytes });
                }
            }
            ConnectionOrder::Close => {
                self.streams[number].over[1 - to as usize] = true;
                self.sets_out_to(number, to, ConnectionEvent::Closed);
            }
            ConnectionOrder::Open { .. } => {}
        }
    }

    fn breaks(&mut self, number: usize) {
        self.tally.count(Kind::StreamBroken);
        self.streams[number].broken = true;
        self.sets_out_to(number, End::Phone, ConnectionEvent::Closed);
        self.sets_out_to(number, End::Board, ConnectionEvent::Closed);
    }

    /// Drops the connections of a vanished phone; for half of them, both ends receive the close.
    pub(crate) fn streams_vanish(&mut self, at: usize) {
        for number in 0..self.streams.len() {
            if self.streams[number].phone == at && !self.streams[number].over[0] {
                self.streams[number].over[0] = true;
                if self.network.coin() {
                    self.breaks(number);
                }
            }
        }
    }

    /// Closes all connections at the end of a run.
    pub(crate) fn streams_end(&mut self) {
        for number in 0..self.streams.len() {
            if self.streams[number].over != [true; 2] {
                self.sets_out_to(number, End::Phone, ConnectionEvent::Closed);
                self.sets_out_to(number, End::Board, ConnectionEvent::Closed);
            }
        }
    }

    fn sets_out_to(&mut self, number: usize, to: End, event: ConnectionEvent) {
        let weather = match self.closing {
            true => Weather::CLEAR,
            false => self.phones[self.streams[number].phone].weather,
        };
        let (delay, _) = weather.delay(&mut self.network);
        let last = &mut self.streams[number].last[to as usize];
        *last = (self.now + delay).max(*last + Duration::from_micros(1));
        let at = *last;
        self.queue.push(at, Arrival::Stream { number, to, event });
    }

    pub(crate) fn stream_arrives(
        &mut self,
        number: usize,
        to: End,
        event: ConnectionEvent,
    ) -> Checked {
        let stream = &mut self.streams[number];
        let closed = event == ConnectionEvent::Closed;
        if stream.over[to as usize] || (stream.broken && !closed) {
            return Ok(());
        }
        stream.over[to as usize] = closed;
        match to {
            End::Board => {
                let connection = stream.at_board;
                self.input(Input::Connection { connection, event })
            }
            End::Phone => {
                let (at, id) = (stream.phone, stream.at_phone);
                let agent = &mut self.phones[at].agent;
                agent.handle_connection(self.now, id, event);
                self.poll_phone(at)
            }
        }
    }
}
