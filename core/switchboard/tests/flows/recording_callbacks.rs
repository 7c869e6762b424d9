//! Callbacks of recordings: word of each status, and recorded track of `<Dial>`.

use confab_conference::{RecordingCallback, RecordingEvent, Url};
use confab_media::{Command, Recorded};
use confab_switchboard::{
    Output, RecordingEnd, RecordingOf, RecordingSource, RecordingStatus, RecordingView,
};
use confab_terms::{AccountSid, CallSid, Method, RecordingSid, Track, WallTime};

use crate::harness::{World, document};

const VOICE: &str = "http://app.example/voice";
const ALL: [RecordingEvent; 3] = [
    RecordingEvent::InProgress,
    RecordingEvent::Completed,
    RecordingEvent::Absent,
];

fn view(status: RecordingStatus, events: &[RecordingEvent]) -> RecordingView {
    RecordingView {
        sid: RecordingSid::from_random(1),
        account: AccountSid::from_random(2),
        of: RecordingOf::Call(CallSid::from_random(3)),
        wished_by: None,
        channels: 1,
        track: Track::Both,
        source: RecordingSource::Dial,
        status,
        trim: false,
        date_created: WallTime(0),
        date_updated: WallTime(0),
        end_time: None,
        duration_ms: 0,
        error: None,
        callback: Some(RecordingCallback {
            to: Url {
                url: "http://app.example/recorded".to_owned(),
                method: Method::Post,
            },
            events: events.to_vec(),
        }),
    }
}

/// Returns `RecordingStatus` of the callback, or `None` without a callback.
fn word(status: RecordingStatus, events: &[RecordingEvent]) -> Option<String> {
    let callback = view(status, events).callback("http://confab.example")?;
    let Output::Callback { fields, .. } = callback else {
        panic!("{callback:?}");
    };
    let status = fields
        .into_iter()
        .find(|(name, _)| name == "RecordingStatus");
    Some(status.expect("RecordingStatus").1)
}

#[test]
fn each_state_has_its_word_and_its_event() {
    use RecordingEvent::{Absent, Completed, InProgress};
    for (status, expected) in [
        (
            RecordingStatus::InProgress,
            Some((InProgress, "in-progress")),
        ),
        (RecordingStatus::Paused, None),
        (RecordingStatus::Stopped, None),
        (RecordingStatus::Completed, Some((Completed, "completed"))),
        (RecordingStatus::Absent, Some((Absent, "absent"))),
        (RecordingStatus::Failed, Some((Absent, "failed"))),
    ] {
        let wanted = expected.map(|(_, word)| word.to_owned());
        assert_eq!(word(status, &ALL), wanted, "{status:?}");
        for event in ALL {
            let told = expected
                .filter(|(of, _)| *of == event)
                .map(|(_, word)| word.to_owned());
            assert_eq!(word(status, &[event]), told, "{status:?} for {event:?}");
        }
        assert_eq!(word(status, &[]), None);
    }
}

#[test]
fn each_end_of_a_recording_is_told_by_its_word() {
    let written = RecordingEnd::Written {
        duration_ms: 2_900,
        lost_ms: 0,
        bytes: 46_444,
    };
    let failed = RecordingEnd::Failed {
        duration_ms: 500,
        message: "no space left on device".to_owned(),
    };
    for (end, status, seconds) in [
        (written, "completed", "2"),
        (RecordingEnd::Absent, "absent", "0"),
        (failed, "failed", "0"),
    ] {
        let mut world = World::with_voice();
        world.recording_end = end;
        world.call("x");
        let dial = "<Dial record=\"record-from-answer\" recordingStatusCallback=\"/recorded\" \
            recordingStatusCallbackEvent=\"in-progress completed absent\">\
            <Conference>Room</Conference></Dial>";
        world.answer(VOICE, document(dial));
        world.hang_up(0);
        let told = world.callbacks.iter().map(|callback| {
            let field = |name| callback.field(name).to_owned();
            (field("RecordingStatus"), field("RecordingDuration"))
        });
        let told: Vec<_> = told.collect();
        let word = |status: &str, seconds: &str| (status.to_owned(), seconds.to_owned());
        assert_eq!(told, [word("in-progress", "0"), word(status, seconds)]);
        world.nothing_is_left();
    }
}

#[test]
fn recording_track_of_a_dial_is_recorded_and_told() {
    for (attribute, track, word) in [
        ("", Track::Both, "both"),
        ("recordingTrack=\"both\"", Track::Both, "both"),
        ("recordingTrack=\"inbound\"", Track::Inbound, "inbound"),
        ("recordingTrack=\"Outbound\"", Track::Outbound, "outbound"),
        ("recordingTrack=\"sideways\"", Track::Both, "both"),
    ] {
        for (record, is_dual) in [
            ("record-from-answer", false),
            ("record-from-answer-dual", true),
        ] {
            let mut world = World::with_voice();
            world.call("x");
            let dial = format!(
                "<Dial record=\"{record}\" {attribute} recordingStatusCallback=\"/recorded\">\
                 <Conference>Room</Conference></Dial>"
            );
            world.answer(VOICE, document(&dial));
            let recorded = world.commands.iter().find_map(|command| match command {
                Command::Record { of, .. } => Some(*of),
                _ => None,
            });
            // One direction is mono.
            let dual = is_dual && track == Track::Both;
            let Some(Recorded::Leg {
                track: taken,
                dual: taken_dual,
                ..
            }) = recorded
            else {
                panic!("{recorded:?}");
            };
            assert_eq!((taken, taken_dual), (track, dual), "{dial}");
            world.hang_up(0);
            let [callback] = &world.callbacks[..] else {
                panic!("{:?}", world.callbacks);
            };
            assert_eq!(callback.field("RecordingTrack"), word);
            let channels = if dual { "2" } else { "1" };
            assert_eq!(callback.field("RecordingChannels"), channels, "{dial}");
            let warned = world
                .notices
                .iter()
                .any(|notice| notice.message.contains("sideways"));
            assert_eq!(
                warned,
                attribute.contains("sideways"),
                "{:?}",
                world.notices
            );
        }
    }
}
