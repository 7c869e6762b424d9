//! Responses to fetches of documents and audio, and failures of documents.

use confab_conference::Url;
use confab_cxml::{Document, Loops, Place, Verb};
use confab_terms::{AudioId, CallSid, FetchId, Now};

use super::running::{Step, running};
use super::{announcement, document, hold, music, sound};
use crate::live::{Decoding, Role};
use crate::tell;
use crate::{Exchange, FetchError, Fetched, Notice, Output, Severity, Switchboard};

/// Problem of a document, to be reported as a notice.
pub(crate) struct Fault {
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
    board: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: Role,
    fetch: FetchId,
    result: Result<Fetched, FetchError>,
) {
    let Some(program) = running(board, call, role) else {
        board.counted.stale_answers += 1;
        return hold::drop_audio(board, &result);
    };
    let step = core::mem::take(&mut program.step);
    match step {
        Step::Fetching(asked) if asked == fetch => {
            if role == Role::Document {
                board.timers.cancel(crate::live::Timer::Document(call));
            }
            program_came(board, now, call, role, result);
        }
        Step::Audio(asked, verb) if asked == fetch => match result {
            Ok(Fetched::Audio { audio }) => decode(board, call, role, audio, Some(verb)),
            Ok(Fetched::Document { .. } | Fetched::Text(_)) => {
                let message = "a document or text came; <Play> expects audio".to_owned();
                let fault = Fault::of(12300, message).about(sound::source(program, &verb));
                sound::verb_failed(board, now, call, role, fault);
            }
            Err(error) => {
                let fault = Fault::from(error).about(sound::source(program, &verb));
                sound::verb_failed(board, now, call, role, fault);
            }
        },
        other => {
            program.step = other;
            board.counted.stale_answers += 1;
            hold::drop_audio(board, &result);
        }
    }
}

/// Handles a fetched document, or audio or text in its place.
fn program_came(
    board: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: Role,
    result: Result<Fetched, FetchError>,
) {
    match result {
        Ok(Fetched::Document { body, url }) => load(board, now, call, role, &body, url),
        Ok(Fetched::Text(text)) => run(board, now, call, role, spoken(text), String::new()),
        Ok(Fetched::Audio { audio }) => {
            if let Some(program) = running(board, call, role) {
                program.load_audio(now.instant);
            }
            match role {
                Role::Document => document::play_audio(board, now, call, audio),
                Role::Music | Role::Announcement => decode(board, call, role, audio, None),
            }
        }
        Err(error) => failed(board, now, call, role, error.into()),
    }
}

/// Parses and runs a document for this role.
pub(crate) fn load(
    board: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: Role,
    body: &[u8],
    url: String,
) {
    let place = match role {
        Role::Document => Place::Call,
        Role::Music => Place::Music,
        Role::Announcement => Place::Announcement,
    };
    match confab_cxml::parse(body, place) {
        Ok(document) => {
            warn(board, now, call, role, &document);
            run(board, now, call, role, document, url);
        }
        Err(malformed) => {
            let mut fault = Fault::of(malformed.code(), malformed.to_string());
            fault.exchange = Some(Box::new(Exchange {
                body: Exchange::body_text(body),
                ..Exchange::default()
            }));
            failed(board, now, call, role, fault);
        }
    }
}

/// Runs a document from its beginning.
pub(super) fn run(
    board: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: Role,
    document: Document,
    url: String,
) {
    if let Some(program) = running(board, call, role) {
        program.noted = true;
        program.load(document, url, now.instant);
        advance(board, now, call, role);
    }
}

/// Returns a document that speaks a text. For a blank text the document is empty.
pub(super) fn spoken(text: String) -> Document {
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
    board: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: Role,
    document: &Document,
) {
    let noted = running(board, call, role).is_some_and(|program| program.noted);
    if noted && role == Role::Music {
        return;
    }
    for warning in &document.warnings {
        let text = format!("{}: {}", warning.at, warning.text);
        let mut fault = Fault::of(warning.code, text);
        fault.severity = Severity::Warning;
        notice(board, now, call, role, fault);
    }
}

/// Executes the next verb of this role's document.
pub(crate) fn advance(board: &mut Switchboard, now: Now, call: CallSid, role: Role) {
    match role {
        Role::Document => document::advance(board, now, call),
        Role::Music => music::advance(board, now, call),
        Role::Announcement => announcement::advance(board, now, call),
    }
}

/// Handles the failure of a whole document.
pub(crate) fn failed(board: &mut Switchboard, now: Now, call: CallSid, role: Role, fault: Fault) {
    let message = fault.message.clone();
    let code = fault.code;
    notice(board, now, call, role, fault);
    match role {
        Role::Document => document::failed(board, now, call, code),
        Role::Music => music::failed(board, call),
        Role::Announcement => announcement::failed(board, now, call, code, &message),
    }
}

/// Sends a notice with the URL of the request.
pub(crate) fn notice(board: &mut Switchboard, now: Now, call: CallSid, role: Role, fault: Fault) {
    let program = running(board, call, role);
    let own = program.and_then(|program| Some((program.asked.clone()?, program.sent.clone())));
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
    let seat = board.calls.get(call).and_then(|c| c.seat.as_ref());
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
    tell::notice(board, notice);
}

/// Requests the decoding of audio, for a verb or in place of a document.
pub(super) fn decode(
    board: &mut Switchboard,
    call: CallSid,
    role: Role,
    audio: AudioId,
    verb: Option<Verb>,
) {
    let decode = board.names.decode();
    let whose = Decoding::Program(call, role);
    board.asked.decodes.insert(decode, whose);
    hold::hold(board, call, role, decode);
    if let Some(program) = running(board, call, role) {
        program.step = Step::Sound(decode, verb);
    }
    let call = Some(call);
    board.send(Output::Decode {
        decode,
        audio,
        call,
    });
}

impl Fault {
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

impl From<FetchError> for Fault {
    fn from(error: FetchError) -> Self {
        let exchange = error.exchange;
        Self {
            exchange,
            ..Self::of(error.code, error.message)
        }
    }
}
