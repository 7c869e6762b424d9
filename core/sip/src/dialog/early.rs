//! Early dialogs of an outbound INVITE (RFC 3261 §12.1.2), one for each To tag, and SDP answers in
//! provisional responses.

use serde::{Deserialize, Serialize};

use super::Dialog;
use super::prack::rseq;
use super::state::DialogState;
use crate::message::{Request, Response};
use crate::transaction::FORKS_MAX;

/// Early dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Early {
    tag: String,
    /// RSeq of the last reliable provisional response that was acknowledged.
    rseq: Option<u32>,
    /// SDP answer in provisional responses; empty: none yet.
    answer: Vec<u8>,
    /// True if the answer was in a reliable response: a new offer may follow (RFC 3311 §5.1).
    agreed: bool,
    /// CSeq of the peer's last request.
    remote_cseq: Option<u32>,
}

impl Early {
    /// Returns the CSeq of the peer's last request.
    pub(super) fn remote_cseq(&self) -> Option<u32> {
        self.remote_cseq
    }
}

impl Dialog {
    pub(crate) fn early_of(&self, tag: Option<&str>) -> Option<&Early> {
        self.early.iter().find(|early| Some(&*early.tag) == tag)
    }

    /// Returns the early dialog of this tag, created if necessary; `None` at the limit.
    fn early_mut(&mut self, tag: &str) -> Option<&mut Early> {
        let known = self.early.iter().position(|early| early.tag == tag);
        match known {
            None if self.early.len() >= FORKS_MAX => return None,
            None => self.early.push(Early {
                tag: tag.to_owned(),
                ..Early::default()
            }),
            Some(_) => {}
        }
        let at = known.unwrap_or(self.early.len() - 1);
        self.early.get_mut(at)
    }

    /// Returns true if a reliable provisional response is the next of its early dialog (RFC 3262
    /// §4).
    pub(crate) fn is_next(&self, tag: &str, rseq: u32) -> bool {
        match self.early_of(Some(tag)) {
            Some(early) => early
                .rseq
                .is_none_or(|last| last.checked_add(1) == Some(rseq)),
            None => self.early.len() < FORKS_MAX,
        }
    }

    pub(crate) fn note_reliable(&mut self, tag: &str, rseq: u32) {
        if let Some(early) = self.early_mut(tag) {
            early.rseq = Some(rseq);
        }
    }

    /// Returns true if the offer/answer exchange of this early dialog is complete.
    pub(crate) fn is_agreed_with(&self, tag: Option<&str>) -> bool {
        self.early_of(tag).is_some_and(|early| early.agreed)
    }

    /// Returns true if the CSeq of a request is higher than the last (RFC 3261 §12.2.2), and stores
    /// the CSeq. Before the final response, each early dialog has its own sequence.
    pub(crate) fn accept_cseq(&mut self, request: &Request) -> bool {
        let open = matches!(
            self.state,
            DialogState::Inviting { .. } | DialogState::Canceled
        );
        let early = match request.from.tag().filter(|_| open) {
            Some(tag) => self.early_mut(tag),
            None => None,
        };
        let last = match early {
            Some(early) => &mut early.remote_cseq,
            None => &mut self.remote_cseq,
        };
        let next = last.is_none_or(|last| request.cseq > last);
        if next {
            *last = Some(request.cseq);
        }
        next
    }

    /// Stores the SDP of a provisional response. Returns a new answer.
    pub(crate) fn store_early_answer(&mut self, response: &Response) -> Option<Vec<u8>> {
        let tag = response.to.tag().filter(|_| response.status > 100)?;
        let is_open = matches!(self.state, DialogState::Inviting { .. });
        let early = self.early_mut(tag).filter(|_| is_open)?;
        let kind = response.headers.text("Content-Type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if response.body.is_empty() || !kind.eq_ignore_ascii_case("application/sdp") {
            return None;
        }
        let is_reliable = rseq(response).is_some();
        // A reliable answer can be changed by a new offer only.
        if early.agreed || early.answer == response.body {
            early.agreed |= is_reliable;
            return None;
        }
        early.agreed = is_reliable;
        early.answer.clone_from(&response.body);
        Some(response.body.clone())
    }

    /// Returns the answer of a 2xx: its body, or the answer of its early dialog (RFC 3261 §13.2.1).
    pub(crate) fn answer_of(&self, response: &Response) -> Vec<u8> {
        let early = self.early_of(response.to.tag());
        match (response.body.is_empty(), early) {
            (true, Some(early)) => early.answer.clone(),
            _ => response.body.clone(),
        }
    }
}
