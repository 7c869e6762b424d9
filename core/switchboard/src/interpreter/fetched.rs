//! Responses to fetches of documents and audio, and failures of documents.

use confab_conference::Url;
use confab_cxml::{Document, Loops, Place, Verb};
use confab_terms::{AudioId, CallSid, FetchId, Now};

use super::execution::{PendingOperation, running};
use super::{announcement, document, music, playback, sound_refs};
use crate::notifications;
use crate::state::{DecodeOwner, DocumentRole};
use crate::{Exchange, FetchError, Fetched, Notice, Output, Severity, Switchboard};

/// Problem of a document, to be reported as a notice.
pub(crate) struct DocumentError {
    pub(crate) code: u32,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    /// URL of the request, if other than the document's.
    pub(crate) asked: Option<Url>,
    pub(crate) exchange: Option<Box<Exchange>>,
}

/// Handles the response to a fetch. The table of requests names the document, and the pending
/// operation the purpose.
pub(crate) fn fetched(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: DocumentRole,
    fetch: FetchId,
    result: Result<Fetched, FetchError>,
) {
    let Some(execution) = running(switchboard, call, role) else {
        switchboard.counters.stale_answers += 1;
        return sound_refs::drop_audio(switchboard, &result);
    };
    let step = core::mem::take(&mut execution.pending);
    match step {
        PendingOperation::Fetching(asked) if asked == fetch => {
            if role == DocumentRole::Document {
                switchboard
                    .timers
                    .cancel(crate::state::Timer::Document(call));
            }
            document_fetched(switchboard, now, call, role, result);
        }
        PendingOperation::Audio(asked, verb) if asked == fetch => match result {
            Ok(Fetched::Audio { audio }) => decode(switchboard, call, role, audio, Some(verb)),
            Ok(Fetched::Document { .. } | Fetched::Text(_)) => {
                let message = "a document or text came; <Play> expects audio".to_owned();
                let fault =
                    DocumentError::of(12300, message).about(playback::source(execution, &verb));
                playback::verb_failed(switchboard, now, call, role, fault);
            }
            Err(error) => {
                let fault = DocumentError::from(error).about(playback::source(execution, &verb));
                playback::verb_failed(switchboard, now, call, role, fault);
            }
        },
        other => {
            execution.pending = other;
            switchboard.counters.stale_answers += 1;
            sound_refs::drop_audio(switchboard, &result);
        }
    }
}

/// Handles a fetched document, or audio or text in its place.
fn document_fetched(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: DocumentRole,
    result: Result<Fetched, FetchError>,
) {
    match result {
        Ok(Fetched::Document { body, url }) => load(switchboard, now, call, role, &body, url),
        Ok(Fetched::Text(text)) => run(
            switchboard,
            now,
            call,
            role,
            say_document(text),
            String::new(),
        ),
        Ok(Fetched::Audio { audio }) => {
            if let Some(execution) = running(switchboard, call, role) {
                execution.load_audio(now.instant);
            }
            match role {
                DocumentRole::Document => document::play_audio(switchboard, now, call, audio),
                DocumentRole::Music | DocumentRole::Announcement => {
                    decode(switchboard, call, role, audio, None);
                }
            }
        }
        Err(error) => failed(switchboard, now, call, role, error.into()),
    }
}

/// Parses and runs a document for this role.
pub(crate) fn load(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: DocumentRole,
    body: &[u8],
    url: String,
) {
    let place = match role {
        DocumentRole::Document => Place::Call,
        DocumentRole::Music => Place::Music,
        DocumentRole::Announcement => Place::Announcement,
    };
    match confab_cxml::parse(body, place) {
        Ok(document) => {
            warn(switchboard, now, call, role, &document);
            run(switchboard, now, call, role, document, url);
        }
        Err(malformed) => {
            let mut fault = DocumentError::of(malformed.code(), malformed.to_string());
            fault.exchange = Some(Box::new(Exchange {
                body: Exchange::body_text(body),
                ..Exchange::default()
            }));
            failed(switchboard, now, call, role, fault);
        }
    }
}

/// Runs a document from its beginning.
pub(super) fn run(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: DocumentRole,
    document: Document,
    url: String,
) {
    if let Some(execution) = running(switchboard, call, role) {
        execution.noted = true;
        execution.load(document, url, now.instant);
        advance(switchboard, now, call, role);
    }
}

/// Returns a document that speaks a text. For a blank text the document is empty.
pub(super) fn say_document(text: String) -> Document {
    let say = Verb::Say {
        text,
        voice: None,
        language: None,
        loops: Loops::Times(1),
    };
    let has_words = matches!(&say, Verb::Say { text, .. } if !text.trim().is_empty());
    Document {
        verbs: has_words.then_some(say).into_iter().collect(),
        warnings: Vec::new(),
    }
}

/// Reports the warnings of a document; for music in the first round only.
pub(super) fn warn(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: DocumentRole,
    document: &Document,
) {
    let noted = running(switchboard, call, role).is_some_and(|execution| execution.noted);
    if noted && role == DocumentRole::Music {
        return;
    }
    for warning in &document.warnings {
        let text = format!("{}: {}", warning.at, warning.text);
        let mut fault = DocumentError::of(warning.code, text);
        fault.severity = Severity::Warning;
        notice(switchboard, now, call, role, fault);
    }
}

/// Executes the next verb of this role's document.
pub(crate) fn advance(switchboard: &mut Switchboard, now: Now, call: CallSid, role: DocumentRole) {
    match role {
        DocumentRole::Document => document::advance(switchboard, now, call),
        DocumentRole::Music => music::advance(switchboard, now, call),
        DocumentRole::Announcement => announcement::advance(switchboard, now, call),
    }
}

/// Handles the failure of a whole document.
pub(crate) fn failed(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: DocumentRole,
    fault: DocumentError,
) {
    let message = fault.message.clone();
    let code = fault.code;
    notice(switchboard, now, call, role, fault);
    match role {
        DocumentRole::Document => document::failed(switchboard, now, call, code),
        DocumentRole::Music => music::failed(switchboard, call),
        DocumentRole::Announcement => announcement::failed(switchboard, now, call, code, &message),
    }
}

/// Sends a notice with the URL of the request.
pub(crate) fn notice(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: DocumentRole,
    fault: DocumentError,
) {
    let execution = running(switchboard, call, role);
    let own = execution.and_then(|execution| {
        Some((
            execution.requested.clone()?,
            execution.request_fields.clone(),
        ))
    });
    let mut exchange = fault.exchange;
    let asked = match (fault.asked, own) {
        (None, Some((own, sent))) => {
            let exchange = exchange.get_or_insert_default();
            if exchange.fields.is_empty() {
                exchange.fields = sent;
            }
            Some(own)
        }
        (asked, _) => asked,
    };
    let seat = switchboard.calls.get(call).and_then(|c| c.seat.as_ref());
    let conference = seat.map(|s| s.conference);
    let notice = Notice {
        code: fault.code,
        severity: fault.severity,
        message: fault.message,
        at: now.wall,
        call: Some(call),
        conference,
        url: asked.as_ref().map(|u| u.url.clone()),
        method: asked.map(|u| u.method),
        exchange,
    };
    notifications::notice(switchboard, notice);
}

/// Requests the decoding of audio, for a verb or in place of a document.
pub(super) fn decode(
    switchboard: &mut Switchboard,
    call: CallSid,
    role: DocumentRole,
    audio: AudioId,
    verb: Option<Verb>,
) {
    let decode = switchboard.ids.decode();
    let whose = DecodeOwner::Document(call, role);
    switchboard.requests.decodes.insert(decode, whose);
    sound_refs::hold(switchboard, call, role, decode);
    if let Some(execution) = running(switchboard, call, role) {
        execution.pending = PendingOperation::Sound(decode, verb);
    }
    let call = Some(call);
    switchboard.send(Output::Decode {
        decode,
        audio,
        call,
    });
}

impl DocumentError {
    pub(crate) fn of(code: u32, message: String) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message,
            asked: None,
            exchange: None,
        }
    }

    /// Sets the URL of the request.
    pub(crate) fn about(self, asked: Option<Url>) -> Self {
        Self { asked, ..self }
    }
}

impl From<FetchError> for DocumentError {
    fn from(error: FetchError) -> Self {
        let exchange = error.exchange;
        Self {
            exchange,
            ..Self::of(error.code, error.message)
        }
    }
}
