//! Coaching: audibility of a coach, and changes of `Coaching` and `CallSidToCoach`.

use expect_test::expect;

use crate::script::check;

#[test]
fn coach_is_audible_to_its_target_only() {
    check(
        "given anna, boris and carla talk
         POST carla Coaching=true CallSidToCoach=anna
         GET carla",
        &expect![[r#"
            given anna, boris and carla talk
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
fn muted_coach_is_inaudible() {
    check(
        "given anna, boris and carla talk
         POST carla Coaching=true CallSidToCoach=anna Muted=true
         POST carla Muted=false",
        &expect![[r#"
            given anna, boris and carla talk
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
fn end_of_coaching_makes_the_coach_audible_to_all() {
    check(
        "given anna and boris talk
         carla joins muted=true
         POST carla Coaching=true CallSidToCoach=anna Muted=false
         POST carla Coaching=false CallSidToCoach= Muted=false
         GET carla",
        &expect![[r#"
            given anna and boris talk
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
fn coach_is_inaudible_to_later_participants() {
    check(
        "given anna and boris talk
         POST boris Coaching=true CallSidToCoach=anna
         carla joins
         dora joins coach=boris
         emil joins",
        &expect![[r#"
            given anna and boris talk
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
fn new_target_replaces_the_old_target_in_one_step() {
    check(
        "given anna, boris and carla talk
         POST carla CallSidToCoach=anna
         POST carla CallSidToCoach=boris",
        &expect![[r#"
            given anna, boris and carla talk
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
fn coach_seated_before_the_start_is_audible_to_its_target_from_the_start() {
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

#[test]
fn target_alone_sets_coaching_and_empty_target_clears_it() {
    check(
        "given anna, boris and carla talk
         POST carla CallSidToCoach=anna
         GET carla
         POST carla CallSidToCoach=
         GET carla",
        &expect![[r#"
            given anna, boris and carla talk
            POST carla CallSidToCoach=anna
              boris no longer hears carla
              webhook 5 participant-modify carla Coaching
              date_updated is now
            GET carla
              carla muted=false hold=false coaching=true call_sid_to_coach=anna
                  end_conference_on_exit=false seated=true
            POST carla CallSidToCoach=
              boris hears carla
              webhook 6 participant-modify carla
              date_updated is now
            GET carla
              carla muted=false hold=false coaching=false call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
        "#]],
    );
}

#[test]
fn coaching_false_clears_the_target_despite_the_target_field() {
    check(
        "given anna and boris talk
         POST boris CallSidToCoach=anna
         POST boris Coaching=false CallSidToCoach=anna
         GET boris
         POST boris CallSidToCoach=anna
         POST boris Coaching=false CallSidToCoach=nonsense
         GET boris",
        &expect![[r#"
            given anna and boris talk
            POST boris CallSidToCoach=anna
              webhook 4 participant-modify boris Coaching
              date_updated is now
            POST boris Coaching=false CallSidToCoach=anna
              webhook 5 participant-modify boris
              date_updated is now
            GET boris
              boris muted=false hold=false coaching=false call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
            POST boris CallSidToCoach=anna
              webhook 6 participant-modify boris Coaching
              date_updated is now
            POST boris Coaching=false CallSidToCoach=nonsense
              webhook 7 participant-modify boris
              date_updated is now
            GET boris
              boris muted=false hold=false coaching=false call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
        "#]],
    );
}
