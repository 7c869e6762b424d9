//! Participants on hold with long sounds of their own.

use confab_conformance::held_sounds;

#[test]
fn sixty_held_participants_hear_sixty_sounds_of_ten_minutes() {
    let report = held_sounds::run(60).unwrap();
    println!("{report:?}");
}
