//! Section "An update, field by field" of the semantics: rows that concern all fields. Malformed
//! booleans, methods, URLs and forms are rejected earlier; a hold by a phone concerns its leg.

use expect_test::expect;

use crate::script::check;

#[test]
fn absent_field_is_unchanged() {
    check(
        "given anna and boris talk
         POST anna Muted=true Hold=true
         POST anna EndConferenceOnExit=true
         GET anna",
        &expect![[r#"
            given anna and boris talk
            POST anna Muted=true Hold=true
              anna no longer hears boris
              boris no longer hears anna
              anna gets the built-in hold music
              webhook 4 participant-mute anna Muted Hold
              webhook 5 participant-hold anna Muted Hold
              date_updated is now
            POST anna EndConferenceOnExit=true
              webhook 6 participant-modify anna Muted Hold EndConferenceOnExit
              date_updated is now
            GET anna
              anna muted=true hold=true coaching=false call_sid_to_coach=null
                  end_conference_on_exit=true seated=true
        "#]],
    );
}

#[test]
fn empty_hold_url_or_wait_url_is_silence() {
    check(
        "anna joins start=false
         POST anna WaitUrl=
         POST anna WaitUrl=
         POST anna Hold=true HoldUrl=
         POST anna Hold=true HoldUrl=",
        &expect![[r#"
            anna joins start=false
              anna gets the built-in wait music
              webhook 1 participant-join anna
            POST anna WaitUrl=
              anna gets wait silence
              webhook 2 participant-modify anna
              date_updated is now
            POST anna WaitUrl=
              nothing
            POST anna Hold=true HoldUrl=
              anna gets hold silence
              webhook 3 participant-hold anna Hold
              date_updated is now
            POST anna Hold=true HoldUrl=
              nothing
        "#]],
    );
}

#[test]
fn update_without_changes_has_no_effect() {
    check(
        "given anna and boris talk
         POST anna
         POST anna Muted=false Hold=false Coaching=false EndConferenceOnExit=false BeepOnExit=true
         POST anna CallSidToCoach=
         POST anna Beep=false",
        &expect![[r#"
            given anna and boris talk
            POST anna
              nothing
            POST anna Muted=false Hold=false Coaching=false EndConferenceOnExit=false
                BeepOnExit=true
              nothing
            POST anna CallSidToCoach=
              nothing
            POST anna Beep=false
              nothing
        "#]],
    );
}

#[test]
fn fields_are_applied_all_or_none() {
    check(
        "given anna and boris talk
         POST anna Muted=true EndConferenceOnExit=true Hold=true HoldUrl=https://a/h \
            AnnounceUrl=https://a/x Coaching=true CallSidToCoach=nobody
         GET anna
         POST anna Muted=true EndConferenceOnExit=true Hold=true HoldUrl=https://a/h \
            AnnounceUrl=https://a/x Coaching=true CallSidToCoach=boris
         GET anna",
        &expect![[r#"
            given anna and boris talk
            POST anna Muted=true EndConferenceOnExit=true Hold=true HoldUrl=https://a/h
                AnnounceUrl=https://a/x Coaching=true CallSidToCoach=nobody
              refused: the participant to be coached, nobody, is not in this conference
            GET anna
              anna muted=false hold=false coaching=false call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
            POST anna Muted=true EndConferenceOnExit=true Hold=true HoldUrl=https://a/h
                AnnounceUrl=https://a/x Coaching=true CallSidToCoach=boris
              anna no longer hears boris
              boris no longer hears anna
              anna gets hold music: GET https://a/h
              announcement to anna: POST https://a/x
              webhook 4 participant-mute anna Muted Hold Coaching EndConferenceOnExit
              webhook 5 participant-hold anna Muted Hold Coaching EndConferenceOnExit
              webhook 6 participant-modify anna Muted Hold Coaching EndConferenceOnExit
              date_updated is now
            GET anna
              anna muted=true hold=true coaching=true call_sid_to_coach=boris
                  end_conference_on_exit=true seated=true
        "#]],
    );
}

#[test]
fn absent_method_is_get_for_hold_and_post_for_the_others() {
    check(
        "anna joins start=false
         POST anna WaitUrl=https://a/w AnnounceUrl=https://a/x
         POST anna WaitUrl=https://a/w2 WaitMethod=GET AnnounceUrl=https://a/x AnnounceMethod=GET
         POST anna Hold=true HoldUrl=https://a/h
         POST anna HoldUrl=https://a/h2 HoldMethod=POST",
        &expect![[r#"
            anna joins start=false
              anna gets the built-in wait music
              webhook 1 participant-join anna
            POST anna WaitUrl=https://a/w AnnounceUrl=https://a/x
              anna gets wait music: POST https://a/w
              announcement to anna: POST https://a/x
              webhook 2 participant-modify anna
              date_updated is now
            POST anna WaitUrl=https://a/w2 WaitMethod=GET AnnounceUrl=https://a/x
                AnnounceMethod=GET
              anna gets wait music: GET https://a/w2
              announcement to anna: GET https://a/x
              webhook 3 participant-modify anna
              date_updated is now
            POST anna Hold=true HoldUrl=https://a/h
              anna gets hold music: GET https://a/h
              webhook 4 participant-hold anna Hold
              date_updated is now
            POST anna HoldUrl=https://a/h2 HoldMethod=POST
              anna gets hold music: POST https://a/h2
              date_updated is now
        "#]],
    );
}

#[test]
fn wait_url_changes_music_before_the_start_only() {
    check(
        "anna joins
         POST anna WaitUrl=https://a/w1
         POST anna WaitUrl=https://a/w1
         boris joins
         POST anna WaitUrl=https://a/w2
         POST anna WaitUrl=https://a/w2",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            POST anna WaitUrl=https://a/w1
              anna gets wait music: POST https://a/w1
              webhook 2 participant-modify anna
              date_updated is now
            POST anna WaitUrl=https://a/w1
              nothing
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 3 participant-join boris
              webhook 4 conference-start
            POST anna WaitUrl=https://a/w2
              webhook 5 participant-modify anna
              date_updated is now
            POST anna WaitUrl=https://a/w2
              nothing
        "#]],
    );
}

#[test]
fn update_of_a_ringing_call_applies_on_its_answer() {
    check(
        "anna rings
         POST anna Muted=true HoldUrl=https://a/h Beep=true AnnounceUrl=https://a/x
         POST anna Muted=true
         GET anna
         LIST
         boris joins
         carla joins
         POST anna CallSidToCoach=boris
         POST anna Hold=true
         anna answers
         LIST
         POST anna Hold=false Muted=false",
        &expect![[r#"
            anna rings
              nothing
            POST anna Muted=true HoldUrl=https://a/h Beep=true AnnounceUrl=https://a/x
              nothing
              date_updated is now
            POST anna Muted=true
              nothing
            GET anna
              anna muted=true hold=false coaching=false call_sid_to_coach=null
                  end_conference_on_exit=false seated=false
            LIST
              seated:
            boris joins
              boris gets the built-in wait music
              webhook 1 participant-join boris
            carla joins
              boris hears carla
              carla hears boris
              boris gets the room
              beep for all but carla
              webhook 2 participant-join carla
              webhook 3 conference-start
            POST anna CallSidToCoach=boris
              nothing
              date_updated is now
            POST anna Hold=true
              nothing
              date_updated is now
            anna answers
              anna gets hold music: GET https://a/h
              beep for all but anna
              announcement to anna: POST https://a/x
              webhook 4 participant-join anna Muted Hold Coaching
            LIST
              seated: boris carla anna
            POST anna Hold=false Muted=false
              anna hears boris
              anna hears carla
              boris hears anna
              anna gets the room
              webhook 5 participant-unmute anna Coaching
              webhook 6 participant-unhold anna Coaching
              date_updated is now
        "#]],
    );
}

#[test]
fn ringing_call_that_leaves_frees_its_label() {
    check(
        "anna joins
         boris rings label=b
         POST boris Hold=true
         boris leaves
         POST boris Hold=false
         carla joins label=b",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris rings label=b
              nothing
            POST boris Hold=true
              nothing
              date_updated is now
            boris leaves
              nothing
            POST boris Hold=false
              refused: no participant boris in this conference
            carla joins label=b
              anna hears carla
              carla hears anna
              anna gets the room
              beep for all but carla
              webhook 2 participant-join carla
              webhook 3 conference-start
        "#]],
    );
}

#[test]
fn end_conference_on_exit_and_beep_on_exit_apply_during_hold() {
    check(
        "given anna, boris and carla talk
         POST anna Hold=true
         POST anna BeepOnExit=false
         POST anna BeepOnExit=false
         anna leaves
         POST boris Hold=true
         POST boris EndConferenceOnExit=true
         boris leaves",
        &expect![[r#"
            given anna, boris and carla talk
            POST anna Hold=true
              anna no longer hears boris
              anna no longer hears carla
              boris no longer hears anna
              carla no longer hears anna
              anna gets the built-in hold music
              webhook 5 participant-hold anna Hold
              date_updated is now
            POST anna BeepOnExit=false
              webhook 6 participant-modify anna Hold
              date_updated is now
            POST anna BeepOnExit=false
              nothing
            anna leaves
              webhook 7 participant-leave anna Hold: HungUp
              anna left: HungUp
            POST boris Hold=true
              boris no longer hears carla
              carla no longer hears boris
              boris gets the built-in hold music
              webhook 8 participant-hold boris Hold
              date_updated is now
            POST boris EndConferenceOnExit=true
              webhook 9 participant-modify boris Hold EndConferenceOnExit
              date_updated is now
            boris leaves
              webhook 10 participant-leave boris Hold EndConferenceOnExit: HungUp
              webhook 11 participant-leave carla: ModeratorEnded
              webhook 12 conference-end: EndOnExitLeft by boris
              boris left: HungUp
              carla left: ModeratorEnded
              ended
        "#]],
    );
}

#[test]
fn rejects_request_for_an_absent_participant() {
    check(
        "given anna, boris and carla talk
         carla leaves
         POST carla Muted=true
         GET carla
         POST nobody
         POST label:agent",
        &expect![[r#"
            given anna, boris and carla talk
            carla leaves
              anna no longer hears carla
              boris no longer hears carla
              carla no longer hears anna
              carla no longer hears boris
              exit beep
              webhook 5 participant-leave carla: HungUp
              carla left: HungUp
            POST carla Muted=true
              refused: no participant carla in this conference
            GET carla
              refused: no participant carla in this conference
            POST nobody
              refused: no participant nobody in this conference
            POST label:agent
              refused: no participant agent in this conference
        "#]],
    );
}
