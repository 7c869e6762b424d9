//! Section "Who hears whom" of the semantics: one test per row, and the invariant of the coach.

use expect_test::expect;

use crate::script::check;

#[test]
fn normal() {
    check(
        "anna joins
         boris joins
         carla joins",
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
        "#]],
    );
}

#[test]
fn muted() {
    check(
        "anna joins
         boris joins
         POST anna Muted=true
         POST anna Muted=false",
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
            POST anna Muted=true
              boris no longer hears anna
              webhook 4 participant-mute anna Muted
              date_updated is now
            POST anna Muted=false
              boris hears anna
              webhook 5 participant-unmute anna
              date_updated is now
        "#]],
    );
}

#[test]
fn hold() {
    check(
        "anna joins
         boris joins
         carla joins
         POST anna Hold=true
         POST anna Hold=false
         POST anna Hold=true HoldUrl=https://a/hold.wav
         POST anna Hold=false",
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
            POST anna Hold=true
              anna no longer hears boris
              anna no longer hears carla
              boris no longer hears anna
              carla no longer hears anna
              anna gets the built-in hold music
              webhook 5 participant-hold anna Hold
              date_updated is now
            POST anna Hold=false
              anna hears boris
              anna hears carla
              boris hears anna
              carla hears anna
              anna gets the room
              webhook 6 participant-unhold anna
              date_updated is now
            POST anna Hold=true HoldUrl=https://a/hold.wav
              anna no longer hears boris
              anna no longer hears carla
              boris no longer hears anna
              carla no longer hears anna
              anna gets hold music: GET https://a/hold.wav
              webhook 7 participant-hold anna Hold
              date_updated is now
            POST anna Hold=false
              anna hears boris
              anna hears carla
              boris hears anna
              carla hears anna
              anna gets the room
              webhook 8 participant-unhold anna
              date_updated is now
        "#]],
    );
}

#[test]
fn hold_then_unhold_leaves_muted_as_it_is() {
    check(
        "anna joins
         boris joins
         POST anna Muted=true
         POST anna Hold=true
         POST anna Hold=false
         GET anna
         POST anna Hold=true
         POST anna Muted=false
         POST anna Hold=false",
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
            POST anna Muted=true
              boris no longer hears anna
              webhook 4 participant-mute anna Muted
              date_updated is now
            POST anna Hold=true
              anna no longer hears boris
              anna gets the built-in hold music
              webhook 5 participant-hold anna Muted Hold
              date_updated is now
            POST anna Hold=false
              anna hears boris
              anna gets the room
              webhook 6 participant-unhold anna Muted
              date_updated is now
            GET anna
              anna muted=true hold=false coaching=false call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
            POST anna Hold=true
              anna no longer hears boris
              anna gets the built-in hold music
              webhook 7 participant-hold anna Muted Hold
              date_updated is now
            POST anna Muted=false
              webhook 8 participant-unmute anna Hold
              date_updated is now
            POST anna Hold=false
              anna hears boris
              boris hears anna
              anna gets the room
              webhook 9 participant-unhold anna
              date_updated is now
        "#]],
    );
}

#[test]
fn coaching() {
    check(
        "anna joins
         boris joins
         carla joins
         POST carla Coaching=true CallSidToCoach=anna
         GET carla",
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
            POST carla Coaching=true CallSidToCoach=anna
              boris no longer hears carla
              webhook 5 participant-modify carla Coaching
              date_updated is now
            GET carla
              carla muted=false hold=false coaching=true call_sid_to_coach=anna
                  end_conference_on_exit=false seated=true
        "#]],
    );
}

#[test]
fn coaching_and_muted_is_monitor() {
    check(
        "anna joins
         boris joins
         carla joins
         POST carla Coaching=true CallSidToCoach=anna Muted=true
         POST carla Muted=false",
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
            POST carla Coaching=true CallSidToCoach=anna Muted=true
              anna no longer hears carla
              boris no longer hears carla
              webhook 5 participant-mute carla Muted Coaching
              webhook 6 participant-modify carla Muted Coaching
              date_updated is now
            POST carla Muted=false
              anna hears carla
              webhook 7 participant-unmute carla Coaching
              date_updated is now
        "#]],
    );
}

#[test]
fn coaching_false_and_no_target_is_barge() {
    check(
        "anna joins
         boris joins
         carla joins muted=true
         POST carla Coaching=true CallSidToCoach=anna Muted=false
         POST carla Coaching=false CallSidToCoach= Muted=false
         GET carla",
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
            carla joins muted=true
              carla hears anna
              carla hears boris
              beep for all but carla
              webhook 4 participant-join carla Muted
            POST carla Coaching=true CallSidToCoach=anna Muted=false
              anna hears carla
              webhook 5 participant-unmute carla Coaching
              webhook 6 participant-modify carla Coaching
              date_updated is now
            POST carla Coaching=false CallSidToCoach= Muted=false
              boris hears carla
              webhook 7 participant-modify carla
              date_updated is now
            GET carla
              carla muted=false hold=false coaching=false call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
        "#]],
    );
}

#[test]
fn conference_not_started() {
    check(
        "anna joins start=false
         boris joins start=false wait=https://a/wait.mp3
         carla joins start=false wait=
         POST boris Hold=true
         POST boris Hold=false
         dora joins",
        &expect![[r#"
            anna joins start=false
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins start=false wait=https://a/wait.mp3
              boris gets wait music: POST https://a/wait.mp3
              webhook 2 participant-join boris
            carla joins start=false wait=
              carla gets wait silence
              webhook 3 participant-join carla
            POST boris Hold=true
              boris gets the built-in hold music
              webhook 4 participant-hold boris Hold
              date_updated is now
            POST boris Hold=false
              boris gets wait music: POST https://a/wait.mp3
              webhook 5 participant-unhold boris
              date_updated is now
            dora joins
              anna hears boris
              anna hears carla
              anna hears dora
              boris hears anna
              boris hears carla
              boris hears dora
              carla hears anna
              carla hears boris
              carla hears dora
              dora hears anna
              dora hears boris
              dora hears carla
              anna gets the room
              boris gets the room
              carla gets the room
              beep for all but dora
              webhook 6 participant-join dora
              webhook 7 conference-start
        "#]],
    );
}

#[test]
fn held_before_the_start_hears_hold_music_until_unheld() {
    check(
        "anna joins
         POST anna Hold=true HoldUrl=https://a/hold.wav
         POST anna WaitUrl=https://a/wait.wav
         boris joins
         POST anna Hold=false",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            POST anna Hold=true HoldUrl=https://a/hold.wav
              anna gets hold music: GET https://a/hold.wav
              webhook 2 participant-hold anna Hold
              date_updated is now
            POST anna WaitUrl=https://a/wait.wav
              webhook 3 participant-modify anna Hold
              date_updated is now
            boris joins
              beep for all but boris
              webhook 4 participant-join boris
              webhook 5 conference-start
            POST anna Hold=false
              anna hears boris
              boris hears anna
              anna gets the room
              webhook 6 participant-unhold anna
              date_updated is now
        "#]],
    );
}

#[test]
fn announcement_to_p_changes_no_audibility() {
    check(
        "anna joins
         boris joins
         POST anna AnnounceUrl=https://a/x",
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
            POST anna AnnounceUrl=https://a/x
              announcement to anna: POST https://a/x
              date_updated is now
        "#]],
    );
}

#[test]
fn a_coach_is_not_heard_by_one_who_joins_later() {
    check(
        "anna joins
         boris joins
         POST boris Coaching=true CallSidToCoach=anna
         carla joins
         dora joins coach=boris
         emil joins",
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
            POST boris Coaching=true CallSidToCoach=anna
              webhook 4 participant-modify boris Coaching
              date_updated is now
            carla joins
              anna hears carla
              boris hears carla
              carla hears anna
              beep for all but carla
              webhook 5 participant-join carla
            dora joins coach=boris
              boris hears dora
              dora hears anna
              dora hears carla
              webhook 6 participant-join dora Coaching
            emil joins
              anna hears emil
              boris hears emil
              carla hears emil
              dora hears emil
              emil hears anna
              emil hears carla
              beep for all but emil
              webhook 7 participant-join emil
        "#]],
    );
}

#[test]
fn a_coach_is_retargeted_in_one_step() {
    check(
        "anna joins
         boris joins
         carla joins
         POST carla CallSidToCoach=anna
         POST carla CallSidToCoach=boris",
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
            POST carla CallSidToCoach=anna
              boris no longer hears carla
              webhook 5 participant-modify carla Coaching
              date_updated is now
            POST carla CallSidToCoach=boris
              boris hears carla
              anna no longer hears carla
              webhook 6 participant-modify carla Coaching
              date_updated is now
        "#]],
    );
}

#[test]
fn a_coach_before_the_start_whispers_from_the_first_frame() {
    check(
        "anna joins start=false
         boris joins start=false coach=anna
         carla joins",
        &expect![[r#"
            anna joins start=false
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins start=false coach=anna
              boris gets the built-in wait music
              webhook 2 participant-join boris Coaching
            carla joins
              anna hears boris
              anna hears carla
              boris hears anna
              boris hears carla
              carla hears anna
              anna gets the room
              boris gets the room
              beep for all but carla
              webhook 3 participant-join carla
              webhook 4 conference-start
        "#]],
    );
}
