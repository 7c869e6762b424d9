//! From an element to its verb. What can be understood is; what cannot is noted and left out.

use core::time::Duration;

use confab_terms::limits;
use roxmltree::Node;

use crate::attributes::{Attributes, Warnings};
use crate::{Beep, ConferenceNoun, Dial, EventWord, Loops, Malformed, Place, Verb};

/// The vendors' other verbs, to tell "not supported" from "no such verb".
const NOT_BUILT: &[&str] = &[
    "Connect",
    "Denoise",
    "Echo",
    "Enqueue",
    "Gather",
    "Leave",
    "Pay",
    "Prompt",
    "Queue",
    "Record",
    "Refer",
    "Siprec",
    "Sms",
    "Start",
    "Stop",
    "Stream",
    "Transcription",
];
const BUILT: &[&str] = &[
    "Play", "Say", "Pause", "Redirect", "Hangup", "Reject", "Dial",
];

pub(crate) fn verbs<'a>(
    root: Node<'a, 'a>,
    place: Place,
    warnings: &mut Warnings<'a>,
) -> Result<Vec<Verb>, Malformed> {
    let mut verbs = Vec::new();
    for node in root.children() {
        if node.is_element() {
            verbs.extend(verb(node, place, warnings)?);
        } else if node.is_text() && node.text().is_some_and(|t| !t.trim().is_empty()) {
            warnings.add(12200, node.range().start, || {
                "text between the verbs, ignored; it belongs into <Say>".to_owned()
            });
        }
    }
    Ok(verbs)
}

fn verb<'a>(
    node: Node<'a, 'a>,
    place: Place,
    warnings: &mut Warnings<'a>,
) -> Result<Option<Verb>, Malformed> {
    let name = node.tag_name().name();
    Ok(match name {
        "Play" => play(node, place, warnings),
        "Say" => say(node, place, warnings),
        "Pause" => Some(pause(node, warnings)),
        "Redirect" => Some(redirect(node, warnings)),
        _ if place != Place::Call => {
            return Err(Malformed::VerbNotAllowed {
                at: warnings.position(node.range().start),
                verb: quoted(name),
            });
        }
        "Hangup" => {
            Attributes::of(node, warnings).finish();
            Some(Verb::Hangup)
        }
        "Reject" => Some(reject(node, warnings)),
        "Dial" => Some(Verb::Dial(Box::new(dial(node, warnings)))),
        _ => {
            unknown(node, warnings);
            None
        }
    })
}

fn unknown<'a>(node: Node<'a, 'a>, warnings: &mut Warnings<'a>) {
    let name = node.tag_name().name();
    warnings.add(12200, node.range().start, || {
        let verb = quoted(name);
        if NOT_BUILT.contains(&name) {
            return format!("<{verb}> is not supported yet, skipped");
        }
        let like = BUILT.iter().find(|known| known.eq_ignore_ascii_case(name));
        match like {
            Some(known) => format!("<{verb}> is no verb, skipped; <{known}> would do"),
            None => format!("<{verb}> is no verb, skipped"),
        }
    });
}

fn play<'a>(node: Node<'a, 'a>, place: Place, warnings: &mut Warnings<'a>) -> Option<Verb> {
    let url = text(node);
    let mut attributes = Attributes::of(node, warnings);
    let loops = loops(&mut attributes, place, 13410);
    attributes.ignore(&["digits"]);
    attributes.finish();
    if url.is_empty() {
        warnings.add(21455, node.range().start, || {
            "<Play> without a URL, skipped; <Play>https://…</Play> would do".to_owned()
        });
        return None;
    }
    Some(Verb::Play { url, loops })
}

fn say<'a>(node: Node<'a, 'a>, place: Place, warnings: &mut Warnings<'a>) -> Option<Verb> {
    // SSML inside is not interpreted, its words are spoken.
    let text = text(node);
    let mut attributes = Attributes::of(node, warnings);
    let voice = attributes.text("voice");
    let language = attributes.text("language");
    let loops = loops(&mut attributes, place, 13510);
    attributes.finish();
    if text.is_empty() {
        warnings.add(13520, node.range().start, || {
            "<Say> without words, skipped; <Say>Hello</Say> would do".to_owned()
        });
        return None;
    }
    Some(Verb::Say {
        text,
        voice,
        language,
        loops,
    })
}

fn loops(attributes: &mut Attributes<'_, '_, '_>, place: Place, code: u32) -> Loops {
    const WHAT: &str = "read as 1; a whole number would do, 0 for endless";
    match attributes.number("loop", 0, code, WHAT) {
        None => Loops::Times(1),
        // An announcement plays once: an endless one would hold up the queue behind it for ever.
        Some(0) if place == Place::Announcement => Loops::Times(1),
        Some(0) => Loops::Endless,
        Some(times) => Loops::Times(times.min(limits::DOCUMENT_LOOPS_MAX)),
    }
}

fn pause<'a>(node: Node<'a, 'a>, warnings: &mut Warnings<'a>) -> Verb {
    const WHAT: &str = "read as 1; whole seconds from 1 on would do";
    let mut attributes = Attributes::of(node, warnings);
    let seconds = attributes.number("length", 1, 13910, WHAT).unwrap_or(1);
    attributes.finish();
    Verb::Pause {
        length: Duration::from_secs(seconds.into()),
    }
}

fn redirect<'a>(node: Node<'a, 'a>, warnings: &mut Warnings<'a>) -> Verb {
    let mut attributes = Attributes::of(node, warnings);
    let method = attributes.method("method");
    attributes.finish();
    Verb::Redirect {
        url: text(node),
        method,
    }
}

fn reject<'a>(node: Node<'a, 'a>, warnings: &mut Warnings<'a>) -> Verb {
    const WHAT: &str = "read as rejected; busy or rejected would do";
    let mut attributes = Attributes::of(node, warnings);
    let busy = attributes.word("reason", 12200, WHAT, |text| {
        match text.to_ascii_lowercase().as_str() {
            "busy" => Some(true),
            "rejected" => Some(false),
            _ => None,
        }
    });
    attributes.finish();
    Verb::Reject {
        busy: busy.unwrap_or(false),
    }
}

fn dial<'a>(node: Node<'a, 'a>, warnings: &mut Warnings<'a>) -> Dial {
    const WHAT: &str = "read as 14400; whole seconds from 1 on would do";
    let mut attributes = Attributes::of(node, warnings);
    let action = attributes.text("action");
    let method = attributes.method("method");
    let time_limit = attributes
        .number("timeLimit", 1, 13216, WHAT)
        .map_or(limits::TIME_LIMIT_DEFAULT, |s| {
            Duration::from_secs(s.into())
        });
    let hangup_on_star = attributes.boolean("hangupOnStar", false, 13213);
    // They are about ringing someone up: nothing rings when a conference is dialled.
    for name in [
        "timeout",
        "callerId",
        "callerName",
        "answerOnBridge",
        "ringTone",
    ] {
        let _ = attributes.text(name);
    }
    attributes.ignore(&[
        "record",
        "recordingStatusCallback",
        "recordingStatusCallbackMethod",
        "recordingStatusCallbackEvent",
        "recordingStorageUrl",
        "recordingStorageUrlMethod",
        "recordingTrack",
        "trim",
    ]);
    attributes.finish();
    Dial {
        action,
        method,
        time_limit,
        hangup_on_star,
        conference: destination(node, warnings),
    }
}

/// The first `<Conference>` with a name. A number, alone or as a noun, can't be dialled.
fn destination<'a>(dial: Node<'a, 'a>, warnings: &mut Warnings<'a>) -> Option<ConferenceNoun> {
    let mut found = None;
    for node in dial.children().filter(Node::is_element) {
        let name = node.tag_name().name();
        let at = node.range().start;
        if name != "Conference" {
            let mixed = dial.children().any(|n| n.has_tag_name("Conference"));
            warnings.add(if mixed { 13000 } else { 12200 }, at, || {
                format!("<Dial><{}> is not supported, ignored", quoted(name))
            });
        } else if found.is_some() {
            warnings.add(13215, at, || {
                "a second <Conference> in one <Dial>, ignored".to_owned()
            });
        } else {
            found = conference(node, warnings);
        }
    }
    if found.is_none() {
        warnings.add(12200, dial.range().start, || {
            "<Dial> without a <Conference> that can be joined, fails; \
             <Dial><Conference>Name</Conference></Dial> would do"
                .to_owned()
        });
    }
    found
}

fn conference<'a>(node: Node<'a, 'a>, warnings: &mut Warnings<'a>) -> Option<ConferenceNoun> {
    const BEEP: &str = "read as true; true, false, onEnter or onExit would do";
    const MAX: &str = "ignored; a whole number from 1 on would do";
    const EVENTS: &str =
        "words other than start end join leave mute hold modify speaker announcement are ignored";
    let name = text(node);
    let mut attributes = Attributes::of(node, warnings);
    let noun = ConferenceNoun {
        name,
        muted: attributes.boolean("muted", false, 13230),
        beep: attributes.word("beep", 13235, BEEP, beep),
        coach: attributes.text("coach"),
        start_conference_on_enter: attributes.boolean("startConferenceOnEnter", true, 13232),
        end_conference_on_exit: attributes.boolean("endConferenceOnExit", false, 13231),
        max_participants: attributes.number("maxParticipants", 1, 16002, MAX),
        wait_url: attributes.text_or_empty("waitUrl"),
        wait_method: attributes.method("waitMethod"),
        participant_label: attributes.text("participantLabel"),
        status_callback: attributes.text("statusCallback"),
        status_callback_method: attributes.method("statusCallbackMethod"),
        status_callback_events: {
            let parse = EventWord::parse;
            let mut words = attributes.words("statusCallbackEvent", 16002, EVENTS, parse);
            words.sort_unstable();
            words.dedup();
            words
        },
        event_callback_url: attributes.text("eventCallbackUrl"),
    };
    attributes.ignore(&[
        "record",
        "trim",
        "region",
        "jitterBufferSize",
        "recordingConfigurationId",
        "recordingStatusCallback",
        "recordingStatusCallbackMethod",
        "recordingStatusCallbackEvent",
    ]);
    attributes.finish();
    (!noun.name.is_empty()).then_some(noun)
}

fn beep(text: &str) -> Option<Beep> {
    Some(match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Beep::Both,
        "false" | "0" => Beep::Never,
        "onenter" => Beep::OnEnter,
        "onexit" => Beep::OnExit,
        _ => return None,
    })
}

/// All text within an element, whatever elements and comments stand between, trimmed.
fn text(node: Node<'_, '_>) -> String {
    let pieces = node.descendants().filter(Node::is_text);
    let all: String = pieces.filter_map(|n| n.text()).collect();
    all.trim().to_owned()
}

/// As much of somebody else's text as a message should repeat.
pub(crate) fn quoted(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    if text.chars().count() <= CHARS_MAX {
        text.to_owned()
    } else {
        let start: String = text.chars().take(CHARS_MAX).collect();
        format!("{start}…")
    }
}
