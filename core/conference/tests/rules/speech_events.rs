//! participant-speech-start and -stop: for audible voices only, and only if subscribed.

use expect_test::expect;

use crate::script::check;

#[test]
fn speech_start_and_stop_are_sent_once_each() {
    check(
        "anna joins events=speaker
         anna speaks
         boris joins
         anna speaks
         anna speaks
         boris speaks
         anna is silent
         anna is silent
         boris leaves
         boris is silent",
        &expect![[r#"
            anna joins events=speaker
              anna gets the built-in wait music
            anna speaks
              nothing
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
            anna speaks
              webhook 1 participant-speech-start anna
            anna speaks
              nothing
            boris speaks
              webhook 2 participant-speech-start boris
            anna is silent
              webhook 3 participant-speech-stop anna
            anna is silent
              nothing
            boris leaves
              anna no longer hears boris
              boris no longer hears anna
              exit beep
              webhook 4 participant-speech-stop boris
              boris left: HungUp
            boris is silent
              nothing
        "#]],
    );
}

#[test]
fn inaudible_speech_sends_stop_but_no_start() {
    check(
        "anna joins events=speaker
         boris joins
         anna speaks
         POST anna Muted=true
         anna is silent
         anna speaks
         POST boris Hold=true
         boris speaks
         POST boris Hold=false
         boris speaks",
        &expect![[r#"
            anna joins events=speaker
              anna gets the built-in wait music
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
            anna speaks
              webhook 1 participant-speech-start anna
            POST anna Muted=true
              boris no longer hears anna
              date_updated is now
            anna is silent
              webhook 2 participant-speech-stop anna Muted
            anna speaks
              nothing
            POST boris Hold=true
              anna no longer hears boris
              boris gets the built-in hold music
              date_updated is now
            boris speaks
              nothing
            POST boris Hold=false
              anna hears boris
              boris gets the room
              date_updated is now
            boris speaks
              webhook 3 participant-speech-start boris
        "#]],
    );
}

#[test]
fn speech_of_a_coach_is_sent_while_its_target_is_seated() {
    check(
        "anna joins events=speaker
         boris joins coach=anna
         carla joins
         boris speaks
         boris is silent
         anna leaves
         boris speaks",
        &expect![[r#"
            anna joins events=speaker
              anna gets the built-in wait music
            boris joins coach=anna
              anna hears boris
              boris hears anna
              anna gets the room
            carla joins
              anna hears carla
              boris hears carla
              carla hears anna
              beep for all but carla
            boris speaks
              webhook 1 participant-speech-start boris Coaching
            boris is silent
              webhook 2 participant-speech-stop boris Coaching
            anna leaves
              anna no longer hears boris
              anna no longer hears carla
              boris no longer hears anna
              carla no longer hears anna
              exit beep
              anna left: HungUp
            boris speaks
              nothing
        "#]],
    );
}

#[test]
fn speech_is_not_sent_without_the_speaker_event() {
    check(
        "anna joins events=join
         boris joins
         anna speaks",
        &expect![[r#"
            anna joins events=join
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
            anna speaks
              nothing
        "#]],
    );
}
