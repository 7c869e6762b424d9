//! Targets of coaching: rejected ones, and targets that are held, muted, coached or leave.

use expect_test::expect;

use crate::script::check;

#[test]
fn rejects_coaching_without_a_target() {
    check(
        "given anna and boris talk
         POST boris Coaching=true
         POST boris Coaching=true CallSidToCoach=anna
         POST boris Coaching=true
         POST boris Coaching=false
         POST boris Coaching=true",
        &expect![[r#"
            given anna and boris talk
            POST boris Coaching=true
              refused: Coaching=true needs CallSidToCoach, the CallSid of the participant to be
                  coached
            POST boris Coaching=true CallSidToCoach=anna
              webhook 4 participant-modify boris Coaching
              date_updated is now
            POST boris Coaching=true
              nothing
            POST boris Coaching=false
              webhook 5 participant-modify boris
              date_updated is now
            POST boris Coaching=true
              refused: Coaching=true needs CallSidToCoach, the CallSid of the participant to be
                  coached
        "#]],
    );
}

#[test]
fn rejects_coaching_with_an_empty_target() {
    check(
        "given anna and boris talk
         POST boris Coaching=true CallSidToCoach=
         POST boris CallSidToCoach=anna
         POST boris Coaching=true CallSidToCoach=
         GET boris",
        &expect![[r#"
            given anna and boris talk
            POST boris Coaching=true CallSidToCoach=
              refused: Coaching=true needs CallSidToCoach, the CallSid of the participant to be
                  coached
            POST boris CallSidToCoach=anna
              webhook 4 participant-modify boris Coaching
              date_updated is now
            POST boris Coaching=true CallSidToCoach=
              refused: Coaching=true needs CallSidToCoach, the CallSid of the participant to be
                  coached
            GET boris
              boris muted=false hold=false coaching=true call_sid_to_coach=anna
                  end_conference_on_exit=false seated=true
        "#]],
    );
}

#[test]
fn rejects_target_that_is_not_seated() {
    check(
        "given anna, boris and carla talk
         POST boris CallSidToCoach=nonsense
         POST boris Coaching=true CallSidToCoach=elsewhere
         anna leaves
         POST boris Coaching=true CallSidToCoach=anna
         dora rings
         POST boris CallSidToCoach=dora
         emil joins coach=anna
         emil joins coach=dora
         GET boris",
        &expect![[r#"
            given anna, boris and carla talk
            POST boris CallSidToCoach=nonsense
              refused: the participant to be coached, nonsense, is not in this conference
            POST boris Coaching=true CallSidToCoach=elsewhere
              refused: the participant to be coached, elsewhere, is not in this conference
            anna leaves
              anna no longer hears boris
              anna no longer hears carla
              boris no longer hears anna
              carla no longer hears anna
              exit beep
              webhook 5 participant-leave anna: HungUp
              anna left: HungUp
            POST boris Coaching=true CallSidToCoach=anna
              refused: the participant to be coached, anna, is not in this conference
            dora rings
              nothing
            POST boris CallSidToCoach=dora
              refused: the participant to be coached, dora, is not in this conference
            emil joins coach=anna
              refused: the participant to be coached, anna, is not in this conference
            emil joins coach=dora
              refused: the participant to be coached, dora, is not in this conference
            GET boris
              boris muted=false hold=false coaching=false call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
        "#]],
    );
}

#[test]
fn rejects_coach_as_its_own_target() {
    check(
        "given anna and boris talk
         POST boris CallSidToCoach=boris
         carla joins coach=carla",
        &expect![[r#"
            given anna and boris talk
            POST boris CallSidToCoach=boris
              refused: a participant cannot coach itself: name another one in CallSidToCoach
            carla joins coach=carla
              refused: a participant cannot coach itself: name another one in CallSidToCoach
        "#]],
    );
}

#[test]
fn accepts_target_on_hold() {
    check(
        "given anna, boris and carla talk
         POST anna Hold=true
         POST carla CallSidToCoach=anna
         POST anna Hold=false",
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
            POST carla CallSidToCoach=anna
              boris no longer hears carla
              webhook 6 participant-modify carla Coaching
              date_updated is now
            POST anna Hold=false
              anna hears boris
              anna hears carla
              boris hears anna
              carla hears anna
              anna gets the room
              webhook 7 participant-unhold anna
              date_updated is now
        "#]],
    );
}

#[test]
fn accepts_muted_target() {
    check(
        "given anna, boris and carla talk
         POST anna Muted=true
         POST carla CallSidToCoach=anna",
        &expect![[r#"
            given anna, boris and carla talk
            POST anna Muted=true
              boris no longer hears anna
              carla no longer hears anna
              webhook 5 participant-mute anna Muted
              date_updated is now
            POST carla CallSidToCoach=anna
              boris no longer hears carla
              webhook 6 participant-modify carla Coaching
              date_updated is now
        "#]],
    );
}

#[test]
fn accepts_coached_coach_and_several_coaches_of_one_target() {
    check(
        "given anna, boris, carla and dora talk
         POST carla CallSidToCoach=anna
         POST dora CallSidToCoach=anna
         POST boris CallSidToCoach=carla
         POST anna CallSidToCoach=carla",
        &expect![[r#"
            given anna, boris, carla and dora talk
            POST carla CallSidToCoach=anna
              boris no longer hears carla
              dora no longer hears carla
              webhook 6 participant-modify carla Coaching
              date_updated is now
            POST dora CallSidToCoach=anna
              boris no longer hears dora
              carla no longer hears dora
              webhook 7 participant-modify dora Coaching
              date_updated is now
            POST boris CallSidToCoach=carla
              anna no longer hears boris
              dora no longer hears boris
              webhook 8 participant-modify boris Coaching
              date_updated is now
            POST anna CallSidToCoach=carla
              boris no longer hears anna
              dora no longer hears anna
              webhook 9 participant-modify anna Coaching
              date_updated is now
        "#]],
    );
}

#[test]
fn coach_becomes_inaudible_when_its_target_leaves() {
    check(
        "given anna, boris and carla talk
         POST carla CallSidToCoach=anna
         anna leaves
         GET carla
         POST carla Muted=true
         POST carla Muted=false
         POST carla Coaching=true
         anna joins
         POST carla CallSidToCoach=
         GET carla",
        &expect![[r#"
            given anna, boris and carla talk
            POST carla CallSidToCoach=anna
              boris no longer hears carla
              webhook 5 participant-modify carla Coaching
              date_updated is now
            anna leaves
              anna no longer hears boris
              anna no longer hears carla
              boris no longer hears anna
              carla no longer hears anna
              exit beep
              webhook 6 participant-leave anna: HungUp
              webhook 7 participant-modify carla Coaching
              anna left: HungUp
            GET carla
              carla muted=false hold=false coaching=true call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
            POST carla Muted=true
              webhook 8 participant-mute carla Muted Coaching
              date_updated is now
            POST carla Muted=false
              webhook 9 participant-unmute carla Coaching
              date_updated is now
            POST carla Coaching=true
              refused: Coaching=true needs CallSidToCoach, the CallSid of the participant to be
                  coached
            anna joins
              anna hears boris
              boris hears anna
              carla hears anna
              beep for all but anna
              webhook 10 participant-join anna
            POST carla CallSidToCoach=
              anna hears carla
              boris hears carla
              webhook 11 participant-modify carla
              date_updated is now
            GET carla
              carla muted=false hold=false coaching=false call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
        "#]],
    );
}

#[test]
fn coach_stays_inaudible_if_its_target_left_during_hold_mute_or_ringing() {
    check(
        "given anna and boris talk
         carla joins coach=anna
         dora joins coach=anna muted=true
         emil rings coach=anna
         POST carla Hold=true
         anna leaves
         POST carla Hold=false
         POST dora Muted=false
         emil answers
         GET emil",
        &expect![[r#"
            given anna and boris talk
            carla joins coach=anna
              anna hears carla
              carla hears anna
              carla hears boris
              webhook 4 participant-join carla Coaching
            dora joins coach=anna muted=true
              dora hears anna
              dora hears boris
              webhook 5 participant-join dora Muted Coaching
            emil rings coach=anna
              nothing
            POST carla Hold=true
              anna no longer hears carla
              carla no longer hears anna
              carla no longer hears boris
              carla gets the built-in hold music
              webhook 6 participant-hold carla Hold Coaching
              date_updated is now
            anna leaves
              anna no longer hears boris
              boris no longer hears anna
              dora no longer hears anna
              exit beep
              webhook 7 participant-leave anna: HungUp
              webhook 8 participant-modify carla Hold Coaching
              webhook 9 participant-modify dora Muted Coaching
              anna left: HungUp
            POST carla Hold=false
              carla hears boris
              carla gets the room
              webhook 10 participant-unhold carla Coaching
              date_updated is now
            POST dora Muted=false
              webhook 11 participant-unmute dora Coaching
              date_updated is now
            emil answers
              emil hears boris
              webhook 12 participant-join emil Coaching
            GET emil
              emil muted=false hold=false coaching=true call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
        "#]],
    );
}
