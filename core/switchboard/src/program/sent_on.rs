//! Redirect of a call to another document by the API. Cancels the operations of the present
//! document.

use confab_conference::Url;
use confab_cxml::{Document, Malformed, Place};
use confab_terms::{CallSid, Now};

use super::document::{ask_document, run_document};
use super::record;
use super::running::{Step, forget_question, running};
use super::sound::silence;
use super::step;
use crate::live::{Redirects, Role, Timer};
use crate::tell::fields;
use crate::{NextDocument, Switchboard};

/// Target of a redirect.
pub(crate) enum Next {
    /// URL of the document.
    From(Url),
    /// Parsed document.
    Inline(Document),
}

impl Next {
    /// Parses an inline document.
    pub(crate) fn of(wish: &NextDocument) -> Result<Self, Malformed> {
        match wish {
            NextDocument::From(url) => Ok(Self::From(url.clone())),
            NextDocument::Inline(text) => {
                confab_cxml::parse(text.as_bytes(), Place::Call).map(Self::Inline)
            }
        }
    }
}

/// Redirects a call, which has left its conference before.
pub(crate) fn send_on(board: &mut Switchboard, now: Now, sid: CallSid, next: Next) {
    let plays = running(board, sid, Role::Document)
        .is_some_and(|program| matches!(program.step, Step::Playing(_) | Step::Beeping(..)));
    record::abandon(board, now, sid);
    forget_question(board, sid, Role::Document);
    board.timers.cancel(Timer::Document(sid));
    board.timers.cancel(Timer::Pause(sid));
    if plays {
        silence(board, sid);
    }
    let Some(call) = board.calls.get_mut(sid) else {
        return;
    };
    call.redirects = Redirects::default();
    // The redirect cancels a pending replacement of another call.
    call.replaces = None;
    match next {
        Next::From(url) => {
            let asked = board.calls.get(sid).map(|call| fields::voice(board, call));
            ask_document(board, now, sid, &url, asked.unwrap_or_default());
        }
        Next::Inline(document) => {
            if let Some(program) = running(board, sid, Role::Document) {
                program.asked = None;
            }
            step::warn(board, now, sid, Role::Document, &document);
            run_document(board, now, sid, document, String::new());
        }
    }
}
