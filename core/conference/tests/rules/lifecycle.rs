//! Start and end of a conference (section "A conference's life" of the semantics), ringing calls
//! and `maxParticipants`.

use expect_test::expect;

use crate::script::check;

#[test]
fn starts_with_two_participants_if_one_has_start_conference_on_enter() {
    check(
        "anna joins
         boris joins start=false",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins start=false
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
              webhook 3 conference-start
        "#]],
    );
}

#[test]
fn does_not_start_without_start_conference_on_enter() {
    check(
        "anna joins start=false
         boris joins start=false
         carla joins start=true
         carla leaves
         dora joins start=false",
        &expect![[r#"
            anna joins start=false
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins start=false
              boris gets the built-in wait music
              webhook 2 participant-join boris
            carla joins start=true
              anna hears boris
              anna hears carla
              boris hears anna
              boris hears carla
              carla hears anna
              carla hears boris
              anna gets the room
              boris gets the room
              beep for all but carla
              webhook 3 participant-join carla
              webhook 4 conference-start
            carla leaves
              anna no longer hears carla
              boris no longer hears carla
              carla no longer hears anna
              carla no longer hears boris
              exit beep
              webhook 5 participant-leave carla: HungUp
              carla left: HungUp
            dora joins start=false
              anna hears dora
              boris hears dora
              dora hears anna
              dora hears boris
              beep for all but dora
              webhook 6 participant-join dora
        "#]],
    );
}

#[test]
fn held_muted_and_coaching_participants_count_for_the_start() {
    check(
        "anna joins start=false muted=true
         POST anna Hold=true
         boris joins coach=anna",
        &expect![[r#"
            anna joins start=false muted=true
              anna gets the built-in wait music
              webhook 1 participant-join anna Muted
            POST anna Hold=true
              anna gets the built-in hold music
              webhook 2 participant-hold anna Muted Hold
              date_updated is now
            boris joins coach=anna
              webhook 3 participant-join boris Coaching
              webhook 4 conference-start
        "#]],
    );
}

#[test]
fn ringing_call_neither_starts_nor_keeps_the_conference() {
    check(
        "anna joins
         boris rings
         carla rings
         LIST
         boris answers
         LIST
         anna leaves
         boris leaves
         carla answers",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris rings
              nothing
            carla rings
              nothing
            LIST
              seated: anna
            boris answers
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
              webhook 3 conference-start
            LIST
              seated: anna boris
            anna leaves
              anna no longer hears boris
              boris no longer hears anna
              exit beep
              webhook 4 participant-leave anna: HungUp
              anna left: HungUp
            boris leaves
              webhook 5 participant-leave boris: HungUp
              webhook 6 conference-end: LastParticipantLeft by boris
              boris left: HungUp
              carla is no longer expected
              ended
            carla answers
              refused: the conference has ended
        "#]],
    );
}

#[test]
fn stays_in_progress_while_a_participant_is_left() {
    check(
        "given anna and boris talk
         boris leaves
         POST anna Muted=true
         carla joins
         anna leaves
         carla leaves",
        &expect![[r#"
            given anna and boris talk
            boris leaves
              anna no longer hears boris
              boris no longer hears anna
              exit beep
              webhook 4 participant-leave boris: HungUp
              boris left: HungUp
            POST anna Muted=true
              webhook 5 participant-mute anna Muted
              date_updated is now
            carla joins
              anna hears carla
              beep for all but carla
              webhook 6 participant-join carla
            anna leaves
              anna no longer hears carla
              exit beep
              webhook 7 participant-leave anna Muted: HungUp
              anna left: HungUp
            carla leaves
              webhook 8 participant-leave carla: HungUp
              webhook 9 conference-end: LastParticipantLeft by carla
              carla left: HungUp
              ended
        "#]],
    );
}

#[test]
fn ends_when_the_last_participant_leaves() {
    check(
        "anna joins
         anna leaves",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            anna leaves
              webhook 2 participant-leave anna: HungUp
              webhook 3 conference-end: LastParticipantLeft by anna
              anna left: HungUp
              ended
        "#]],
    );
}

#[test]
fn ends_when_a_participant_with_end_conference_on_exit_leaves() {
    check(
        "anna joins end=true label=chair
         boris joins
         carla joins
         dora rings
         anna leaves",
        &expect![[r#"
            anna joins end=true label=chair
              anna gets the built-in wait music
              webhook 1 participant-join anna EndConferenceOnExit
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
              webhook 3 conference-start
            carla joins
              anna hears carla
              boris hears carla
              carla hears anna
              carla hears boris
              beep for all but carla
              webhook 4 participant-join carla
            dora rings
              nothing
            anna leaves
              anna no longer hears boris
              anna no longer hears carla
              boris no longer hears anna
              boris no longer hears carla
              carla no longer hears anna
              carla no longer hears boris
              webhook 5 participant-leave anna EndConferenceOnExit: HungUp
              webhook 6 participant-leave boris: ModeratorEnded
              webhook 7 participant-leave carla: ModeratorEnded
              webhook 8 conference-end: EndOnExitLeft by anna (chair)
              anna left: HungUp
              boris left: ModeratorEnded
              carla left: ModeratorEnded
              dora is no longer expected
              ended
        "#]],
    );
}

#[test]
fn status_completed_ends_the_conference() {
    check(
        "given anna and boris talk
         POST conference Status=completed
         LIST",
        &expect![[r#"
            given anna and boris talk
            POST conference Status=completed
              anna no longer hears boris
              boris no longer hears anna
              webhook 4 participant-leave anna: ConferenceEndedViaApi
              webhook 5 participant-leave boris: ConferenceEndedViaApi
              webhook 6 conference-end: EndedViaApi
              anna left: ConferenceEndedViaApi
              boris left: ConferenceEndedViaApi
              ended
            LIST
              seated:
        "#]],
    );
}

#[test]
fn completed_conference_rejects_all_requests() {
    check(
        "given anna and boris talk
         POST conference Status=completed
         POST anna Muted=true
         POST nobody Muted=true
         POST conference AnnounceUrl=https://a/x
         POST conference Status=completed
         anna joins
         anna leaves
         announcement to anna ends",
        &expect![[r#"
            given anna and boris talk
            POST conference Status=completed
              anna no longer hears boris
              boris no longer hears anna
              webhook 4 participant-leave anna: ConferenceEndedViaApi
              webhook 5 participant-leave boris: ConferenceEndedViaApi
              webhook 6 conference-end: EndedViaApi
              anna left: ConferenceEndedViaApi
              boris left: ConferenceEndedViaApi
              ended
            POST anna Muted=true
              refused: the conference has ended
            POST nobody Muted=true
              refused: the conference has ended
            POST conference AnnounceUrl=https://a/x
              refused: the conference has ended
            POST conference Status=completed
              refused: the conference has ended
            anna joins
              refused: the conference has ended
            anna leaves
              nothing
            announcement to anna ends
              nothing
        "#]],
    );
}

#[test]
fn rejects_joins_beyond_max_participants() {
    check(
        "anna joins
         boris joins max=2
         carla joins max=2
         dora rings max=3
         emil joins max=3
         dora answers
         emil leaves
         dora answers
         dora answers",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins max=2
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
              webhook 3 conference-start
            carla joins max=2
              refused: the conference is full: 2 participants at most
            dora rings max=3
              nothing
            emil joins max=3
              anna hears emil
              boris hears emil
              emil hears anna
              emil hears boris
              beep for all but emil
              webhook 4 participant-join emil
            dora answers
              refused: the conference is full: 3 participants at most
            emil leaves
              anna no longer hears emil
              boris no longer hears emil
              emil no longer hears anna
              emil no longer hears boris
              exit beep
              webhook 5 participant-leave emil: HungUp
              emil left: HungUp
            dora answers
              anna hears dora
              boris hears dora
              dora hears anna
              dora hears boris
              beep for all but dora
              webhook 6 participant-join dora
            dora answers
              refused: the call is in this conference already
        "#]],
    );
}

#[test]
fn full_conference_rejects_a_call_before_its_answer() {
    check(
        "given anna and boris talk
         carla rings max=2
         carla rings max=3",
        &expect![[r#"
            given anna and boris talk
            carla rings max=2
              refused: the conference is full: 2 participants at most
            carla rings max=3
              nothing
        "#]],
    );
}

#[test]
fn rejects_second_join_of_a_call() {
    check(
        "anna joins
         anna joins",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            anna joins
              refused: the call is in this conference already
        "#]],
    );
}
