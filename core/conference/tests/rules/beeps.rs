//! Beeps on enter and on exit: the attribute of the verb and the field of an update.

use expect_test::expect;

use crate::script::check;

#[test]
fn default_beep_plays_on_enter_and_on_exit() {
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
fn beep_false_disables_both_beeps() {
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
fn on_enter_and_on_exit_select_one_beep() {
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
fn coach_has_no_beep_unless_it_is_explicit() {
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
fn beep_field_applies_at_once_and_on_exit() {
    check(
        "anna joins
         POST anna Beep=true
         boris joins
         carla joins
         POST anna Beep=true
         POST anna Beep=false
         POST anna Beep=onEnter
         POST anna Beep=onEnter
         anna leaves
         POST boris Beep=onExit
         boris leaves",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            POST anna Beep=true
              nothing
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
            POST anna Beep=true
              beep for all
              date_updated is now
            POST anna Beep=false
              nothing
            POST anna Beep=onEnter
              webhook 5 participant-modify anna
              date_updated is now
            POST anna Beep=onEnter
              nothing
            anna leaves
              anna no longer hears boris
              anna no longer hears carla
              boris no longer hears anna
              carla no longer hears anna
              webhook 6 participant-leave anna: HungUp
              anna left: HungUp
            POST boris Beep=onExit
              nothing
            boris leaves
              boris no longer hears carla
              carla no longer hears boris
              exit beep
              webhook 7 participant-leave boris: HungUp
              boris left: HungUp
        "#]],
    );
}
