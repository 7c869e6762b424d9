//! Redirect of a call to another document by the API. Cancels the operations of the present
//! document.

use confab_conference::Url;
use confab_cxml::{Document, Malformed, Place};
use confab_terms::{CallSid, Now};

use super::document::{request_document, run_document};
use super::execution::{PendingOperation, cancel_pending, running};
use super::fetched;
use super::playback::silence;
use super::record;
use crate::notifications::fields;
use crate::state::{DocumentRole, Redirects, Timer};
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
pub(crate) fn redirect_call(switchboard: &mut Switchboard, now: Now, sid: CallSid, next: Next) {
    let plays = running(switchboard, sid, DocumentRole::Document).is_some_and(|execution| {
        matches!(
            execution.pending,
            PendingOperation::Playing(_) | PendingOperation::Beeping(..)
        )
    });
    record::abandon(switchboard, now, sid);
    cancel_pending(switchboard, sid, DocumentRole::Document);
    switchboard.timers.cancel(Timer::Document(sid));
    switchboard.timers.cancel(Timer::Pause(sid));
    if plays {
        silence(switchboard, sid);
    }
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    call.redirects = Redirects::default();
    // The redirect cancels a pending replacement of another call.
    call.replaces = None;
    match next {
        Next::From(url) => {
            let asked = switchboard
                .calls
                .get(sid)
                .map(|call| fields::voice(switchboard, call));
            request_document(switchboard, now, sid, &url, asked.unwrap_or_default());
        }
        Next::Inline(document) => {
            if let Some(execution) = running(switchboard, sid, DocumentRole::Document) {
                execution.requested = None;
            }
            fetched::warn(switchboard, now, sid, DocumentRole::Document, &document);
            run_document(switchboard, now, sid, document, String::new());
        }
    }
}
