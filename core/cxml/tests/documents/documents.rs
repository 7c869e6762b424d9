//! Documents as applications write them, and the parsed result.

use core::fmt::Write as _;

use confab_cxml::{Document, Malformed, Place, parse};
use expect_test::{Expect, expect};

fn check_in(place: Place, text: &str, expected: &Expect) {
    let mut out = String::new();
    match parse(text.as_bytes(), place) {
        Ok(document) => {
            for verb in &document.verbs {
                writeln!(out, "{verb:?}").unwrap();
            }
            for warning in &document.warnings {
                writeln!(out, "! {warning}").unwrap();
            }
            let bytes = postcard::to_stdvec(&document).unwrap();
            let back: Document = postcard::from_bytes(&bytes).unwrap();
            assert_eq!(back, document, "plain data");
        }
        Err(malformed) => writeln!(out, "{} {malformed}", malformed.code()).unwrap(),
    }
    expected.assert_eq(&folded(&out));
}

/// Folds lines that are too long for a source file.
fn folded(text: &str) -> String {
    const COLUMNS: usize = 86;
    let mut out = String::new();
    for line in text.lines() {
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            if column + word.trim_end().chars().count() > COLUMNS {
                out.truncate(out.trim_end().len());
                out.push_str("\n    ");
                column = 4;
            }
            out.push_str(word);
            column += word.chars().count();
        }
        out.push('\n');
    }
    out
}

fn check(text: &str, expected: &Expect) {
    check_in(Place::Call, text, expected);
}

#[test]
fn every_verb() {
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
fn defaults() {
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
fn a_conference_with_everything() {
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
fn a_conference_with_nothing() {
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
fn a_recording_with_everything_and_with_nothing() {
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
fn bad_attributes_of_a_recording_are_told() {
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
fn empty_attributes_count_as_absent_but_for_wait_url() {
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
fn digits_are_played_in_the_place_of_a_url() {
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
fn one_conference_a_dial() {
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
fn text_may_be_in_pieces() {
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
fn music_allows_four_verbs() {
    let four = "<Response><Play>a</Play><Say>b</Say><Pause/><Redirect/></Response>";
    for place in [Place::Music, Place::Announcement] {
        let document = parse(four.as_bytes(), place).unwrap();
        assert_eq!(document.verbs.len(), 4);
        assert_eq!(document.warnings, []);
        for other in ["Dial", "Hangup", "Reject", "Gather", "Record", "Nonsense"] {
            let text = format!("<Response><Play>a</Play>\n<{other}/></Response>");
            let malformed = parse(text.as_bytes(), place).unwrap_err();
            assert_eq!(malformed.code(), 13238);
            assert_eq!(malformed.at().map(|at| (at.line, at.column)), Some((2, 1)));
        }
    }
    check_in(
        Place::Music,
        "<Response>\n  <Dial/></Response>",
        &expect![[r#"
            13238 line 2, column 3: <Dial> is not allowed here: only <Play>, <Say>, <Pause> and
                <Redirect> are
        "#]],
    );
}

#[test]
fn an_announcement_is_not_endless() {
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
fn an_empty_document_does_nothing() {
    check("<Response/>", &expect![[""]]);
    check("\u{feff}<Response></Response>", &expect![[""]]);
}

#[test]
fn what_is_not_xml() {
    for text in [
        "",
        "hello",
        "<Response>",
        "<Response><Play>a</Say></Response>",
        "<Response>\n<Play loop=2>a</Play></Response>",
        "<Response><Play>a?b&c</Play></Response>",
        "<Response/><Response/>",
        "<Response/> <?xml version='1.0'?>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><Response>&b;</Response>",
        "<Reply/>",
    ] {
        let malformed = parse(text.as_bytes(), Place::Call).unwrap_err();
        assert_eq!(malformed.code(), 12100, "{text}");
    }
    check(
        "<Response>\n<Play loop=2>a</Play></Response>",
        &expect![[r#"
            12100 line 2, column 12: not XML: expected a quote not '2' at 2:12
        "#]],
    );
    check(
        "<Reply></Reply>",
        &expect![[r#"
        12100 line 1, column 1: the root element is <Reply>: it must be <Response>
    "#]],
    );
    let latin1 = parse(
        b"<Response>\n<Say>Gr\xfc\xdfe</Say></Response>",
        Place::Call,
    )
    .unwrap_err();
    expect!["line 2, column 8: not UTF-8; send the document as UTF-8"]
        .assert_eq(&latin1.to_string());
}

#[test]
fn html_page_is_refused_with_its_place_and_a_hint() {
    for (page, at) in [
        ("<!doctype html><html><br></html>", "line 1, column 1"),
        ("<html lang=\"en\">", "line 1, column 1"),
        (
            "\u{feff}\n\n <!DOCTYPE HTML PUBLIC \"-//W3C//DTD\">",
            "line 3, column 2",
        ),
        (
            "<?xml version=\"1.0\"?>\n<!-- x -->\n<!DOCTYPE html>",
            "line 3, column 1",
        ),
        ("<br />\n<b>Fatal error</b>: Uncaught", "line 1, column 1"),
    ] {
        let refused = parse(page.as_bytes(), Place::Call).unwrap_err();
        assert_eq!(refused.code(), 12100, "{page}");
        let message = refused.to_string();
        assert!(
            message.starts_with(at) && message.contains("HTML page"),
            "{message}"
        );
    }
    let declared = b"\n<!DOCTYPE Response><Response/>";
    let refused = parse(declared, Place::Call).unwrap_err().to_string();
    assert!(
        refused.starts_with("line 2, column 1: a document type"),
        "{refused}"
    );
}

#[test]
fn mark_and_white_space_before_the_declaration_are_accepted_and_places_hold() {
    let document =
        "<?xml version=\"1.0\"\n encoding=\"UTF-8\"?><Response>\n<Dance/><Say>\u{e4}</Say>";
    for (before, line) in [
        ("", 3),
        ("\u{feff}", 3),
        ("\r\n\r\n", 5),
        ("\u{feff}\n \t", 4),
    ] {
        let text = format!("{before}{document}</Response>");
        let document = parse(text.as_bytes(), Place::Call).unwrap();
        assert_eq!(document.verbs.len(), 1, "{text:?}");
        let at = document.warnings[0].at;
        assert_eq!((at.line, at.column), (line, 1), "{text:?}");
    }
}

#[test]
fn document_of_unknown_verbs_alone_cannot_be_run() {
    check(
        "<Response>\n <Gather><Say>x</Say></Gather><dance/></Response>",
        &expect![[r#"
            12200 line 2, column 2: no verb of the document is supported: <Gather>, <dance>;
                expected at least one of <Play>, <Say>, <Pause>, <Redirect>, <Dial>, <Record>,
                <Hangup>, <Reject>
        "#]],
    );
    let empty = parse(b"<Response> <!-- nothing --> </Response>", Place::Call).unwrap();
    assert!(empty.verbs.is_empty() && empty.warnings.is_empty());
    // A known verb that is skipped still counts as known.
    let skipped = parse(b"<Response><Say/></Response>", Place::Call).unwrap();
    assert_eq!((skipped.verbs.len(), skipped.warnings[0].code), (0, 13520));
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
fn language_that_no_voice_speaks_is_noted() {
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

#[test]
fn bounds() {
    let filled = |bytes: usize| {
        let around = "<Response><Say></Say></Response>".len();
        format!(
            "<Response><Say>{}</Say></Response>",
            "a".repeat(bytes - around)
        )
    };
    assert!(parse(filled(65_536).as_bytes(), Place::Call).is_ok());
    let large = parse(filled(65_537).as_bytes(), Place::Call).unwrap_err();
    assert_eq!(
        (large.code(), large),
        (11750, Malformed::TooLarge { bytes: 65_537 })
    );

    // <Response> is the first level.
    let deep = |levels: usize| {
        let levels = levels - 1;
        format!(
            "<Response><Pause/>{}{}</Response>",
            "<a>".repeat(levels),
            "</a>".repeat(levels)
        )
    };
    assert!(parse(deep(32).as_bytes(), Place::Call).is_ok());
    let too_deep = parse(deep(33).as_bytes(), Place::Call).unwrap_err();
    assert!(matches!(too_deep, Malformed::TooDeep { .. }));
    let bottomless = parse(deep(9_000).as_bytes(), Place::Call).unwrap_err();
    assert!(matches!(bottomless, Malformed::TooDeep { .. }));

    let many = |verbs: usize| format!("<Response>{}</Response>", "<Pause/>".repeat(verbs));
    assert_eq!(
        parse(many(1_000).as_bytes(), Place::Call)
            .unwrap()
            .verbs
            .len(),
        1_000
    );
    assert_eq!(
        parse(many(1_001).as_bytes(), Place::Call),
        Err(Malformed::TooManyVerbs)
    );

    let attributes = |n: usize| {
        let all: String = (0..n).map(|i| format!(" a{i}=''")).collect();
        format!("<Response><Hangup{all}/></Response>")
    };
    assert_eq!(
        parse(attributes(64).as_bytes(), Place::Call)
            .unwrap()
            .warnings
            .len(),
        20
    );
    let laden = parse(attributes(5_000).as_bytes(), Place::Call).unwrap_err();
    assert!(matches!(laden, Malformed::TooManyAttributes { .. }));
    let hidden = format!("<?a '?>{}", attributes(5_000));
    let hidden = parse(hidden.as_bytes(), Place::Call).unwrap_err();
    assert!(matches!(hidden, Malformed::TooManyAttributes { .. }));
}

#[test]
fn what_is_no_attribute_is_not_counted() {
    let signs = "=".repeat(200);
    let text = format!(
        "<Response><!-- {signs} ' --><Play>https://a/?{signs}</Play><Redirect>\
         <![CDATA[<a {signs}>]]></Redirect><Say voice='{signs}'>x</Say></Response>"
    );
    assert_eq!(parse(text.as_bytes(), Place::Call).unwrap().verbs.len(), 3);
}
