//! Early dialogs of an outbound INVITE: order of reliable responses, and early SDP answers.

use super::UserAgent;
use super::output::Event;
use crate::dialog::rseq;
use crate::ids::DialogId;
use crate::message::Response;

impl UserAgent {
    /// Returns true if a provisional response may be processed. A reliable response out of order is
    /// ignored (RFC 3262 §4).
    pub(crate) fn is_next_reliable(&self, id: DialogId, response: &Response) -> bool {
        match (rseq(response), response.to.tag(), self.dialogs.get(&id)) {
            (Some(rseq), Some(tag), Some(known)) => known.is_next(tag, rseq),
            _ => true,
        }
    }

    /// Stores the SDP of a provisional response and emits `EarlyAnswer` for a new answer.
    pub(crate) fn note_early(&mut self, id: DialogId, response: &Response) {
        let known = self.dialogs.get_mut(&id);
        let Some(answer) = known.and_then(|known| known.store_early_answer(response)) else {
            return;
        };
        self.emit(Event::EarlyAnswer { dialog: id, answer });
    }
}
