//! Section "Webhooks of a conference" of the semantics: the applicable setting, the word of each
//! event, and reasons.

use expect_test::expect;

use crate::script::check;

#[test]
fn events_of_the_first_participant_apply_and_later_ones_are_ignored() {
    check(
        "anna joins events=join
         boris joins events=mute
         POST anna Muted=true
         carla joins",
        &expect![[r#"
            anna joins events=join
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins events=mute
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
            POST anna Muted=true
              boris no longer hears anna
              date_updated is now
            carla joins
              anna hears carla
              boris hears carla
              carla hears boris
              beep for all but carla
              webhook 3 participant-join carla
        "#]],
    );
}

#[test]
fn ringing_call_is_not_the_first_participant() {
    check(
        "anna rings events=mute
         boris joins events=join
         anna answers
         POST anna Muted=true",
        &expect![[r#"
            anna rings events=mute
              nothing
            boris joins events=join
              boris gets the built-in wait music
              webhook 1 participant-join boris
            anna answers
              anna hears boris
              boris hears anna
              boris gets the room
              beep for all but anna
              webhook 2 participant-join anna
            POST anna Muted=true
              boris no longer hears anna
              date_updated is now
        "#]],
    );
}

#[test]
fn no_webhook_without_events_or_callback() {
    check(
        "anna joins events=
         boris joins
         POST anna Muted=true
         anna leaves
         boris leaves",
        &expect![[r#"
            anna joins events=
              anna gets the built-in wait music
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
            POST anna Muted=true
              boris no longer hears anna
              date_updated is now
            anna leaves
              anna no longer hears boris
              exit beep
              anna left: HungUp
            boris leaves
              boris left: HungUp
              ended
        "#]],
    );
    check(
        "anna joins callback=none
         boris joins
         boris leaves
         anna leaves",
        &expect![[r#"
            anna joins callback=none
              anna gets the built-in wait music
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
            boris leaves
              anna no longer hears boris
              boris no longer hears anna
              exit beep
              boris left: HungUp
            anna leaves
              anna left: HungUp
              ended
        "#]],
    );
}

#[test]
fn start_and_end_select_conference_webhooks() {
    check(
        "anna joins events=start,end
         boris joins
         POST anna Muted=true Hold=true BeepOnExit=false
         boris leaves
         anna leaves",
        &expect![[r#"
            anna joins events=start,end
              anna gets the built-in wait music
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 1 conference-start
            POST anna Muted=true Hold=true BeepOnExit=false
              anna no longer hears boris
              boris no longer hears anna
              anna gets the built-in hold music
              date_updated is now
            boris leaves
              exit beep
              boris left: HungUp
            anna leaves
              webhook 2 conference-end: LastParticipantLeft by anna
              anna left: HungUp
              ended
        "#]],
    );
}

#[test]
fn join_and_leave_select_their_webhooks() {
    check(
        "anna joins events=join,leave
         boris joins
         boris leaves
         anna leaves",
        &expect![[r#"
            anna joins events=join,leave
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
            boris leaves
              anna no longer hears boris
              boris no longer hears anna
              exit beep
              webhook 3 participant-leave boris: HungUp
              boris left: HungUp
            anna leaves
              webhook 4 participant-leave anna: HungUp
              anna left: HungUp
              ended
        "#]],
    );
}

#[test]
fn mute_and_hold_select_their_webhooks() {
    check(
        "anna joins events=mute,hold
         boris joins
         POST anna Hold=true Muted=true
         POST anna Hold=false Muted=false",
        &expect![[r#"
            anna joins events=mute,hold
              anna gets the built-in wait music
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
            POST anna Hold=true Muted=true
              anna no longer hears boris
              boris no longer hears anna
              anna gets the built-in hold music
              webhook 1 participant-mute anna Muted Hold
              webhook 2 participant-hold anna Muted Hold
              date_updated is now
            POST anna Hold=false Muted=false
              anna hears boris
              boris hears anna
              anna gets the room
              webhook 3 participant-unmute anna
              webhook 4 participant-unhold anna
              date_updated is now
        "#]],
    );
}

#[test]
fn modify_selects_its_webhook() {
    check(
        "anna joins events=modify
         boris joins
         POST anna BeepOnExit=false
         POST anna EndConferenceOnExit=true
         POST anna CallSidToCoach=boris
         POST anna WaitUrl=https://a/w
         POST anna BeepOnExit=true EndConferenceOnExit=false Coaching=false WaitUrl=",
        &expect![[r#"
            anna joins events=modify
              anna gets the built-in wait music
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
            POST anna BeepOnExit=false
              webhook 1 participant-modify anna
              date_updated is now
            POST anna EndConferenceOnExit=true
              webhook 2 participant-modify anna EndConferenceOnExit
              date_updated is now
            POST anna CallSidToCoach=boris
              webhook 3 participant-modify anna Coaching EndConferenceOnExit
              date_updated is now
            POST anna WaitUrl=https://a/w
              webhook 4 participant-modify anna Coaching EndConferenceOnExit
              date_updated is now
            POST anna BeepOnExit=true EndConferenceOnExit=false Coaching=false WaitUrl=
              webhook 5 participant-modify anna
              date_updated is now
        "#]],
    );
}

#[test]
fn announcement_selects_its_webhooks() {
    check(
        "anna joins events=announcement
         boris joins
         announcement to anna ends
         announcement to anna fails
         announcement to all ends
         anna leaves
         announcement to anna ends
         boris leaves
         announcement to boris ends",
        &expect![[r#"
            anna joins events=announcement
              anna gets the built-in wait music
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
            announcement to anna ends
              webhook 1 announcement-end anna: https://a/x
            announcement to anna fails
              webhook 2 announcement-fail anna: https://a/x, 11217 not found
            announcement to all ends
              webhook 3 announcement-end: https://a/x
            anna leaves
              anna no longer hears boris
              boris no longer hears anna
              exit beep
              anna left: HungUp
            announcement to anna ends
              webhook 4 announcement-end: https://a/x
            boris leaves
              boris left: HungUp
              ended
            announcement to boris ends
              nothing
        "#]],
    );
}

#[test]
fn end_reason_names_the_last_participant() {
    check(
        "anna joins events=end,leave label=agent
         anna leaves",
        &expect![[r#"
            anna joins events=end,leave label=agent
              anna gets the built-in wait music
            anna leaves
              webhook 1 participant-leave anna: HungUp
              webhook 2 conference-end: LastParticipantLeft by anna (agent)
              anna left: HungUp
              ended
        "#]],
    );
    check(
        "anna joins events=end,leave
         anna is removed",
        &expect![[r#"
            anna joins events=end,leave
              anna gets the built-in wait music
            anna is removed
              webhook 1 participant-leave anna: UpdatedViaApi
              webhook 2 conference-end: LastParticipantKicked by anna
              anna left: UpdatedViaApi
              ended
        "#]],
    );
}

#[test]
fn end_reason_names_the_participant_with_end_conference_on_exit() {
    check(
        "anna joins events=end,leave end=true
         boris joins
         anna leaves",
        &expect![[r#"
            anna joins events=end,leave end=true
              anna gets the built-in wait music
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
            anna leaves
              anna no longer hears boris
              boris no longer hears anna
              webhook 1 participant-leave anna EndConferenceOnExit: HungUp
              webhook 2 participant-leave boris: ModeratorEnded
              webhook 3 conference-end: EndOnExitLeft by anna
              anna left: HungUp
              boris left: ModeratorEnded
              ended
        "#]],
    );
    check(
        "anna joins events=end,leave end=true label=chair
         boris joins
         anna is removed",
        &expect![[r#"
            anna joins events=end,leave end=true label=chair
              anna gets the built-in wait music
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
            anna is removed
              anna no longer hears boris
              boris no longer hears anna
              webhook 1 participant-leave anna EndConferenceOnExit: UpdatedViaApi
              webhook 2 participant-leave boris: ModeratorEnded
              webhook 3 conference-end: EndOnExitKicked by anna (chair)
              anna left: UpdatedViaApi
              boris left: ModeratorEnded
              ended
        "#]],
    );
}

#[test]
fn end_conference_on_exit_is_the_end_reason_of_a_last_participant_too() {
    check(
        "anna joins events=end end=true
         anna leaves",
        &expect![[r#"
            anna joins events=end end=true
              anna gets the built-in wait music
            anna leaves
              webhook 1 conference-end: EndOnExitLeft by anna
              anna left: HungUp
              ended
        "#]],
    );
    check(
        "anna joins events=end end=true
         anna is removed",
        &expect![[r#"
            anna joins events=end end=true
              anna gets the built-in wait music
            anna is removed
              webhook 1 conference-end: EndOnExitKicked by anna
              anna left: UpdatedViaApi
              ended
        "#]],
    );
}

#[test]
fn end_reason_is_ended_via_api() {
    check(
        "anna joins events=end,leave
         boris joins
         POST conference Status=completed",
        &expect![[r#"
            anna joins events=end,leave
              anna gets the built-in wait music
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
            POST conference Status=completed
              anna no longer hears boris
              boris no longer hears anna
              webhook 1 participant-leave anna: ConferenceEndedViaApi
              webhook 2 participant-leave boris: ConferenceEndedViaApi
              webhook 3 conference-end: EndedViaApi
              anna left: ConferenceEndedViaApi
              boris left: ConferenceEndedViaApi
              ended
        "#]],
    );
}

#[test]
fn leave_reason_is_add_failed() {
    check(
        "anna joins events=leave
         boris joins
         boris cannot be added
         carla rings
         carla cannot be added",
        &expect![[r#"
            anna joins events=leave
              anna gets the built-in wait music
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
            boris cannot be added
              anna no longer hears boris
              boris no longer hears anna
              exit beep
              webhook 1 participant-leave boris: AddFailed
              boris left: AddFailed
            carla rings
              nothing
            carla cannot be added
              webhook 2 participant-leave carla: AddFailed
        "#]],
    );
}

#[test]
fn leave_of_a_target_is_sent_before_modify_of_its_coach() {
    check(
        "given anna and boris talk
         carla joins coach=anna
         anna leaves",
        &expect![[r#"
            given anna and boris talk
            carla joins coach=anna
              anna hears carla
              carla hears anna
              carla hears boris
              webhook 4 participant-join carla Coaching
            anna leaves
              anna no longer hears boris
              anna no longer hears carla
              boris no longer hears anna
              carla no longer hears anna
              exit beep
              webhook 5 participant-leave anna: HungUp
              webhook 6 participant-modify carla Coaching
              anna left: HungUp
        "#]],
    );
}
