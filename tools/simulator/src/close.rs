//! End of a run: all phones hang up, and 34 s later no state is left.

use core::time::Duration;

use confab_switchboard::{Input, Leftovers};

use crate::outcome::Checked;
use crate::tally::Kind;
use crate::world::World;

/// Longest life of a transaction after the end of its call: 64 × T1 (RFC 3261), with a margin.
const QUIET: Duration = Duration::from_secs(34);
const LEGS_MIN: u64 = 4;
const TICKS_MIN: u64 = 500;

impl World {
    pub(crate) fn close(&mut self) -> Checked {
        self.closing = true;
        for at in 0..self.phones.len() {
            let phone = &mut self.phones[at];
            if let Some(line) = phone.line.take() {
                self.tally.count(match line.leg {
                    Some(_) => Kind::HangUp,
                    None => Kind::Cancel,
                });
                phone.agent.hang_up(self.now, line.dialog);
                self.poll_phone(at)?;
            }
        }
        // Time for messages in flight on a lossy line, and their answers.
        self.run_until(self.now + Duration::from_secs(4))?;
        if self.board.leftovers().calls > 0 {
            // A phone rebooted without a BYE, or a stranger's call is up.
            self.tally.count(Kind::HangUpAll);
            self.input(Input::HangUpAll)?;
        }
        self.run_until(self.now + QUIET)?;
        self.streams_end();
        self.run_until(self.now + Duration::from_secs(1))?;
        if let Some(phone) = self.phones.iter().find(|phone| phone.rings.is_some()) {
            return Err(format!("phone {} rings, and nobody calls", phone.number));
        }
        if self.board.leftovers().transactions > 0 {
            // OPTIONS that keep a NAT binding open are retransmitted for 8 s.
            self.run_until(self.now + Duration::from_secs(9))?;
        }
        self.nothing_is_left()?;
        // A phone that canceled an INVITE without any response retransmits for longer.
        if self
            .phones
            .iter()
            .any(|phone| phone.agent.leftovers() != (0, 0, 0))
        {
            self.run_until(self.now + QUIET)?;
        }
        for phone in &self.phones {
            let left = phone.agent.leftovers();
            if left != (0, 0, 0) {
                return Err(format!("phone {} is left with {left:?}", phone.number));
            }
        }
        Ok(())
    }

    fn nothing_is_left(&self) -> Checked {
        let left = self.board.leftovers();
        if left != Leftovers::default() {
            return Err(format!("left over: {left:?}"));
        }
        if let Some(at) = self.board.next_deadline() {
            return Err(format!("a deadline at {at:?}, and nothing to wait for"));
        }
        let engines = self.threads.iter().map(|thread| &thread.engine);
        let counts = engines.map(|engine| (engine.leg_count(), engine.room_count()));
        let (legs, rooms) = counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let ports = self.ports.in_use() + self.ports.legs.len();
        if (legs, rooms, ports) != (0, 0, 0) {
            return Err(format!(
                "left in the engines: {legs} legs, {rooms} rooms; {ports} ports"
            ));
        }
        if self.queue.len() > 0 {
            return Err(format!("{} things are still under way", self.queue.len()));
        }
        let rooms = self
            .oracle
            .rooms
            .values()
            .filter(|room| room.was_seated)
            .count();
        self.ports.pressed.close()?;
        self.post.inbox.close(self.post.deliveries.waiting())?;
        self.books.close(self.board.counters().calls_total, rooms)?;
        // Coverage that each script guarantees.
        if self.legs_so_far() < LEGS_MIN || self.ticks() < TICKS_MIN {
            let ticks = self.ticks();
            return Err(format!("only {} legs in {ticks} ticks", self.legs_so_far()));
        }
        Ok(())
    }
}
