//! Sounds that a leg hears besides its room.

use std::sync::Arc;

use confab_media::{Background, Command, Event, Player, RoomChange, Source};
use confab_terms::{LegId, PlayerId, Rate, SoundId};

use crate::desk::{Desk, HELD, OPEN, coded, sound};

/// Returns a ramp whose samples identify their position, within the codec's resolution.
fn ramp(length: usize) -> Arc<[i16]> {
    (0..length).map(|at| (at % 1_000) as i16 * 8).collect()
}

fn hear(desk: &mut Desk, leg: u64, ticks: usize) -> Vec<i16> {
    (0..ticks).flat_map(|_| desk.tick().heard(leg)).collect()
}

#[test]
fn a_repeated_sound_wraps_without_a_gap() {
    // Shorter than a frame, a single chunk, several chunks, and exactly two.
    for length in [70, 5_000, 20_003, 16_000] {
        let mut desk = Desk::conference(2);
        let samples = ramp(length);
        desk.sounds.insert(SoundId(1), samples.clone());
        desk.set(1, HELD);
        desk.background(1, Some(sound(5, 1, true)));
        let heard = hear(&mut desk, 1, 300);
        for (at, &x) in heard.iter().enumerate().skip(40) {
            assert_eq!(x, coded(samples[at % length]), "at {at} of {length}");
        }
        assert_eq!(heard[0], 0, "fades in");
        assert_eq!(desk.engine.counters().dry, 0);
    }
}

#[test]
fn a_sound_ends_once_with_its_last_sample() {
    for length in [160, 161, 8_000, 9_000] {
        let mut desk = Desk::new(1);
        desk.sounds.insert(SoundId(1), ramp(length));
        desk.background(1, Some(sound(5, 1, false)));
        let ticks = length.div_ceil(160);
        for tick in 1..ticks + 20 {
            let out = desk.tick();
            let ended = Event::PlayerEnded {
                leg: LegId(1),
                player: PlayerId(5),
            };
            let expected = if tick == ticks { vec![ended] } else { vec![] };
            assert_eq!(out.events, expected, "tick {tick} of {ticks}");
        }
        assert_eq!(desk.engine.counters().dry, 0);
    }
}

#[test]
fn a_pause_ends_and_a_sound_that_is_gone_ends() {
    let mut desk = Desk::new(1);
    desk.background(
        1,
        Some(Player {
            player: PlayerId(3),
            source: Source::Silence { samples: 320 },
            position: 0,
            repeats: false,
        }),
    );
    assert!(desk.tick().events.is_empty());
    assert_eq!(desk.tick().events.len(), 1);
    assert!(desk.tick().events.is_empty());

    for repeats in [false, true] {
        desk.apply(Command::SetBackground {
            leg: LegId(1),
            background: Background::Playing(sound(4 + u64::from(repeats), 1, repeats)),
        });
        let out = desk.apply(Command::Feed {
            leg: LegId(1),
            player: PlayerId(4 + u64::from(repeats)),
            position: 0,
            rate: Rate::Hz8000,
            samples: Arc::from([]),
            last: true,
        });
        assert_eq!(out.events.len(), 1);
        assert!(desk.tick().events.is_empty());
    }
}

#[test]
fn an_announcement_plays_over_music_that_goes_on_12_db_down() {
    let mut desk = Desk::conference(2);
    let music = ramp(20_000);
    desk.sounds.insert(SoundId(1), music.clone());
    desk.sounds.insert(SoundId(2), vec![0; 1_600].into());
    desk.set(1, HELD);
    desk.background(1, Some(sound(5, 1, true)));
    hear(&mut desk, 1, 10);
    desk.announcement(1, Some(sound(6, 2, false)));
    // Ten ticks of announcement, then ten ticks after its end while it is still set.
    let ducked = hear(&mut desk, 1, 20);
    let (mut loud, mut quiet) = (0.0, 0.0);
    for (at, &x) in ducked.iter().enumerate().skip(40) {
        loud += f64::from(music[1_600 + at]).powi(2);
        quiet += f64::from(x).powi(2);
    }
    let decibels = 10.0 * (quiet / loud).log10();
    assert!((decibels + 12.0).abs() < 0.2, "{decibels} dB");
    // No step is larger than the ramp's own: the attenuation changes gradually.
    desk.announcement(1, None);
    let after = hear(&mut desk, 1, 10);
    for (at, &x) in after.iter().enumerate().skip(40) {
        assert_eq!(x, coded(music[1_600 + 3_200 + at]));
    }
    let position = desk
        .engine
        .players(LegId(1))
        .next()
        .expect("plays on")
        .position;
    assert_eq!(position, 40 * 160);
}

#[test]
fn an_announcement_in_a_conference_is_heard_by_one_over_the_others() {
    let mut desk = Desk::conference(3);
    desk.sounds.insert(SoundId(2), vec![4_000; 16_000].into());
    let said = [(1, 8_000), (2, 0), (3, 0)];
    desk.settle(&said);
    desk.announcement(2, Some(sound(6, 2, false)));
    let out = desk.settle(&said);
    let ducked = i32::from(coded(8_000)) * 8_231 / 32_768;
    assert_eq!(out.level(2), coded(4_000 + ducked as i16));
    assert_eq!(out.level(3), coded(8_000));
    assert_eq!(out.level(1), 0);
}

#[test]
fn hold_and_back_are_one_tick_with_the_room() {
    let mut desk = Desk::conference(2);
    desk.sounds.insert(SoundId(1), vec![1_000; 8_000].into());
    let said = [(1, 0), (2, 6_000)];
    desk.settle(&said);
    let out = desk.change(RoomChange {
        audibility: vec![(LegId(1), HELD)],
        backgrounds: vec![(LegId(1), Background::Playing(sound(5, 1, true)))],
        ..RoomChange::default()
    });
    assert_eq!(
        out.wants,
        [(LegId(1), PlayerId(5), SoundId(1), (0, Rate::Hz8000))]
    );
    assert_eq!(desk.say(&said).level(1), 0);
    desk.apply(Command::Feed {
        leg: LegId(1),
        player: PlayerId(5),
        position: 0,
        rate: Rate::Hz8000,
        samples: vec![1_000; 8_000].into(),
        last: true,
    });
    assert_eq!(desk.settle(&said).level(1), coded(1_000));
    desk.change(RoomChange {
        audibility: vec![(LegId(1), OPEN)],
        backgrounds: vec![(LegId(1), Background::None)],
        ..RoomChange::default()
    });
    let heard = desk.say(&said).heard(1);
    assert!(heard[0] > 900, "the music dies down, it does not click");
    assert!(heard[40..].iter().all(|&x| x == coded(6_000)));
    assert_eq!(desk.say(&said).level(1), coded(6_000));
}

#[test]
fn the_built_in_music_is_always_there() {
    let mut desk = Desk::new(1);
    let music = Player {
        player: PlayerId(1),
        source: Source::Music,
        position: 0,
        repeats: true,
    };
    desk.background(1, Some(music));
    let heard = hear(&mut desk, 1, 2_000);
    let made = confab_codec::music::built_in();
    for (at, &x) in heard.iter().enumerate().skip(40) {
        assert_eq!(x, coded(made[at % made.len()]), "at {at}");
    }
}

#[test]
fn a_chunk_that_comes_late_or_twice_or_for_another_is_dropped() {
    let mut desk = Desk::new(1);
    desk.apply(Command::SetBackground {
        leg: LegId(1),
        background: Background::Playing(sound(5, 1, false)),
    });
    let feed = |player, position, samples: Vec<i16>| Command::Feed {
        leg: LegId(1),
        player: PlayerId(player),
        position,
        rate: Rate::Hz8000,
        samples: samples.into(),
        last: false,
    };
    desk.apply(feed(4, 0, vec![1; 160]));
    desk.apply(feed(5, 160, vec![2; 160]));
    assert_eq!(desk.engine.counters().stale_chunks, 2);
    desk.apply(feed(5, 0, vec![500; 160]));
    desk.apply(feed(5, 0, vec![900; 160]));
    assert_eq!(desk.engine.counters().stale_chunks, 3);
    assert_eq!(desk.engine.counters().dry, 0);
    desk.engine.tick(desk.now);
    assert_eq!(desk.drain().heard(1)[159], coded(500));
    desk.engine.tick(desk.now);
    assert_eq!(desk.drain().level(1), 0);
    assert_eq!(desk.engine.counters().dry, 1);
    desk.apply(feed(5, 160, vec![700; 160]));
    desk.engine.tick(desk.now);
    let heard = desk.drain().heard(1);
    assert_eq!((heard[0], heard[159]), (0, coded(700)), "swells again");
}

#[test]
fn a_player_that_is_set_again_goes_on_where_it_is() {
    let mut desk = Desk::new(1);
    let samples = ramp(6_000);
    desk.sounds.insert(SoundId(1), samples.clone());
    for tick in 0..20 {
        desk.background(1, Some(sound(5, 1, true)));
        let heard = desk.tick().heard(1);
        assert_eq!(heard[159], coded(samples[tick * 160 + 159]));
    }
}

#[test]
fn an_answer_that_never_comes_is_asked_for_again() {
    let mut desk = Desk::new(1);
    let out = desk.apply(Command::SetBackground {
        leg: LegId(1),
        background: Background::Playing(sound(5, 1, false)),
    });
    assert_eq!(out.wants.len(), 1);
    let mut asked = 0;
    for _ in 0..100 {
        desk.engine.tick(desk.now);
        asked += desk.drain().wants.len();
    }
    assert_eq!(asked, 4);
}
