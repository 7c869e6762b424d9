//! Parsing of elements to verbs. Invalid parts are skipped with a warning.

use core::time::Duration;

use confab_terms::{DigitString, limits};
use roxmltree::Node;

use crate::attributes::{Attributes, Warnings};
use crate::dial::dial;
use crate::record::record;
use crate::{Loops, Malformed, Place, Verb};

/// Verbs of the vendors that are not supported, for a distinct warning.
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
    "Refer",
    "Siprec",
    "Sms",
    "Start",
    "Stop",
    "Stream",
    "Transcription",
];
const BUILT: &[&str] = &[
    "Play", "Say", "Pause", "Redirect", "Hangup", "Reject", "Dial", "Record",
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
        "Record" => Some(Verb::Record(Box::new(record(node, warnings)))),
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

/// Returns the first element that is not a supported verb, and the names of up to five.
pub(crate) fn unknown_verbs<'a>(root: Node<'a, 'a>) -> Option<(Node<'a, 'a>, String)> {
    const NAMED_MAX: usize = 5;
    let name = |node: &Node<'a, 'a>| node.tag_name().name();
    let elements = root.children().filter(Node::is_element);
    let mut unknown = elements.filter(|node| !BUILT.contains(&name(node)));
    let first = unknown.next()?;
    let rest = unknown.take(NAMED_MAX - 1);
    let names = core::iter::once(first).chain(rest);
    let names: Vec<_> = names.map(|node| format!("<{}>", name(&node))).collect();
    Some((first, quoted(&names.join(", "))))
}

fn play<'a>(node: Node<'a, 'a>, place: Place, warnings: &mut Warnings<'a>) -> Option<Verb> {
    const DIGITS: &str = "ignored; 1 to 64 of 0123456789ABCD*#wW would do, w waits half a second, \
                          W a second";
    let url = text(node);
    let mut attributes = Attributes::of(node, warnings);
    let loops = loops(&mut attributes, place, 13410);
    let has_digits = node.has_attribute("digits");
    let digits = attributes.word("digits", 13430, DIGITS, |text| {
        DigitString::parse(text, limits::PLAY_DIGITS_CHARS_MAX)
    });
    attributes.finish();
    if let Some(digits) = digits {
        if !url.is_empty() {
            warnings.add(12200, node.range().start, || {
                "a URL in <Play digits>, ignored; another <Play> would do".to_owned()
            });
        }
        return Some(Verb::PlayDigits { digits, loops });
    }
    if url.is_empty() && has_digits {
        return None;
    }
    if url.is_empty() {
        warnings.add(21455, node.range().start, || {
            "<Play> without a URL, skipped; <Play>https://…</Play> would do".to_owned()
        });
        return None;
    }
    Some(Verb::Play { url, loops })
}

fn say<'a>(node: Node<'a, 'a>, place: Place, warnings: &mut Warnings<'a>) -> Option<Verb> {
    // SSML is not interpreted; its words are spoken.
    let text = text(node);
    let mut attributes = Attributes::of(node, warnings);
    let voice = attributes.text("voice");
    let language = attributes.language("language");
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
        // An announcement plays once: an endless one would block the queue behind it forever.
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

/// Returns all text within an element, across nested elements and comments, trimmed.
pub(crate) fn text(node: Node<'_, '_>) -> String {
    let pieces = node.descendants().filter(Node::is_text);
    let all: String = pieces.filter_map(|n| n.text()).collect();
    all.trim().to_owned()
}

/// Returns a text shortened for use in a message.
pub(crate) fn quoted(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    if text.chars().count() <= CHARS_MAX {
        text.to_owned()
    } else {
        let start: String = text.chars().take(CHARS_MAX).collect();
        format!("{start}…")
    }
}
