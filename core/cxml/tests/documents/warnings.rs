//! Verbs and attributes that are skipped or replaced by a default, each with its warning.

use expect_test::expect;

use crate::check::check;

#[test]
fn invalid_attributes_of_record_cause_warnings() {
    check(
        r#"<Response>
<Record timeout="0" maxLength="1.5" finishOnKey="A" playBeep="loud" trim="yes" method="PUT"
 recordingStatusCallbackEvent="done" transcribe="true" transcribeCallback="/t" beep="x"/>
</Response>"#,
        &expect![[r#"
            Record(Record { action: None, method: Post, timeout: 5s, finish_on_key:
                "1234567890*#", max_length: 3600s, play_beep: true, recording: Recording { trim:
                true, dual: false, track: Inbound, status_callback: None, status_callback_method:
                Post, status_callback_events: [] } })
            ! 13611 line 2, column 9: <Record timeout="0">: read as 5; whole seconds from 1 on
                would do
            ! 13612 line 2, column 21: <Record maxLength="1.5">: read as 3600; whole seconds would
                do, 0 for 3600
            ! 13613 line 2, column 37: <Record finishOnKey="A">: read as 1234567890*#; some of
                these keys, or none, would do
            ! 12200 line 2, column 53: <Record playBeep="loud">: not a boolean, read as true; true
                or false would do
            ! 12200 line 2, column 69: <Record trim="yes">: read as its default; trim-silence or
                do-not-trim would do
            ! 21209 line 2, column 80: <Record method="PUT">: not a method, read as POST; GET or
                POST would do
            ! 21626 line 3, column 2: <Record recordingStatusCallbackEvent="done">: unknown events
                ignored: done; expected in-progress completed absent; no known event is left, the
                default applies: completed
            ! 12200 line 3, column 38: <Record transcribe="true">: not supported, ignored
            ! 12200 line 3, column 56: <Record transcribeCallback="/t">: not supported, ignored
            ! 12200 line 3, column 80: <Record beep="x">: unknown attribute, ignored
        "#]],
    );
}

#[test]
fn values_out_of_range_are_replaced_by_the_default() {
    check(
        r#"<Response>
<Play loop="-1">a</Play>
<Say loop="2.5">a</Say>
<Play loop="99999999999999999999">a</Play>
<Pause length="0"/>
<Redirect method="PUT">x</Redirect>
<Reject reason="later"/>
<Dial timeLimit="0" hangupOnStar="maybe"><Conference muted="yes" beep="loud"
 startConferenceOnEnter="no"
 endConferenceOnExit="" maxParticipants="0" waitMethod="DELETE"
 statusCallbackEvent="start finish">x</Conference></Dial>
</Response>"#,
        &expect![[r#"
            Play { url: "a", loops: Times(1) }
            Say { text: "a", voice: None, language: None, loops: Times(1) }
            Play { url: "a", loops: Times(1000) }
            Pause { length: 1s }
            Redirect { url: "x", method: Post }
            Reject { busy: false }
            Dial(Dial { action: None, method: Post, time_limit: 14400s, hangup_on_star: false,
                conference: Some(ConferenceNoun { name: "x", muted: false, beep: None, coach:
                None, start_conference_on_enter: true, end_conference_on_exit: false,
                max_participants: None, wait_url: None, wait_method: Post, participant_label:
                None, status_callback: None, status_callback_method: Post, status_callback_events:
                [Start], event_callback_url: None, record: None }), record: None })
            ! 13410 line 2, column 7: <Play loop="-1">: read as 1; a whole number would do, 0 for
                endless
            ! 13510 line 3, column 6: <Say loop="2.5">: read as 1; a whole number would do, 0 for
                endless
            ! 13910 line 5, column 8: <Pause length="0">: read as 1; whole seconds from 1 on would
                do
            ! 21209 line 6, column 11: <Redirect method="PUT">: not a method, read as POST; GET or
                POST would do
            ! 12200 line 7, column 9: <Reject reason="later">: read as rejected; busy or rejected
                would do
            ! 13216 line 8, column 7: <Dial timeLimit="0">: read as 14400; whole seconds from 1 on
                would do
            ! 13213 line 8, column 21: <Dial hangupOnStar="maybe">: not a boolean, read as false;
                true or false would do
            ! 13230 line 8, column 54: <Conference muted="yes">: not a boolean, read as false;
                true or false would do
            ! 13235 line 8, column 66: <Conference beep="loud">: read as true; true, false,
                onEnter or onExit would do
            ! 13232 line 9, column 2: <Conference startConferenceOnEnter="no">: not a boolean,
                read as true; true or false would do
            ! 13231 line 10, column 2: <Conference endConferenceOnExit="">: not a boolean, read as
                false; true or false would do
            ! 16002 line 10, column 25: <Conference maxParticipants="0">: ignored; a whole number
                from 1 on would do
            ! 21209 line 10, column 45: <Conference waitMethod="DELETE">: not a method, read as
                POST; GET or POST would do
            ! 21626 line 11, column 2: <Conference statusCallbackEvent="start finish">: unknown
                events ignored: finish; expected start end join leave mute hold modify speaker
                announcement
        "#]],
    );
}

#[test]
fn unknown_verbs_and_attributes_are_skipped_with_a_warning() {
    check(
        r#"<Response>hello
<play>a</play><Gather numDigits="1"><Say>press</Say></Gather><Dance/>
<Play volume="11" xml:lang="en">a</Play><Hangup now="true"/></Response>"#,
        &expect![[r#"
            Play { url: "a", loops: Times(1) }
            Hangup
            ! 12200 line 1, column 11: text between the verbs, ignored; it belongs into <Say>
            ! 12200 line 2, column 1: <play> is no verb, skipped; <Play> would do
            ! 12200 line 2, column 15: <Gather> is not supported yet, skipped
            ! 12200 line 2, column 62: <Dance> is no verb, skipped
            ! 12200 line 3, column 7: <Play volume="11">: unknown attribute, ignored
            ! 12200 line 3, column 49: <Hangup now="true">: unknown attribute, ignored
        "#]],
    );
}

#[test]
fn verbs_without_content_are_skipped() {
    check(
        "<Response><Play> </Play><Say/><Dial>+1555</Dial><Dial><Conference/></Dial></Response>",
        &expect![[r#"
            Dial(Dial { action: None, method: Post, time_limit: 14400s, hangup_on_star: false,
                conference: None, record: None })
            Dial(Dial { action: None, method: Post, time_limit: 14400s, hangup_on_star: false,
                conference: None, record: None })
            ! 21455 line 1, column 11: <Play> without a URL, skipped; <Play>https://…</Play> would
                do
            ! 13520 line 1, column 25: <Say> without words, skipped; <Say>Hello</Say> would do
            ! 12200 line 1, column 31: <Dial> without a <Conference> that can be joined, fails;
                <Dial><Conference>Name</Conference></Dial> would do
            ! 12200 line 1, column 49: <Dial> without a <Conference> that can be joined, fails;
                <Dial><Conference>Name</Conference></Dial> would do
        "#]],
    );
}

#[test]
fn second_noun_of_a_dial_is_ignored() {
    check(
        "<Response><Dial><Conference>a</Conference><Conference>b</Conference>\
         <Number>+1555</Number></Dial><Dial><Sip>sip:a@b</Sip></Dial></Response>",
        &expect![[r#"
            Dial(Dial { action: None, method: Post, time_limit: 14400s, hangup_on_star: false,
                conference: Some(ConferenceNoun { name: "a", muted: false, beep: None, coach:
                None, start_conference_on_enter: true, end_conference_on_exit: false,
                max_participants: None, wait_url: None, wait_method: Post, participant_label:
                None, status_callback: None, status_callback_method: Post, status_callback_events:
                [], event_callback_url: None, record: None }), record: None })
            Dial(Dial { action: None, method: Post, time_limit: 14400s, hangup_on_star: false,
                conference: None, record: None })
            ! 13215 line 1, column 43: a second <Conference> in one <Dial>, ignored
            ! 13000 line 1, column 69: <Dial><Number> is not supported, ignored
            ! 12200 line 1, column 98: <Dial> without a <Conference> that can be joined, fails;
                <Dial><Conference>Name</Conference></Dial> would do
            ! 12200 line 1, column 104: <Dial><Sip> is not supported, ignored
        "#]],
    );
}

#[test]
fn unknown_events_are_ignored_and_named() {
    check(
        "<Response><Dial record=\"true\" recordingStatusCallbackEvent=\"done, completed\">
<Conference statusCallbackEvent=\"ringing answered\" record=\"true\"
 recordingStatusCallbackEvent=\"finished\">x</Conference></Dial></Response>",
        &expect![[r#"
            Dial(Dial { action: None, method: Post, time_limit: 14400s, hangup_on_star: false,
                conference: Some(ConferenceNoun { name: "x", muted: false, beep: None, coach:
                None, start_conference_on_enter: true, end_conference_on_exit: false,
                max_participants: None, wait_url: None, wait_method: Post, participant_label:
                None, status_callback: None, status_callback_method: Post, status_callback_events:
                [], event_callback_url: None, record: Some(Recording { trim: true, dual: false,
                track: Both, status_callback: None, status_callback_method: Post,
                status_callback_events: [] }) }), record: Some(Recording { trim: false, dual:
                false, track: Both, status_callback: None, status_callback_method: Post,
                status_callback_events: [Completed] }) })
            ! 21626 line 1, column 31: <Dial recordingStatusCallbackEvent="done, completed">:
                unknown events ignored: done; expected in-progress completed absent
            ! 21626 line 2, column 13: <Conference statusCallbackEvent="ringing answered">:
                unknown events ignored: ringing answered; expected start end join leave mute hold
                modify speaker announcement; no known event is left, the default applies: no
                events
            ! 21626 line 3, column 2: <Conference recordingStatusCallbackEvent="finished">:
                unknown events ignored: finished; expected in-progress completed absent; no known
                event is left, the default applies: completed
        "#]],
    );
}

#[test]
fn language_without_a_voice_causes_a_warning() {
    check(
        "<Response><Say language=\"de-DE\">a</Say><Say language=\"en_us\">b</Say>
<Say language=\"en\">c</Say><Say language=\"\">d</Say><Say language=\"en-GB\">e</Say></Response>",
        &expect![[r#"
            Say { text: "a", voice: None, language: Some("de-DE"), loops: Times(1) }
            Say { text: "b", voice: None, language: Some("en_us"), loops: Times(1) }
            Say { text: "c", voice: None, language: Some("en"), loops: Times(1) }
            Say { text: "d", voice: None, language: None, loops: Times(1) }
            Say { text: "e", voice: None, language: Some("en-GB"), loops: Times(1) }
            ! 13511 line 1, column 16: <Say language="de-DE">: no voice speaks de-DE; spoken by a
                voice of en-US instead
            ! 13511 line 2, column 56: <Say language="en-GB">: no voice speaks en-GB; spoken by a
                voice of en-US instead
        "#]],
    );
}
