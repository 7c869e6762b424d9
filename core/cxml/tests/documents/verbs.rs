//! Verbs, nouns and attributes of valid documents, and their defaults.

use confab_cxml::Place;
use expect_test::expect;

use crate::check::{check, check_in};

#[test]
fn parses_every_verb() {
    check(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Say voice="alice" language="en-GB" loop="2"> Hello &amp; welcome </Say>
  <Play loop="0">https://example.com/a.mp3?x=1&amp;y=2</Play>
  <Pause length="10"/>
  <Redirect method="get">../next</Redirect>
  <Reject reason="busy"/>
  <Hangup/>
</Response>"#,
        &expect![[r#"
            Say { text: "Hello & welcome", voice: Some("alice"), language: Some("en-GB"), loops:
                Times(2) }
            Play { url: "https://example.com/a.mp3?x=1&y=2", loops: Endless }
            Pause { length: 10s }
            Redirect { url: "../next", method: Get }
            Reject { busy: true }
            Hangup
            ! 13511 line 3, column 22: <Say language="en-GB">: no voice speaks en-GB; spoken by a
                voice of en-US instead
        "#]],
    );
}

#[test]
fn absent_attributes_have_defaults() {
    check(
        "<Response><Say>a</Say><Play>b.wav</Play><Pause/><Redirect/><Reject/><Dial/></Response>",
        &expect![[r#"
            Say { text: "a", voice: None, language: None, loops: Times(1) }
            Play { url: "b.wav", loops: Times(1) }
            Pause { length: 1s }
            Redirect { url: "", method: Post }
            Reject { busy: false }
            Dial(Dial { action: None, method: Post, time_limit: 14400s, hangup_on_star: false,
                conference: None, record: None })
            ! 12200 line 1, column 69: <Dial> without a <Conference> that can be joined, fails;
                <Dial><Conference>Name</Conference></Dial> would do
        "#]],
    );
}

#[test]
fn parses_every_attribute_of_a_conference() {
    check(
        r#"<Response><Dial action="/after" method="GET" timeLimit="60"
  hangupOnStar="TRUE" timeout="9">
  <Conference muted="True" beep="onEnter" coach="33333333-3333-4333-8333-333333333333"
    startConferenceOnEnter="false" endConferenceOnExit="1" maxParticipants="5" waitUrl=""
    waitMethod="GET" participantLabel="agent" statusCallback="https://a/events"
    statusCallbackMethod="GET" statusCallbackEvent="leave start  end leave"
    eventCallbackUrl="https://a/end" record="record-from-start"
    trim="do-not-trim"> Room 1 </Conference>
</Dial></Response>"#,
        &expect![[r#"
            Dial(Dial { action: Some("/after"), method: Get, time_limit: 60s, hangup_on_star:
                true, conference: Some(ConferenceNoun { name: "Room 1", muted: true, beep:
                Some(OnEnter), coach: Some("33333333-3333-4333-8333-333333333333"),
                start_conference_on_enter: false, end_conference_on_exit: true, max_participants:
                Some(5), wait_url: Some(""), wait_method: Get, participant_label: Some("agent"),
                status_callback: Some("https://a/events"), status_callback_method: Get,
                status_callback_events: [Start, End, Leave], event_callback_url:
                Some("https://a/end"), record: Some(Recording { trim: false, dual: false, track:
                Both, status_callback: None, status_callback_method: Post, status_callback_events:
                [] }) }), record: None })
        "#]],
    );
}

#[test]
fn conference_without_attributes_has_defaults() {
    check(
        "<Response><Dial><Conference>1234</Conference></Dial></Response>",
        &expect![[r#"
            Dial(Dial { action: None, method: Post, time_limit: 14400s, hangup_on_star: false,
                conference: Some(ConferenceNoun { name: "1234", muted: false, beep: None, coach:
                None, start_conference_on_enter: true, end_conference_on_exit: false,
                max_participants: None, wait_url: None, wait_method: Post, participant_label:
                None, status_callback: None, status_callback_method: Post, status_callback_events:
                [], event_callback_url: None, record: None }), record: None })
        "#]],
    );
}

#[test]
fn parses_record_with_all_attributes_and_with_none() {
    check(
        r#"<Response><Record action="/said" method="GET" timeout="3" finishOnKey="5#"
 maxLength="60" playBeep="false" trim="do-not-trim" recordingStatusCallback="/r"
 recordingStatusCallbackMethod="GET" recordingStatusCallbackEvent="completed absent"/>
<Record/><Record maxLength="0" finishOnKey=""/></Response>"#,
        &expect![[r#"
            Record(Record { action: Some("/said"), method: Get, timeout: 3s, finish_on_key: "5#",
                max_length: 60s, play_beep: false, recording: Recording { trim: false, dual:
                false, track: Inbound, status_callback: Some("/r"), status_callback_method: Get,
                status_callback_events: [Completed, Absent] } })
            Record(Record { action: None, method: Post, timeout: 5s, finish_on_key:
                "1234567890*#", max_length: 3600s, play_beep: true, recording: Recording { trim:
                true, dual: false, track: Inbound, status_callback: None, status_callback_method:
                Post, status_callback_events: [] } })
            Record(Record { action: None, method: Post, timeout: 5s, finish_on_key: "",
                max_length: 3600s, play_beep: true, recording: Recording { trim: true, dual:
                false, track: Inbound, status_callback: None, status_callback_method: Post,
                status_callback_events: [] } })
        "#]],
    );
}

#[test]
fn play_digits_takes_precedence_over_a_url() {
    let (most, too_many) = ("1".repeat(64), "1".repeat(65));
    check(
        &format!(
            r##"<Response><Play digits=" wW0123456789ABCD*# "/><Play digits="1" loop="2"> </Play>
<Play digits="1">a</Play>
<Play digits="1,2"/><Play digits="a"/><Play digits="">b</Play>
<Play digits="{most}"/><Play digits="{too_many}"/></Response>"##
        ),
        &expect![[r#"
            PlayDigits { digits: DigitString("wW0123456789ABCD*#"), loops: Times(1) }
            PlayDigits { digits: DigitString("1"), loops: Times(2) }
            PlayDigits { digits: DigitString("1"), loops: Times(1) }
            Play { url: "b", loops: Times(1) }
            PlayDigits { digits:
                DigitString("1111111111111111111111111111111111111111111111111111111111111111"),
                loops: Times(1) }
            ! 12200 line 2, column 1: a URL in <Play digits>, ignored; another <Play> would do
            ! 13430 line 3, column 7: <Play digits="1,2">: ignored; 1 to 64 of 0123456789ABCD*#wW
                would do, w waits half a second, W a second
            ! 13430 line 3, column 27: <Play digits="a">: ignored; 1 to 64 of 0123456789ABCD*#wW
                would do, w waits half a second, W a second
            ! 13430 line 3, column 45: <Play digits="">: ignored; 1 to 64 of 0123456789ABCD*#wW
                would do, w waits half a second, W a second
            ! 13430 line 4, column 88: <Play
                digits="111111111111111111111111111111111111111111111111111111111111…">: ignored;
                1 to 64 of 0123456789ABCD*#wW would do, w waits half a second, W a second
        "#]],
    );
}

#[test]
fn text_is_joined_across_comments_cdata_and_markup() {
    check(
        "<Response><Play>https://a/<!-- no -->b<![CDATA[?c&d]]></Play>\
         <Say>one <break strength='weak'/><emphasis>two</emphasis> three</Say></Response>",
        &expect![[r#"
            Play { url: "https://a/b?c&d", loops: Times(1) }
            Say { text: "one two three", voice: None, language: None, loops: Times(1) }
        "#]],
    );
}

#[test]
fn endless_loop_is_played_once_in_an_announcement() {
    check_in(
        Place::Announcement,
        r#"<Response><Play loop="0">a</Play><Say loop="3">b</Say></Response>"#,
        &expect![[r#"
            Play { url: "a", loops: Times(1) }
            Say { text: "b", voice: None, language: None, loops: Times(3) }
        "#]],
    );
}

#[test]
fn empty_document_has_no_verbs() {
    check("<Response/>", &expect![[""]]);
    check("\u{feff}<Response></Response>", &expect![[""]]);
}

#[test]
fn empty_attributes_are_treated_as_unset_except_wait_url() {
    check(
        r#"<Response><Dial action=""><Conference coach="" participantLabel=" " statusCallback=""
 eventCallbackUrl="" waitUrl=" ">x</Conference></Dial></Response>"#,
        &expect![[r#"
            Dial(Dial { action: None, method: Post, time_limit: 14400s, hangup_on_star: false,
                conference: Some(ConferenceNoun { name: "x", muted: false, beep: None, coach:
                None, start_conference_on_enter: true, end_conference_on_exit: false,
                max_participants: None, wait_url: Some(""), wait_method: Post, participant_label:
                None, status_callback: None, status_callback_method: Post, status_callback_events:
                [], event_callback_url: None, record: None }), record: None })
        "#]],
    );
}
