//! Parsing of the recording attributes of `<Dial>`, `<Conference>` and `<Record>`.

use confab_terms::Track;

use crate::attributes::Attributes;
use crate::{Recording, RecordingEvent};

/// Returns the recording of a conference, by default without silence at both ends.
pub(crate) fn of_conference(attributes: &mut Attributes<'_, '_, '_>) -> Option<Recording> {
    const WHAT: &str = "read as do-not-record; record-from-start or do-not-record would do";
    let record = attributes.word("record", 12200, WHAT, |text| {
        match text.to_ascii_lowercase().as_str() {
            "record-from-start" | "true" => Some(true),
            "do-not-record" | "false" => Some(false),
            _ => None,
        }
    });
    let recording = recording(attributes, true);
    record.unwrap_or(false).then_some(recording)
}

/// Returns the recording of a call, by default untrimmed. A call is answered before it dials, so
/// `record-from-ringing` equals `record-from-answer`.
pub(crate) fn of_dial(attributes: &mut Attributes<'_, '_, '_>) -> Option<Recording> {
    const WHAT: &str = "read as do-not-record; do-not-record, record-from-answer, \
                        record-from-ringing, or one of them with -dual would do";
    const TRACK: &str = "read as both; inbound, outbound or both would do";
    let dual = attributes.word("record", 12200, WHAT, |text| {
        match text.to_ascii_lowercase().as_str() {
            "record-from-answer" | "record-from-ringing" | "true" => Some(Some(false)),
            "record-from-answer-dual" | "record-from-ringing-dual" => Some(Some(true)),
            "do-not-record" | "false" => Some(None),
            _ => None,
        }
    });
    let track = attributes.word("recordingTrack", 12200, TRACK, track);
    let recording = recording(attributes, false);
    Some(Recording {
        dual: dual.flatten()?,
        track: track.unwrap_or_default(),
        ..recording
    })
}

/// Returns the recording of `<Record>`: the caller's direction only.
pub(crate) fn of_record(attributes: &mut Attributes<'_, '_, '_>) -> Recording {
    Recording {
        track: Track::Inbound,
        ..recording(attributes, true)
    }
}

fn recording(attributes: &mut Attributes<'_, '_, '_>, trim: bool) -> Recording {
    const TRIM: &str = "read as its default; trim-silence or do-not-trim would do";
    const EVENTS: (&str, &str) = ("in-progress completed absent", "completed");
    let trims = attributes.word("trim", 12200, TRIM, |text| {
        match text.to_ascii_lowercase().as_str() {
            "trim-silence" => Some(true),
            "do-not-trim" => Some(false),
            _ => None,
        }
    });
    let parse = RecordingEvent::parse;
    let mut events = attributes.events("recordingStatusCallbackEvent", EVENTS, parse);
    events.sort_unstable();
    events.dedup();
    Recording {
        trim: trims.unwrap_or(trim),
        dual: false,
        track: Track::Both,
        status_callback: attributes.text("recordingStatusCallback"),
        status_callback_method: attributes.method("recordingStatusCallbackMethod"),
        status_callback_events: events,
    }
}

fn track(text: &str) -> Option<Track> {
    Some(match text.to_ascii_lowercase().as_str() {
        "inbound" => Track::Inbound,
        "outbound" => Track::Outbound,
        "both" => Track::Both,
        _ => return None,
    })
}
