//! Handle of a phone: orders, state, and received packets.

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

/// Phone that calls, sends and receives on a thread of its own, or on that of its `Phones`. Hangs
/// up on drop.
pub struct Phone {
    phones: Phones,
    id: u64,
    shared: Arc<Shared>,
}

impl Phone {
    /// Calls on a new thread.
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

    /// Returns the state of the call.
    #[must_use]
    pub fn state(&self) -> State {
        self.shared.look().state
    }

    /// Waits until the call is answered.
    ///
    /// # Errors
    ///
    /// The time has passed, or the call has ended.
    pub fn wait_until_talking(&self, at_most: Duration) -> Result<(), PhoneError> {
        self.wait_for(at_most, |state| state == State::Talking)
    }

    /// Waits until the call has ended, for any reason.
    ///
    /// # Errors
    ///
    /// The time has passed.
    pub fn wait_until_ended(&self, at_most: Duration) -> Result<State, PhoneError> {
        let ended = |state| matches!(state, State::Ended(_));
        self.shared.wait(at_most, |seen| ended(seen.state))
    }

    /// Waits for a state that `wanted` accepts.
    ///
    /// # Errors
    ///
    /// The time has passed, or the call has ended.
    pub fn wait_for(
        &self,
        at_most: Duration,
        wanted: impl Fn(State) -> bool,
    ) -> Result<(), PhoneError> {
        self.shared
            .wait(at_most, |seen| wanted(seen.state))
            .map(drop)
    }

    /// Waits until this number of further packets has arrived.
    ///
    /// # Errors
    ///
    /// The time has passed, or the call has ended.
    pub fn wait_for_packets(&self, more: u64, at_most: Duration) -> Result<(), PhoneError> {
        let wanted = self.packets_heard() + more;
        self.shared
            .wait(at_most, |seen| seen.tape.count() >= wanted)
            .map(drop)
    }

    /// Sends BYE, or CANCEL before the answer.
    ///
    /// # Errors
    ///
    /// The thread of the phones has ended or is overloaded.
    pub fn hang_up(&self) -> Result<(), PhoneError> {
        self.phones.tell(self.id, LineOrder::HangUp)
    }

    /// Closes the sockets without a BYE, like a phone that loses power.
    ///
    /// # Errors
    ///
    /// As `hang_up`.
    pub fn vanish(self) -> Result<(), PhoneError> {
        self.phones.tell(self.id, LineOrder::Vanish)
    }

    /// Holds the other side by a re-INVITE (`sendonly`), and waits for the answer. The phone
    /// continues to send audio, which reveals a server that mixes a held phone.
    ///
    /// # Errors
    ///
    /// No answer within the time.
    pub fn hold(&self, at_most: Duration) -> Result<(), PhoneError> {
        self.reoffer(LineOrder::Hold, at_most)
    }

    /// Takes the other side off hold, and waits for the answer.
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

    /// Returns the status of the last rejection of an offer of this phone.
    #[must_use]
    pub fn last_refusal(&self) -> Option<u16> {
        self.shared.look().last_refusal
    }

    /// Returns the number of offers of the other side that were accepted.
    #[must_use]
    pub fn offers_taken(&self) -> u64 {
        self.shared.look().offers_taken
    }

    /// Sends other audio from the next frame on.
    ///
    /// # Errors
    ///
    /// As `hang_up`.
    pub fn say(&self, voice: Voice) -> Result<(), PhoneError> {
        self.phones.tell(self.id, LineOrder::Say(voice))
    }

    /// Sends DTMF digits, one after the other (RFC 4733).
    ///
    /// # Errors
    ///
    /// As `hang_up`.
    pub fn press(&self, keys: &str) -> Result<(), PhoneError> {
        let digits = keys.chars().map(Digit).collect();
        self.phones.tell(self.id, LineOrder::Press(digits))
    }

    /// Returns the value of `Replaces` (RFC 3891) for the `headers` of a phone that is to take this
    /// call over. `None` before the answer and after the end.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        self.shared.look().place.clone()
    }

    /// Returns whether the negotiated media is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.shared.look().encrypted
    }

    /// Returns the number of packets received so far.
    #[must_use]
    pub fn packets_heard(&self) -> u64 {
        self.shared.look().tape.count()
    }

    /// Returns the number of packets sent so far.
    #[must_use]
    pub fn packets_sent(&self) -> u64 {
        self.shared.look().sent
    }

    /// Returns all received packets.
    #[must_use]
    pub fn packets(&self) -> Vec<Packet> {
        self.packets_between(Instant(0), Instant(u64::MAX))
    }

    /// Returns the packets that arrived from `from` on and before `to`.
    #[must_use]
    pub fn packets_between(&self, from: Instant, to: Instant) -> Vec<Packet> {
        self.shared.look().tape.between(from, to)
    }

    /// Returns the same packets as frames, decoded with the state after the earlier packets.
    #[must_use]
    pub fn frames_between(&self, from: Instant, to: Instant) -> Vec<Frame> {
        let mut ear = Ear::default();
        for packet in &self.shared.look().tape.lead(from) {
            ear.hear(packet);
        }
        frames_by(&mut ear, &self.packets_between(from, to))
    }

    /// Records for this time from now on.
    ///
    /// # Errors
    ///
    /// The call has ended, or no packet arrives for a second longer.
    pub fn listen(&self, how_long: Duration) -> Result<Vec<Frame>, PhoneError> {
        let from = now();
        let to = from + how_long;
        self.wait_to_hear(to)?;
        Ok(self.frames_between(from, to))
    }

    /// Records continuous audio for this time, from now on or later. A period in which a phone of
    /// this process sent late, because of the machine, does not count.
    ///
    /// # Errors
    ///
    /// As `listen`.
    pub fn listen_in_time(&self, how_long: Duration) -> Result<Vec<Frame>, PhoneError> {
        let (from, to) = self.window_in_time(how_long)?;
        Ok(self.frames_between(from, to))
    }

    /// Records like `listen_in_time`, and returns beginning and end, for comparison with other
    /// phones.
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
