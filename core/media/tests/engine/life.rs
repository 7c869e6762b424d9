//! An engine serialized and restored during a call continues unchanged.

use confab_media::{Background, Beep, BeepTone, Command, Engine, Player, RoomChange, Source};
use confab_terms::{LegId, PlayerId, Rate, SoundId};

use crate::desk::sound;
use crate::desk::{Desk, HELD, MUTED, OPEN, Out, whisper};

fn written_and_read(engine: &Engine) -> Engine {
    let bytes = postcard::to_stdvec(engine).expect("is plain data");
    postcard::from_bytes(&bytes).expect("reads back")
}

fn step(desk: &mut Desk, at: u32) -> Vec<Out> {
    let mut outs = Vec::new();
    match at % 23 {
        3 => outs.push(desk.set(2, MUTED)),
        5 => outs.push(desk.set(3, whisper(4))),
        7 => outs.push(desk.change(RoomChange {
            audibility: vec![(LegId(4), HELD)],
            backgrounds: vec![(LegId(4), Background::Playing(sound(u64::from(at), 1, true)))],
            ..RoomChange::default()
        })),
        11 => desk.announcement(1, Some(sound(u64::from(at), 2, false))),
        13 => outs.push(desk.change(RoomChange {
            unseat: vec![LegId(5)],
            audibility: vec![(LegId(2), OPEN), (LegId(3), OPEN)],
            beep: Some(Beep {
                tone: BeepTone::Exit,
                except: Some(LegId(1)),
            }),
            ..RoomChange::default()
        })),
        17 => desk.background(
            5,
            Some(Player {
                player: PlayerId(900),
                source: Source::Music,
                position: 0,
                repeats: true,
            }),
        ),
        19 => {
            desk.announcement(1, None);
            outs.push(desk.change(RoomChange {
                seat: vec![(LegId(5), OPEN)],
                audibility: vec![(LegId(4), OPEN)],
                backgrounds: vec![(LegId(4), Background::None), (LegId(5), Background::None)],
                ..RoomChange::default()
            }));
        }
        _ => {}
    }
    // Every leg speaks, with occasional packet loss.
    for leg in 1..=5 {
        if (u64::from(at) * 7 + leg * 3) % 19 > 1 {
            outs.push(desk.send(leg, (at * 37 % 2_000) as i16 + leg as i16 * 100));
        }
    }
    outs.push(desk.tick());
    outs
}

#[test]
fn goes_on_to_the_bit_after_being_read_back() {
    let mut desk = Desk::conference(5);
    desk.sounds
        .insert(SoundId(1), (0..11_000).map(|x| (x % 800) as i16).collect());
    desk.sounds
        .insert(SoundId(2), (0..3_000).map(|x| (x % 500) as i16).collect());
    let mut other = desk.clone();
    for at in 0..600 {
        if at % 3 == 0 {
            other.engine = written_and_read(&other.engine);
        }
        assert_eq!(step(&mut desk, at), step(&mut other, at), "at {at}");
    }
    let [desk, other] = [desk, other].map(|desk| postcard::to_stdvec(&desk.engine));
    assert_eq!(desk.expect("plain data"), other.expect("plain data"));
}

#[test]
fn outputs_that_were_not_polled_are_written_out_too() {
    let mut desk = Desk::conference(2);
    desk.send(1, 500);
    desk.engine.tick(desk.now);
    let mut other = desk.clone();
    other.engine = written_and_read(&desk.engine);
    assert_eq!(desk.drain(), other.drain());
}

#[test]
fn a_leg_can_be_told_in_forty_kilobytes() {
    let mut desk = Desk::new(1);
    desk.apply(Command::OpenRoom {
        room: confab_terms::RoomId(1),
        rate: Rate::Hz8000,
    });
    desk.sounds.insert(SoundId(1), vec![100; 80_000].into());
    desk.background(1, Some(sound(1, 1, true)));
    for _ in 0..200 {
        desk.say(&[(1, 100)]);
    }
    let bytes = postcard::to_stdvec(&desk.engine)
        .expect("is plain data")
        .len();
    assert!(bytes < 40_000, "{bytes}");
}
