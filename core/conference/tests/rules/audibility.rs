//! Audibility of participants (section "Who hears whom" of the semantics): one test per row.

use expect_test::expect;

use crate::script::check;

#[test]
fn participants_hear_each_other() {
    check(
        "anna joins
         boris joins
         carla joins
         dora joins",
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
            dora joins
              anna hears dora
              boris hears dora
              carla hears dora
              dora hears anna
              dora hears boris
              dora hears carla
              beep for all but dora
              webhook 5 participant-join dora
        "#]],
    );
}

#[test]
fn muted_participant_hears_and_is_inaudible() {
    check(
        "given anna and boris talk
         POST anna Muted=true
         POST anna Muted=false",
        &expect![[r#"
            given anna and boris talk
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
fn held_participant_hears_music_and_is_inaudible() {
    check(
        "given anna, boris and carla talk
         POST anna Hold=true
         POST anna Hold=false
         POST anna Hold=true HoldUrl=https://a/hold.wav
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
fn unhold_keeps_muted() {
    check(
        "given anna and boris talk
         POST anna Muted=true
         POST anna Hold=true
         POST anna Hold=false
         GET anna
         POST anna Hold=true
         POST anna Muted=false
         POST anna Hold=false",
        &expect![[r#"
            given anna and boris talk
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
fn participants_hear_wait_music_before_the_start() {
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
fn hold_before_the_start_plays_hold_music_until_unhold() {
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
fn announcement_to_a_participant_keeps_audibility() {
    check(
        "given anna and boris talk
         POST anna AnnounceUrl=https://a/x",
        &expect![[r#"
            given anna and boris talk
            POST anna AnnounceUrl=https://a/x
              announcement to anna: POST https://a/x
              date_updated is now
        "#]],
    );
}
