//! Parsing of `<Dial>` and `<Conference>`.

use core::time::Duration;

use confab_terms::limits;
use roxmltree::Node;

use crate::attributes::{Attributes, Warnings};
use crate::read::{quoted, text};
use crate::{Beep, ConferenceNoun, Dial, EventWord, recording};

pub(crate) fn dial<'a>(node: Node<'a, 'a>, warnings: &mut Warnings<'a>) -> Dial {
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
    // These attributes concern the ringing of a called party; dialing a conference rings no phone.
    for name in [
        "timeout",
        "callerId",
        "callerName",
        "answerOnBridge",
        "ringTone",
    ] {
        let _ = attributes.text(name);
    }
    let record = recording::of_dial(&mut attributes);
    attributes.ignore(&["recordingStorageUrl", "recordingStorageUrlMethod"]);
    attributes.finish();
    Dial {
        action,
        method,
        time_limit,
        hangup_on_star,
        conference: destination(node, warnings),
        record,
    }
}

/// Returns the first `<Conference>` with a name. Numbers, as text or as a noun, are not supported.
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
    const EVENTS: (&str, &str) = (
        "start end join leave mute hold modify speaker announcement",
        "no events",
    );
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
            let mut words = attributes.events("statusCallbackEvent", EVENTS, parse);
            words.sort_unstable();
            words.dedup();
            words
        },
        event_callback_url: attributes.text("eventCallbackUrl"),
        record: recording::of_conference(&mut attributes),
    };
    attributes.ignore(&["region", "jitterBufferSize", "recordingConfigurationId"]);
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
