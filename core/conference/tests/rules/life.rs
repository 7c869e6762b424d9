//! Section "A conference's life" of the semantics: one test per sentence.

use confab_conference::{Customs, Refusal};
use expect_test::expect;

use crate::script::check;

#[test]
fn starts_when_two_are_in_and_one_of_them_may_start_it() {
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
fn does_not_start_without_one_who_may() {
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
fn held_muted_and_coaching_ones_count() {
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
fn a_ringing_call_counts_for_nothing() {
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
fn stays_in_progress_while_anyone_is_left() {
    check(
        "anna joins
         boris joins
         boris leaves
         POST anna Muted=true
         carla joins
         anna leaves
         carla leaves",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
              webhook 3 conference-start
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
fn ends_when_the_last_one_leaves() {
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
fn ends_when_one_with_end_conference_on_exit_leaves() {
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
fn ends_by_status_completed() {
    check(
        "anna joins
         boris joins
         POST conference Status=completed
         LIST",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
              webhook 3 conference-start
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
fn max_participants() {
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
fn a_full_conference_refuses_before_the_call_is_answered() {
    check(
        "anna joins
         boris joins
         carla rings max=2
         carla rings max=3",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
              webhook 3 conference-start
            carla rings max=2
              refused: the conference is full: 2 participants at most
            carla rings max=3
              nothing
        "#]],
    );
}

#[test]
fn a_call_is_in_it_once() {
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

#[test]
fn beep_true() {
    check(
        "anna joins
         boris joins
         carla joins
         carla leaves",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
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
            carla leaves
              anna no longer hears carla
              boris no longer hears carla
              carla no longer hears anna
              carla no longer hears boris
              exit beep
              webhook 5 participant-leave carla: HungUp
              carla left: HungUp
        "#]],
    );
}

#[test]
fn beep_false() {
    check(
        "anna joins
         boris joins beep=false
         carla joins default_beep=false
         carla leaves
         boris leaves",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins beep=false
              anna hears boris
              boris hears anna
              anna gets the room
              webhook 2 participant-join boris
              webhook 3 conference-start
            carla joins default_beep=false
              anna hears carla
              boris hears carla
              carla hears anna
              carla hears boris
              webhook 4 participant-join carla
            carla leaves
              anna no longer hears carla
              boris no longer hears carla
              carla no longer hears anna
              carla no longer hears boris
              webhook 5 participant-leave carla: HungUp
              carla left: HungUp
            boris leaves
              anna no longer hears boris
              boris no longer hears anna
              webhook 6 participant-leave boris: HungUp
              boris left: HungUp
        "#]],
    );
}

#[test]
fn beep_on_enter_and_on_exit() {
    check(
        "anna joins
         boris joins beep=onEnter
         carla joins beep=onExit
         boris leaves
         carla leaves",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins beep=onEnter
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
              webhook 3 conference-start
            carla joins beep=onExit
              anna hears carla
              boris hears carla
              carla hears anna
              carla hears boris
              webhook 4 participant-join carla
            boris leaves
              anna no longer hears boris
              boris no longer hears anna
              boris no longer hears carla
              carla no longer hears boris
              webhook 5 participant-leave boris: HungUp
              boris left: HungUp
            carla leaves
              anna no longer hears carla
              carla no longer hears anna
              exit beep
              webhook 6 participant-leave carla: HungUp
              carla left: HungUp
        "#]],
    );
}

#[test]
fn no_beep_for_a_coach_unless_it_is_explicit() {
    check(
        "anna joins
         boris joins
         carla joins coach=anna
         dora joins coach=anna beep=true
         carla leaves
         dora leaves
         emil joins
         POST emil CallSidToCoach=anna
         POST emil BeepOnExit=true
         emil leaves",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
              webhook 3 conference-start
            carla joins coach=anna
              anna hears carla
              carla hears anna
              carla hears boris
              webhook 4 participant-join carla Coaching
            dora joins coach=anna beep=true
              anna hears dora
              dora hears anna
              dora hears boris
              beep for all but dora
              webhook 5 participant-join dora Coaching
            carla leaves
              anna no longer hears carla
              carla no longer hears anna
              carla no longer hears boris
              webhook 6 participant-leave carla Coaching: HungUp
              carla left: HungUp
            dora leaves
              anna no longer hears dora
              dora no longer hears anna
              dora no longer hears boris
              exit beep
              webhook 7 participant-leave dora Coaching: HungUp
              dora left: HungUp
            emil joins
              anna hears emil
              boris hears emil
              emil hears anna
              emil hears boris
              beep for all but emil
              webhook 8 participant-join emil
            POST emil CallSidToCoach=anna
              boris no longer hears emil
              webhook 9 participant-modify emil Coaching
              date_updated is now
            POST emil BeepOnExit=true
              webhook 10 participant-modify emil Coaching
              date_updated is now
            emil leaves
              anna no longer hears emil
              emil no longer hears anna
              emil no longer hears boris
              exit beep
              webhook 11 participant-leave emil Coaching: HungUp
              emil left: HungUp
        "#]],
    );
}

#[test]
fn names_have_at_most_64_characters() {
    let customs = Customs::default();
    assert_eq!(customs.check_name("ä"), Ok(()));
    assert_eq!(customs.check_name(&"ä".repeat(64)), Ok(()));
    let long = "ä".repeat(65);
    assert_eq!(
        customs.check_name(&long),
        Err(Refusal::NameInvalid {
            name: long.clone(),
            chars_max: 64
        })
    );
    assert!(customs.check_name("").is_err());
}

#[test]
fn names_hold_no_control_characters() {
    for name in ["a\nb", "\0", "room\u{7f}", "a\u{85}b"] {
        let refused = Customs::default().check_name(name).unwrap_err();
        assert!(!refused.to_string().chars().any(char::is_control));
    }
}
