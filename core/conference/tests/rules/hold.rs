//! `Hold` and `HoldUrl` of an update: music of the current hold and of the next one.

use expect_test::expect;

use crate::script::check;

#[test]
fn hold_while_held_changes_the_music_only() {
    check(
        "given anna and boris talk
         POST anna Hold=true HoldUrl=https://a/h1
         POST anna Hold=true
         POST anna Hold=true HoldUrl=https://a/h1
         POST anna Hold=true HoldUrl=https://a/h1 HoldMethod=POST
         POST anna Hold=true HoldUrl=https://a/h2
         POST anna HoldUrl=https://a/h3
         POST anna HoldUrl=",
        &expect![[r#"
            given anna and boris talk
            POST anna Hold=true HoldUrl=https://a/h1
              anna no longer hears boris
              boris no longer hears anna
              anna gets hold music: GET https://a/h1
              webhook 4 participant-hold anna Hold
              date_updated is now
            POST anna Hold=true
              nothing
            POST anna Hold=true HoldUrl=https://a/h1
              nothing
            POST anna Hold=true HoldUrl=https://a/h1 HoldMethod=POST
              nothing
            POST anna Hold=true HoldUrl=https://a/h2
              anna gets hold music: GET https://a/h2
              date_updated is now
            POST anna HoldUrl=https://a/h3
              anna gets hold music: GET https://a/h3
              date_updated is now
            POST anna HoldUrl=
              anna gets hold silence
              date_updated is now
        "#]],
    );
}

#[test]
fn hold_url_with_hold_applies_to_that_hold_only() {
    check(
        "given anna and boris talk
         POST anna Hold=true HoldUrl=https://a/h1 HoldMethod=POST
         POST anna Hold=false
         POST anna Hold=true
         POST anna Hold=false HoldUrl=https://a/h2
         POST anna Hold=true",
        &expect![[r#"
            given anna and boris talk
            POST anna Hold=true HoldUrl=https://a/h1 HoldMethod=POST
              anna no longer hears boris
              boris no longer hears anna
              anna gets hold music: POST https://a/h1
              webhook 4 participant-hold anna Hold
              date_updated is now
            POST anna Hold=false
              anna hears boris
              boris hears anna
              anna gets the room
              webhook 5 participant-unhold anna
              date_updated is now
            POST anna Hold=true
              anna no longer hears boris
              boris no longer hears anna
              anna gets the built-in hold music
              webhook 6 participant-hold anna Hold
              date_updated is now
            POST anna Hold=false HoldUrl=https://a/h2
              anna hears boris
              boris hears anna
              anna gets the room
              webhook 7 participant-unhold anna
              date_updated is now
            POST anna Hold=true
              anna no longer hears boris
              boris no longer hears anna
              anna gets the built-in hold music
              webhook 8 participant-hold anna Hold
              date_updated is now
        "#]],
    );
}

#[test]
fn hold_url_without_hold_applies_to_the_next_hold() {
    check(
        "given anna and boris talk
         POST anna HoldUrl=https://a/h1
         POST anna HoldUrl=https://a/h1
         POST anna Hold=true
         POST anna Hold=false
         POST anna Hold=true",
        &expect![[r#"
            given anna and boris talk
            POST anna HoldUrl=https://a/h1
              nothing
              date_updated is now
            POST anna HoldUrl=https://a/h1
              nothing
            POST anna Hold=true
              anna no longer hears boris
              boris no longer hears anna
              anna gets hold music: GET https://a/h1
              webhook 4 participant-hold anna Hold
              date_updated is now
            POST anna Hold=false
              anna hears boris
              boris hears anna
              anna gets the room
              webhook 5 participant-unhold anna
              date_updated is now
            POST anna Hold=true
              anna no longer hears boris
              boris no longer hears anna
              anna gets the built-in hold music
              webhook 6 participant-hold anna Hold
              date_updated is now
        "#]],
    );
}

#[test]
fn unchanged_muted_or_hold_has_no_effect() {
    check(
        "given anna and boris talk
         POST anna Muted=true Hold=true
         POST anna Muted=true
         POST anna Hold=true
         POST anna Muted=true Hold=true",
        &expect![[r#"
            given anna and boris talk
            POST anna Muted=true Hold=true
              anna no longer hears boris
              boris no longer hears anna
              anna gets the built-in hold music
              webhook 4 participant-mute anna Muted Hold
              webhook 5 participant-hold anna Muted Hold
              date_updated is now
            POST anna Muted=true
              nothing
            POST anna Hold=true
              nothing
            POST anna Muted=true Hold=true
              nothing
        "#]],
    );
}

#[test]
fn method_alone_applies_to_the_stored_url() {
    check(
        "given anna and boris talk
         POST anna HoldMethod=POST
         POST anna HoldUrl=https://a/h
         POST anna HoldMethod=POST
         POST anna Hold=true
         POST anna HoldMethod=GET
         POST anna WaitMethod=GET",
        &expect![[r#"
            given anna and boris talk
            POST anna HoldMethod=POST
              nothing
            POST anna HoldUrl=https://a/h
              nothing
              date_updated is now
            POST anna HoldMethod=POST
              nothing
              date_updated is now
            POST anna Hold=true
              anna no longer hears boris
              boris no longer hears anna
              anna gets hold music: POST https://a/h
              webhook 4 participant-hold anna Hold
              date_updated is now
            POST anna HoldMethod=GET
              nothing
            POST anna WaitMethod=GET
              nothing
        "#]],
    );
}
