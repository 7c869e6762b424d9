//! `record-from-start`: the recording begins with the conference, with the first participant's
//! settings.

use expect_test::expect;

use crate::script::check;

#[test]
fn recording_starts_once_with_the_second_participant() {
    check(
        "anna joins record=trimmed callback=none
         boris joins
         carla joins record=whole
         carla leaves
         carla joins",
        &expect![[r#"
            anna joins record=trimmed callback=none
              anna gets the built-in wait music
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              is recorded, trimmed
              beep for all but boris
            carla joins record=whole
              anna hears carla
              boris hears carla
              carla hears anna
              carla hears boris
              beep for all but carla
            carla leaves
              anna no longer hears carla
              boris no longer hears carla
              carla no longer hears anna
              carla no longer hears boris
              exit beep
              carla left: HungUp
            carla joins
              anna hears carla
              boris hears carla
              carla hears anna
              carla hears boris
              beep for all but carla
        "#]],
    );
}

#[test]
fn recording_does_not_start_before_the_conference() {
    check(
        "anna joins start=false record=whole callback=none
         boris joins start=false
         carla joins",
        &expect![[r#"
            anna joins start=false record=whole callback=none
              anna gets the built-in wait music
            boris joins start=false
              boris gets the built-in wait music
            carla joins
              anna hears boris
              anna hears carla
              boris hears anna
              boris hears carla
              carla hears anna
              carla hears boris
              anna gets the room
              boris gets the room
              is recorded
              beep for all but carla
        "#]],
    );
}

#[test]
fn record_setting_of_later_participants_is_ignored() {
    check(
        "anna rings record=whole callback=none
         boris joins callback=none
         anna answers",
        &expect![[r#"
            anna rings record=whole callback=none
              nothing
            boris joins callback=none
              boris gets the built-in wait music
            anna answers
              anna hears boris
              boris hears anna
              boris gets the room
              beep for all but anna
        "#]],
    );
}
