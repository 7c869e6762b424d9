//! `AnnounceUrl` of a participant and of a conference.

use expect_test::expect;

use crate::script::check;

#[test]
fn announcements_are_queued_in_order() {
    check(
        "given anna and boris talk
         POST anna AnnounceUrl=https://a/1
         POST anna AnnounceUrl=https://a/2
         POST conference AnnounceUrl=https://a/3",
        &expect![[r#"
            given anna and boris talk
            POST anna AnnounceUrl=https://a/1
              announcement to anna: POST https://a/1
              date_updated is now
            POST anna AnnounceUrl=https://a/2
              announcement to anna: POST https://a/2
              date_updated is now
            POST conference AnnounceUrl=https://a/3
              announcement to anna (to all): POST https://a/3
              announcement to boris (to all): POST https://a/3
        "#]],
    );
}

#[test]
fn announcement_to_a_held_participant_keeps_its_music() {
    check(
        "given anna and boris talk
         POST anna Hold=true
         POST anna AnnounceUrl=https://a/x",
        &expect![[r#"
            given anna and boris talk
            POST anna Hold=true
              anna no longer hears boris
              boris no longer hears anna
              anna gets the built-in hold music
              webhook 4 participant-hold anna Hold
              date_updated is now
            POST anna AnnounceUrl=https://a/x
              announcement to anna: POST https://a/x
              date_updated is now
        "#]],
    );
}

#[test]
fn hold_and_unhold_keep_an_announcement() {
    check(
        "given anna and boris talk
         POST anna AnnounceUrl=https://a/x
         POST anna Hold=true
         POST anna Hold=false
         announcement to anna ends",
        &expect![[r#"
            given anna and boris talk
            POST anna AnnounceUrl=https://a/x
              announcement to anna: POST https://a/x
              date_updated is now
            POST anna Hold=true
              anna no longer hears boris
              boris no longer hears anna
              anna gets the built-in hold music
              webhook 4 participant-hold anna Hold
              date_updated is now
            POST anna Hold=false
              anna hears boris
              boris hears anna
              anna gets the room
              webhook 5 participant-unhold anna
              date_updated is now
            announcement to anna ends
              webhook 6 announcement-end anna: https://a/x
        "#]],
    );
}

#[test]
fn conference_announcement_is_sent_to_each_seated_participant() {
    check(
        "given anna and boris talk
         carla rings
         POST boris Hold=true
         POST conference AnnounceUrl=https://a/x
         announcement to all ends",
        &expect![[r#"
            given anna and boris talk
            carla rings
              nothing
            POST boris Hold=true
              anna no longer hears boris
              boris no longer hears anna
              boris gets the built-in hold music
              webhook 4 participant-hold boris Hold
              date_updated is now
            POST conference AnnounceUrl=https://a/x
              announcement to anna (to all): POST https://a/x
              announcement to boris (to all): POST https://a/x
            announcement to all ends
              webhook 5 announcement-end: https://a/x
        "#]],
    );
}
