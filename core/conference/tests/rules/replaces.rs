//! A call replaces another in its seat (SIP `Replaces`): one test for each property of the seat.

use expect_test::expect;

use crate::script::check;

#[test]
fn replacing_call_is_audible_from_the_same_tick() {
    check(
        "given anna and boris talk
         carla sits for boris
         LIST
         boris leaves",
        &expect![[r#"
            given anna and boris talk
            carla sits for boris
              anna hears carla
              carla hears anna
              anna no longer hears boris
              boris no longer hears anna
              webhook 4 participant-join carla
              webhook 5 participant-leave boris: HungUp
              boris left: HungUp
            LIST
              seated: anna carla
            boris leaves
              nothing
        "#]],
    );
}

#[test]
fn replacing_call_keeps_muted_and_hold() {
    check(
        "anna joins
         boris joins muted=true
         POST boris Hold=true HoldUrl=https://a/hold
         carla sits for boris
         GET carla
         POST carla Hold=false
         POST carla Muted=false",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins muted=true
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris Muted
              webhook 3 conference-start
            POST boris Hold=true HoldUrl=https://a/hold
              boris no longer hears anna
              boris gets hold music: GET https://a/hold
              webhook 4 participant-hold boris Muted Hold
              date_updated is now
            carla sits for boris
              carla gets hold music: GET https://a/hold
              webhook 5 participant-join carla Muted Hold
              webhook 6 participant-leave boris Muted Hold: HungUp
              boris left: HungUp
            GET carla
              carla muted=true hold=true coaching=false call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
            POST carla Hold=false
              carla hears anna
              carla gets the room
              webhook 7 participant-unhold carla Muted
              date_updated is now
            POST carla Muted=false
              anna hears carla
              webhook 8 participant-unmute carla
              date_updated is now
        "#]],
    );
}

#[test]
fn replacing_call_keeps_coaching_and_label() {
    check(
        "given anna and boris talk
         carla joins coach=anna label=supervisor
         dora sits for carla
         GET label:supervisor",
        &expect![[r#"
            given anna and boris talk
            carla joins coach=anna label=supervisor
              anna hears carla
              carla hears anna
              carla hears boris
              webhook 4 participant-join carla Coaching
            dora sits for carla
              anna hears dora
              dora hears anna
              dora hears boris
              anna no longer hears carla
              carla no longer hears anna
              carla no longer hears boris
              webhook 5 participant-join dora Coaching
              webhook 6 participant-leave carla Coaching: HungUp
              carla left: HungUp
            GET label:supervisor
              dora muted=false hold=false coaching=true call_sid_to_coach=anna
                  end_conference_on_exit=false seated=true
        "#]],
    );
}

#[test]
fn coach_of_a_replaced_call_becomes_inaudible() {
    check(
        "given anna and boris talk
         carla joins coach=boris
         dora sits for boris
         GET carla
         POST carla CallSidToCoach=dora",
        &expect![[r#"
            given anna and boris talk
            carla joins coach=boris
              boris hears carla
              carla hears anna
              carla hears boris
              webhook 4 participant-join carla Coaching
            dora sits for boris
              anna hears dora
              carla hears dora
              dora hears anna
              anna no longer hears boris
              boris no longer hears anna
              boris no longer hears carla
              carla no longer hears boris
              webhook 5 participant-join dora
              webhook 6 participant-leave boris: HungUp
              webhook 7 participant-modify carla Coaching
              boris left: HungUp
            GET carla
              carla muted=false hold=false coaching=true call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
            POST carla CallSidToCoach=dora
              dora hears carla
              webhook 8 participant-modify carla Coaching
              date_updated is now
        "#]],
    );
}

#[test]
fn replacing_the_last_or_the_ending_participant_does_not_end_the_conference() {
    check(
        "anna joins end=true
         boris sits for anna
         carla joins
         dora sits for boris
         dora leaves",
        &expect![[r#"
            anna joins end=true
              anna gets the built-in wait music
              webhook 1 participant-join anna EndConferenceOnExit
            boris sits for anna
              boris gets the built-in wait music
              webhook 2 participant-join boris EndConferenceOnExit
              webhook 3 participant-leave anna EndConferenceOnExit: HungUp
              anna left: HungUp
            carla joins
              boris hears carla
              carla hears boris
              boris gets the room
              beep for all but carla
              webhook 4 participant-join carla
              webhook 5 conference-start
            dora sits for boris
              carla hears dora
              dora hears carla
              boris no longer hears carla
              carla no longer hears boris
              webhook 6 participant-join dora EndConferenceOnExit
              webhook 7 participant-leave boris EndConferenceOnExit: HungUp
              boris left: HungUp
            dora leaves
              carla no longer hears dora
              dora no longer hears carla
              webhook 8 participant-leave dora EndConferenceOnExit: HungUp
              webhook 9 participant-leave carla: ModeratorEnded
              webhook 10 conference-end: EndOnExitLeft by dora
              dora left: HungUp
              carla left: ModeratorEnded
              ended
        "#]],
    );
}

#[test]
fn rejects_replacing_an_unseated_call_or_by_a_seated_call() {
    check(
        "anna joins
         boris rings
         carla sits for boris
         carla sits for dora
         boris answers
         anna sits for boris
         POST conference Status=completed
         carla sits for boris",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris rings
              nothing
            carla sits for boris
              refused: no participant boris in this conference
            carla sits for dora
              refused: no participant dora in this conference
            boris answers
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
              webhook 3 conference-start
            anna sits for boris
              refused: the call is in this conference already
            POST conference Status=completed
              anna no longer hears boris
              boris no longer hears anna
              webhook 4 participant-leave anna: ConferenceEndedViaApi
              webhook 5 participant-leave boris: ConferenceEndedViaApi
              webhook 6 conference-end: EndedViaApi
              anna left: ConferenceEndedViaApi
              boris left: ConferenceEndedViaApi
              ended
            carla sits for boris
              refused: the conference has ended
        "#]],
    );
}
