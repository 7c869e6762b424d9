//! Friendly names of conferences and labels of participants: lengths, characters, uniqueness.

use confab_conference::{Conference, Customs, Key, Refusal, Settings};
use confab_terms::limits::LABEL_CHARS_MAX;
use confab_terms::{CallSid, ConferenceSid, LegId, WallTime};
use expect_test::expect;

use crate::script::check;

fn labelled(label: &str) -> Settings {
    Settings {
        label: Some(label.to_owned()),
        ..Settings::default()
    }
}

fn conference() -> Conference {
    let sid = ConferenceSid::from_random(9);
    Conference::new(sid, "room".to_owned(), &Settings::default(), WallTime(0))
}

#[test]
fn rejects_friendly_name_beyond_64_characters() {
    let customs = Customs::default();
    assert_eq!(customs.check_name("ä"), Ok(()));
    assert_eq!(customs.check_name(&"ä".repeat(64)), Ok(()));
    let long = "ä".repeat(65);
    assert_eq!(
        customs.check_name(&long),
        Err(Refusal::NameInvalid {
            name: long.clone(),
            chars_max: 64
        })
    );
    assert!(customs.check_name("").is_err());
}

#[test]
fn rejects_friendly_name_with_control_characters() {
    for name in ["a\nb", "\0", "room\u{7f}", "a\u{85}b"] {
        let refused = Customs::default().check_name(name).unwrap_err();
        assert!(!refused.to_string().chars().any(char::is_control));
    }
}

#[test]
fn accepts_label_of_128_characters_and_rejects_129() {
    assert_eq!(LABEL_CHARS_MAX, 128);
    for character in ["a", "%", "\u{e9}", "\u{1f3a4}"] {
        let mut conference = conference();
        let call = CallSid::from_random(1);
        let label = character.repeat(128);
        let expected = conference.expect(call, LegId(1), labelled(&label), WallTime(0));
        assert_eq!(expected, Ok(()), "128 times {character}");
        conference.seat(call, WallTime(0)).unwrap();
        let found = conference.participant(&Key::Label(label.clone()));
        assert_eq!(found.map(|state| state.call), Ok(call));

        let longer = character.repeat(129);
        let other = CallSid::from_random(2);
        let refused = conference.expect(other, LegId(2), labelled(&longer), WallTime(0));
        assert_eq!(refused, Err(Refusal::LabelInvalid(longer)));
        let taken = conference.expect(other, LegId(2), labelled(&label), WallTime(0));
        assert_eq!(taken, Err(Refusal::LabelTaken(label)));
    }
}

#[test]
fn label_is_a_unique_path_key() {
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
