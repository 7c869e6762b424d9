//! Section "An update, field by field" of the semantics: one test per row that concerns the rules.
//! Malformed booleans, methods, URLs and forms are rejected earlier; a hold by a phone concerns its
//! leg.

use expect_test::expect;

use crate::script::check;

#[test]
fn a_field_that_is_absent_is_unchanged() {
    check(
        "anna joins
         boris joins
         POST anna Muted=true Hold=true
         POST anna EndConferenceOnExit=true
         GET anna",
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
            POST anna Muted=true Hold=true
              anna no longer hears boris
              boris no longer hears anna
              anna gets the built-in hold music
              webhook 4 participant-mute anna Muted Hold
              webhook 5 participant-hold anna Muted Hold
              date_updated is now
            POST anna EndConferenceOnExit=true
              webhook 6 participant-modify anna Muted Hold EndConferenceOnExit
              date_updated is now
            GET anna
              anna muted=true hold=true coaching=false call_sid_to_coach=null
                  end_conference_on_exit=true seated=true
        "#]],
    );
}

#[test]
fn an_empty_hold_url_or_wait_url_is_silence() {
    check(
        "anna joins start=false
         POST anna WaitUrl=
         POST anna WaitUrl=
         POST anna Hold=true HoldUrl=
         POST anna Hold=true HoldUrl=",
        &expect![[r#"
            anna joins start=false
              anna gets the built-in wait music
              webhook 1 participant-join anna
            POST anna WaitUrl=
              anna gets wait silence
              webhook 2 participant-modify anna
              date_updated is now
            POST anna WaitUrl=
              nothing
            POST anna Hold=true HoldUrl=
              anna gets hold silence
              webhook 3 participant-hold anna Hold
              date_updated is now
            POST anna Hold=true HoldUrl=
              nothing
        "#]],
    );
}

#[test]
fn no_fields_at_all_change_nothing() {
    check(
        "anna joins
         boris joins
         POST anna
         POST anna Muted=false Hold=false Coaching=false EndConferenceOnExit=false BeepOnExit=true
         POST anna CallSidToCoach=
         POST anna Beep=false",
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
            POST anna
              nothing
            POST anna Muted=false Hold=false Coaching=false EndConferenceOnExit=false
                BeepOnExit=true
              nothing
            POST anna CallSidToCoach=
              nothing
            POST anna Beep=false
              nothing
        "#]],
    );
}

#[test]
fn several_fields_are_applied_all_or_none() {
    check(
        "anna joins
         boris joins
         POST anna Muted=true EndConferenceOnExit=true Hold=true HoldUrl=https://a/h \
            AnnounceUrl=https://a/x Coaching=true CallSidToCoach=nobody
         GET anna
         POST anna Muted=true EndConferenceOnExit=true Hold=true HoldUrl=https://a/h \
            AnnounceUrl=https://a/x Coaching=true CallSidToCoach=boris
         GET anna",
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
            POST anna Muted=true EndConferenceOnExit=true Hold=true HoldUrl=https://a/h
                AnnounceUrl=https://a/x Coaching=true CallSidToCoach=nobody
              refused: the participant to be coached, nobody, is not in this conference
            GET anna
              anna muted=false hold=false coaching=false call_sid_to_coach=null
                  end_conference_on_exit=false seated=true
            POST anna Muted=true EndConferenceOnExit=true Hold=true HoldUrl=https://a/h
                AnnounceUrl=https://a/x Coaching=true CallSidToCoach=boris
              anna no longer hears boris
              boris no longer hears anna
              anna gets hold music: GET https://a/h
              announcement to anna: POST https://a/x
              webhook 4 participant-mute anna Muted Hold Coaching EndConferenceOnExit
              webhook 5 participant-hold anna Muted Hold Coaching EndConferenceOnExit
              webhook 6 participant-modify anna Muted Hold Coaching EndConferenceOnExit
              date_updated is now
            GET anna
              anna muted=true hold=true coaching=true call_sid_to_coach=boris
                  end_conference_on_exit=true seated=true
        "#]],
    );
}

#[test]
fn methods_that_are_absent_are_get_for_hold_and_post_for_the_others() {
    check(
        "anna joins start=false
         POST anna WaitUrl=https://a/w AnnounceUrl=https://a/x
         POST anna WaitUrl=https://a/w2 WaitMethod=GET AnnounceUrl=https://a/x AnnounceMethod=GET
         POST anna Hold=true HoldUrl=https://a/h
         POST anna HoldUrl=https://a/h2 HoldMethod=POST",
        &expect![[r#"
            anna joins start=false
              anna gets the built-in wait music
              webhook 1 participant-join anna
            POST anna WaitUrl=https://a/w AnnounceUrl=https://a/x
              anna gets wait music: POST https://a/w
              announcement to anna: POST https://a/x
              webhook 2 participant-modify anna
              date_updated is now
            POST anna WaitUrl=https://a/w2 WaitMethod=GET AnnounceUrl=https://a/x
                AnnounceMethod=GET
              anna gets wait music: GET https://a/w2
              announcement to anna: GET https://a/x
              webhook 3 participant-modify anna
              date_updated is now
            POST anna Hold=true HoldUrl=https://a/h
              anna gets hold music: GET https://a/h
              webhook 4 participant-hold anna Hold
              date_updated is now
            POST anna HoldUrl=https://a/h2 HoldMethod=POST
              anna gets hold music: POST https://a/h2
              date_updated is now
        "#]],
    );
}

#[test]
fn a_method_alone_goes_with_the_url_that_is_kept() {
    check(
        "anna joins
         boris joins
         POST anna HoldMethod=POST
         POST anna HoldUrl=https://a/h
         POST anna HoldMethod=POST
         POST anna Hold=true
         POST anna HoldMethod=GET
         POST anna WaitMethod=GET",
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

#[test]
fn coaching_without_a_target() {
    check(
        "anna joins
         boris joins
         POST boris Coaching=true
         POST boris Coaching=true CallSidToCoach=anna
         POST boris Coaching=true
         POST boris Coaching=false
         POST boris Coaching=true",
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
fn coaching_with_an_empty_target() {
    check(
        "anna joins
         boris joins
         POST boris Coaching=true CallSidToCoach=
         POST boris CallSidToCoach=anna
         POST boris Coaching=true CallSidToCoach=
         GET boris",
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
fn a_target_alone_implies_coaching_and_an_empty_one_clears_both() {
    check(
        "anna joins
         boris joins
         carla joins
         POST carla CallSidToCoach=anna
         GET carla
         POST carla CallSidToCoach=
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
fn coaching_false_clears_both_whatever_the_target_says() {
    check(
        "anna joins
         boris joins
         POST boris CallSidToCoach=anna
         POST boris Coaching=false CallSidToCoach=anna
         GET boris
         POST boris CallSidToCoach=anna
         POST boris Coaching=false CallSidToCoach=nonsense
         GET boris",
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

#[test]
fn a_target_that_is_unknown_elsewhere_or_gone() {
    check(
        "anna joins
         boris joins
         carla joins
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
fn a_target_that_is_the_coach_itself() {
    check(
        "anna joins
         boris joins
         POST boris CallSidToCoach=boris
         carla joins coach=carla",
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
            POST boris CallSidToCoach=boris
              refused: a participant cannot coach itself: name another one in CallSidToCoach
            carla joins coach=carla
              refused: a participant cannot coach itself: name another one in CallSidToCoach
        "#]],
    );
}

#[test]
fn a_target_on_hold() {
    check(
        "anna joins
         boris joins
         carla joins
         POST anna Hold=true
         POST carla CallSidToCoach=anna
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
fn a_target_that_leaves() {
    check(
        "anna joins
         boris joins
         carla joins
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
fn a_target_that_leaves_while_its_coach_is_held_muted_or_rings() {
    check(
        "anna joins
         boris joins
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

#[test]
fn a_target_that_is_muted() {
    check(
        "anna joins
         boris joins
         carla joins
         POST anna Muted=true
         POST carla CallSidToCoach=anna",
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
fn a_coach_who_is_coached_and_several_coaches_of_one_target() {
    check(
        "anna joins
         boris joins
         carla joins
         dora joins
         POST carla CallSidToCoach=anna
         POST dora CallSidToCoach=anna
         POST boris CallSidToCoach=carla
         POST anna CallSidToCoach=carla",
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
fn hold_true_while_held() {
    check(
        "anna joins
         boris joins
         POST anna Hold=true HoldUrl=https://a/h1
         POST anna Hold=true
         POST anna Hold=true HoldUrl=https://a/h1
         POST anna Hold=true HoldUrl=https://a/h1 HoldMethod=POST
         POST anna Hold=true HoldUrl=https://a/h2
         POST anna HoldUrl=https://a/h3
         POST anna HoldUrl=",
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
fn hold_url_with_hold_belongs_to_that_hold() {
    check(
        "anna joins
         boris joins
         POST anna Hold=true HoldUrl=https://a/h1 HoldMethod=POST
         POST anna Hold=false
         POST anna Hold=true
         POST anna Hold=false HoldUrl=https://a/h2
         POST anna Hold=true",
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
fn hold_url_without_hold_while_not_held_is_kept_for_the_next_hold() {
    check(
        "anna joins
         boris joins
         POST anna HoldUrl=https://a/h1
         POST anna HoldUrl=https://a/h1
         POST anna Hold=true
         POST anna Hold=false
         POST anna Hold=true",
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
fn muted_or_hold_set_to_what_it_already_is() {
    check(
        "anna joins
         boris joins
         POST anna Muted=true Hold=true
         POST anna Muted=true
         POST anna Hold=true
         POST anna Muted=true Hold=true",
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
fn announce_url_while_one_plays_is_queued_in_order() {
    check(
        "anna joins
         boris joins
         POST anna AnnounceUrl=https://a/1
         POST anna AnnounceUrl=https://a/2
         POST conference AnnounceUrl=https://a/3",
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
fn announce_url_to_a_held_participant_leaves_its_music() {
    check(
        "anna joins
         boris joins
         POST anna Hold=true
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
fn hold_or_unhold_during_an_announcement_leaves_it() {
    check(
        "anna joins
         boris joins
         POST anna AnnounceUrl=https://a/x
         POST anna Hold=true
         POST anna Hold=false
         announcement to anna ends",
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
fn announce_url_on_a_conference() {
    check(
        "anna joins
         boris joins
         carla rings
         POST boris Hold=true
         POST conference AnnounceUrl=https://a/x
         announcement to all ends",
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

#[test]
fn wait_url_before_the_start_and_after_it() {
    check(
        "anna joins
         POST anna WaitUrl=https://a/w1
         POST anna WaitUrl=https://a/w1
         boris joins
         POST anna WaitUrl=https://a/w2
         POST anna WaitUrl=https://a/w2",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            POST anna WaitUrl=https://a/w1
              anna gets wait music: POST https://a/w1
              webhook 2 participant-modify anna
              date_updated is now
            POST anna WaitUrl=https://a/w1
              nothing
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 3 participant-join boris
              webhook 4 conference-start
            POST anna WaitUrl=https://a/w2
              webhook 5 participant-modify anna
              date_updated is now
            POST anna WaitUrl=https://a/w2
              nothing
        "#]],
    );
}

#[test]
fn update_while_the_call_still_rings() {
    check(
        "anna rings
         POST anna Muted=true HoldUrl=https://a/h Beep=true AnnounceUrl=https://a/x
         POST anna Muted=true
         GET anna
         LIST
         boris joins
         carla joins
         POST anna CallSidToCoach=boris
         POST anna Hold=true
         anna answers
         LIST
         POST anna Hold=false Muted=false",
        &expect![[r#"
            anna rings
              nothing
            POST anna Muted=true HoldUrl=https://a/h Beep=true AnnounceUrl=https://a/x
              nothing
              date_updated is now
            POST anna Muted=true
              nothing
            GET anna
              anna muted=true hold=false coaching=false call_sid_to_coach=null
                  end_conference_on_exit=false seated=false
            LIST
              seated:
            boris joins
              boris gets the built-in wait music
              webhook 1 participant-join boris
            carla joins
              boris hears carla
              carla hears boris
              boris gets the room
              beep for all but carla
              webhook 2 participant-join carla
              webhook 3 conference-start
            POST anna CallSidToCoach=boris
              nothing
              date_updated is now
            POST anna Hold=true
              nothing
              date_updated is now
            anna answers
              anna gets hold music: GET https://a/h
              beep for all but anna
              announcement to anna: POST https://a/x
              webhook 4 participant-join anna Muted Hold Coaching
            LIST
              seated: boris carla anna
            POST anna Hold=false Muted=false
              anna hears boris
              anna hears carla
              boris hears anna
              anna gets the room
              webhook 5 participant-unmute anna Coaching
              webhook 6 participant-unhold anna Coaching
              date_updated is now
        "#]],
    );
}

#[test]
fn a_call_that_rings_and_does_not_come() {
    check(
        "anna joins
         boris rings label=b
         POST boris Hold=true
         boris leaves
         POST boris Hold=false
         carla joins label=b",
        &expect![[r#"
            anna joins
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris rings label=b
              nothing
            POST boris Hold=true
              nothing
              date_updated is now
            boris leaves
              nothing
            POST boris Hold=false
              refused: no participant boris in this conference
            carla joins label=b
              anna hears carla
              carla hears anna
              anna gets the room
              beep for all but carla
              webhook 2 participant-join carla
              webhook 3 conference-start
        "#]],
    );
}

#[test]
fn end_conference_on_exit_and_beep_on_exit_are_applied_at_any_time() {
    check(
        "anna joins
         boris joins
         carla joins
         POST anna Hold=true
         POST anna BeepOnExit=false
         POST anna BeepOnExit=false
         anna leaves
         POST boris Hold=true
         POST boris EndConferenceOnExit=true
         boris leaves",
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
            POST anna BeepOnExit=false
              webhook 6 participant-modify anna Hold
              date_updated is now
            POST anna BeepOnExit=false
              nothing
            anna leaves
              webhook 7 participant-leave anna Hold: HungUp
              anna left: HungUp
            POST boris Hold=true
              boris no longer hears carla
              carla no longer hears boris
              boris gets the built-in hold music
              webhook 8 participant-hold boris Hold
              date_updated is now
            POST boris EndConferenceOnExit=true
              webhook 9 participant-modify boris Hold EndConferenceOnExit
              date_updated is now
            boris leaves
              webhook 10 participant-leave boris Hold EndConferenceOnExit: HungUp
              webhook 11 participant-leave carla: ModeratorEnded
              webhook 12 conference-end: EndOnExitLeft by boris
              boris left: HungUp
              carla left: ModeratorEnded
              ended
        "#]],
    );
}

#[test]
fn beep() {
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

#[test]
fn the_conference_is_completed() {
    check(
        "anna joins
         boris joins
         POST conference Status=completed
         POST anna Muted=true
         POST nobody Muted=true
         POST conference AnnounceUrl=https://a/x
         POST conference Status=completed
         anna joins
         anna leaves
         announcement to anna ends",
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
            POST conference Status=completed
              anna no longer hears boris
              boris no longer hears anna
              webhook 4 participant-leave anna: ConferenceEndedViaApi
              webhook 5 participant-leave boris: ConferenceEndedViaApi
              webhook 6 conference-end: EndedViaApi
              anna left: ConferenceEndedViaApi
              boris left: ConferenceEndedViaApi
              ended
            POST anna Muted=true
              refused: the conference has ended
            POST nobody Muted=true
              refused: the conference has ended
            POST conference AnnounceUrl=https://a/x
              refused: the conference has ended
            POST conference Status=completed
              refused: the conference has ended
            anna joins
              refused: the conference has ended
            anna leaves
              nothing
            announcement to anna ends
              nothing
        "#]],
    );
}

#[test]
fn a_participant_that_has_left_or_never_was() {
    check(
        "anna joins
         boris joins
         carla joins
         carla leaves
         POST carla Muted=true
         GET carla
         POST nobody
         POST label:agent",
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
            POST carla Muted=true
              refused: no participant carla in this conference
            GET carla
              refused: no participant carla in this conference
            POST nobody
              refused: no participant nobody in this conference
            POST label:agent
              refused: no participant agent in this conference
        "#]],
    );
}

#[test]
fn path_key() {
    check(
        "anna joins label=agent
         boris joins
         POST label:agent Muted=true
         carla joins label=agent
         carla joins label=a/b
         carla joins label=a%2Fb
         carla joins label=11111111-1111-4111-8111-111111111111
         carla joins label=CA11111111111141118111111111111111
         carla joins label=
         carla joins label=129*a
         anna leaves
         carla joins label=agent
         POST label:agent Muted=true",
        &expect![[r#"
            anna joins label=agent
              anna gets the built-in wait music
              webhook 1 participant-join anna
            boris joins
              anna hears boris
              boris hears anna
              anna gets the room
              beep for all but boris
              webhook 2 participant-join boris
              webhook 3 conference-start
            POST label:agent Muted=true
              boris no longer hears anna
              webhook 4 participant-mute anna Muted
              date_updated is now
            carla joins label=agent
              refused: the label "agent" is taken in this conference
            carla joins label=a/b
              refused: the label "a/b" can't be a participant's key: 1 to 128 characters without a
                  slash that do not look like a sid would do
            carla joins label=a%2Fb
              refused: the label "a%2Fb" can't be a participant's key: 1 to 128 characters without
                  a slash that do not look like a sid would do
            carla joins label=11111111-1111-4111-8111-111111111111
              refused: the label "11111111-1111-4111-8111-111111111111" can't be a participant's
                  key: 1 to 128 characters without a slash that do not look like a sid would do
            carla joins label=CA11111111111141118111111111111111
              refused: the label "CA11111111111141118111111111111111" can't be a participant's
                  key: 1 to 128 characters without a slash that do not look like a sid would do
            carla joins label=
              refused: the label "" can't be a participant's key: 1 to 128 characters without a
                  slash that do not look like a sid would do
            carla joins label=129*a
              refused: the label "129*a" can't be a participant's key: 1 to 128 characters without
                  a slash that do not look like a sid would do
            anna leaves
              anna no longer hears boris
              exit beep
              webhook 5 participant-leave anna Muted: HungUp
              anna left: HungUp
            carla joins label=agent
              boris hears carla
              carla hears boris
              beep for all but carla
              webhook 6 participant-join carla
            POST label:agent Muted=true
              boris no longer hears carla
              webhook 7 participant-mute carla Muted
              date_updated is now
        "#]],
    );
}
