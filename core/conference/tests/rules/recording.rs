//! `record-from-start`: begun with the conference, by the wish of the one who came first.

use expect_test::expect;

use crate::script::check;

#[test]
fn it_begins_when_two_are_in_and_only_then() {
    check(
        "anna joins record=trimmed callback=none
         boris joins
         carla joins record=whole
         carla leaves
         carla joins",
        &expect![[r#""#]],
    );
}

#[test]
fn it_does_not_begin_before_the_conference() {
    check(
        "anna joins start=false record=whole callback=none
         boris joins start=false
         carla joins",
        &expect![[r#""#]],
    );
}

#[test]
fn the_first_one_decides_and_the_later_ones_wishes_are_ignored() {
    check(
        "anna rings record=whole callback=none
         boris joins callback=none
         anna answers",
        &expect![[r#""#]],
    );
}
