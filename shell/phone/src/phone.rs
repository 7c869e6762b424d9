//! The handle of one phone: orders to it, and what can be seen and heard of it.

use std::sync::Arc;
use std::time::Duration;

use confab_sockets::now;
use confab_terms::{Digit, Instant};

use crate::ear::Ear;
use crate::heard::{Frame, frames_by};
use crate::order::LineOrder;
use crate::state::Shared;
use crate::tape::Packet;
use crate::{PhoneConfig, PhoneError, Phones, State, Voice, machine};

/// A phone that calls, talks and listens on a thread of its own (or of its `Phones`). Dropped, it
/// hangs up.
pub struct Phone {
    phones: Phones,
    id: u64,
    shared: Arc<Shared>,
}

impl Phone {
    /// Calls from a thread of its own.
    ///
    /// # Errors
    ///
    /// No port, descriptor or thread.
    pub fn call(config: &PhoneConfig) -> Result<Self, PhoneError> {
        Phones::new()?.call(config)
    }

    pub(crate) fn new(phones: Phones, id: u64, shared: Arc<Shared>) -> Self {
        Self { phones, id, shared }
    }

    /// How far the call is.
    #[must_use]
    pub fn state(&self) -> State {
        self.shared.look().state
    }

    /// Waits until it talks.
    ///
    /// # Errors
    ///
    /// Not within the time.
    pub fn wait_until_talking(&self, at_most: Duration) -> Result<(), PhoneError> {
        self.wait_for(at_most, |state| state == State::Talking)
    }

    /// Waits until the call is over, however it ended.
    ///
    /// # Errors
    ///
    /// Not within the time.
    pub fn wait_until_ended(&self, at_most: Duration) -> Result<State, PhoneError> {
        let ended = |state| matches!(state, State::Ended(_));
        self.shared.wait(at_most, |seen| ended(seen.state))
    }

    /// Waits for any state.
    ///
    /// # Errors
    ///
    /// Not within the time.
    pub fn wait_for(
        &self,
        at_most: Duration,
        wanted: impl Fn(State) -> bool,
    ) -> Result<(), PhoneError> {
        self.shared
            .wait(at_most, |seen| wanted(seen.state))
            .map(drop)
    }

    /// Waits until so many more packets have arrived.
    ///
    /// # Errors
    ///
    /// Not within the time.
    pub fn wait_for_packets(&self, more: u64, at_most: Duration) -> Result<(), PhoneError> {
        let wanted = self.packets_heard() + more;
        self.shared
            .wait(at_most, |seen| seen.tape.count() >= wanted)
            .map(drop)
    }

    /// BYE, or CANCEL before the answer.
    ///
    /// # Errors
    ///
    /// The phones' thread is gone or overwhelmed; so below.
    pub fn hang_up(&self) -> Result<(), PhoneError> {
        self.phones.tell(self.id, LineOrder::HangUp)
    }

    /// Closes its sockets without a BYE, as a phone that loses its power does.
    ///
    /// # Errors
    ///
    /// As `hang_up`.
    pub fn vanish(self) -> Result<(), PhoneError> {
        self.phones.tell(self.id, LineOrder::Vanish)
    }

    /// Holds the other side by a re-INVITE (`sendonly`), and waits for its answer. It goes on
    /// speaking, so that a server that mixes a held phone is found out.
    ///
    /// # Errors
    ///
    /// No answer within the time.
    pub fn hold(&self, at_most: Duration) -> Result<(), PhoneError> {
        self.reoffer(LineOrder::Hold, at_most)
    }

    /// Takes the other side off hold, and waits for its answer.
    ///
    /// # Errors
    ///
    /// No answer within the time.
    pub fn resume(&self, at_most: Duration) -> Result<(), PhoneError> {
        self.reoffer(LineOrder::Resume, at_most)
    }

    fn reoffer(&self, order: LineOrder, at_most: Duration) -> Result<(), PhoneError> {
        let before = self.shared.look().offers_answered;
        self.phones.tell(self.id, order)?;
        let answered = self
            .shared
            .wait(at_most, |seen| seen.offers_answered > before);
        answered.map(drop)
    }

    /// With what an offer of ours was last refused.
    #[must_use]
    pub fn last_refusal(&self) -> Option<u16> {
        self.shared.look().last_refusal
    }

    /// How many offers of the other side it has taken.
    #[must_use]
    pub fn offers_taken(&self) -> u64 {
        self.shared.look().offers_taken
    }

    /// Says something else from the next frame on.
    ///
    /// # Errors
    ///
    /// As `hang_up`.
    pub fn say(&self, voice: Voice) -> Result<(), PhoneError> {
        self.phones.tell(self.id, LineOrder::Say(voice))
    }

    /// Presses keys, one after the other (RFC 4733).
    ///
    /// # Errors
    ///
    /// As `hang_up`.
    pub fn press(&self, keys: &str) -> Result<(), PhoneError> {
        let digits = keys.chars().map(Digit).collect();
        self.phones.tell(self.id, LineOrder::Press(digits))
    }

    /// What `Replaces` (RFC 3891) says in the INVITE of a phone that is to take this one's place:
    /// one of its `headers`. `None` before the answer and after the end.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        self.shared.look().place.clone()
    }

    /// Whether the media that was agreed on is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.shared.look().encrypted
    }

    /// Packets that have arrived so far.
    #[must_use]
    pub fn packets_heard(&self) -> u64 {
        self.shared.look().tape.count()
    }

    /// Packets that it has sent so far.
    #[must_use]
    pub fn packets_sent(&self) -> u64 {
        self.shared.look().sent
    }

    /// All that arrived.
    #[must_use]
    pub fn packets(&self) -> Vec<Packet> {
        self.packets_between(Instant(0), Instant(u64::MAX))
    }

    /// What arrived from `from` on and before `to`.
    #[must_use]
    pub fn packets_between(&self, from: Instant, to: Instant) -> Vec<Packet> {
        self.shared.look().tape.between(from, to)
    }

    /// The same as frames of samples, understood from what came before it.
    #[must_use]
    pub fn frames_between(&self, from: Instant, to: Instant) -> Vec<Frame> {
        let mut ear = Ear::default();
        for packet in &self.shared.look().tape.lead(from) {
            ear.hear(packet);
        }
        frames_by(&mut ear, &self.packets_between(from, to))
    }

    /// Listens for so long from now on.
    ///
    /// # Errors
    ///
    /// The call is over, or nothing at all arrives for a second longer.
    pub fn listen(&self, how_long: Duration) -> Result<Vec<Frame>, PhoneError> {
        let from = now();
        let to = from + how_long;
        self.wait_to_hear(to)?;
        Ok(self.frames_between(from, to))
    }

    /// Listens for so long to what goes on all the time, from now on or from later: a stretch in
    /// which the machine kept a phone of this process from speaking in time does not count.
    ///
    /// # Errors
    ///
    /// As `listen`.
    pub fn listen_in_time(&self, how_long: Duration) -> Result<Vec<Frame>, PhoneError> {
        let (from, to) = self.window_in_time(how_long)?;
        Ok(self.frames_between(from, to))
    }

    /// The same, and says from when to when, for others to be asked what they heard then.
    ///
    /// # Errors
    ///
    /// As `listen`.
    pub fn window_in_time(&self, how_long: Duration) -> Result<(Instant, Instant), PhoneError> {
        machine::in_time(how_long, |_, to| self.wait_to_hear(to))
    }

    fn wait_to_hear(&self, to: Instant) -> Result<(), PhoneError> {
        let patience = to.saturating_since(now()) + Duration::from_secs(1);
        let heard = self.shared.wait(patience, |seen| seen.tape.last() >= to);
        heard.map(drop)
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _gone_already = self.phones.tell(self.id, LineOrder::Forget);
    }
}
