//! Sounds at wideband phones: content above 4 kHz is heard there only. A phone that changes its
//! codec during a sound hears it continue.

use confab_codec::tone::Sine;
use confab_media::{Background, Command, Player, Source};
use confab_terms::{Codec, LegId, Rate, SoundId};

use crate::desk::sound;
use crate::wide::{AMPLITUDE, Table, is_whole, level, roughness};

const SOUND: SoundId = SoundId(1);

/// Whole periods in 20 ms, so that a sound repeats without a gap.
const LOW: f64 = 1_000.0;
/// Whole periods in 20 ms, and a third harmonic different from 3 kHz, the alias of `HIGH`.
const OTHER: f64 = 700.0;
const HIGH: f64 = 5_000.0;

fn tones(rate: Rate, seconds: f64, pitches: &[f64]) -> Vec<i16> {
    let mut samples = vec![0; (f64::from(rate.hz()) * seconds) as usize];
    for &hz in pitches {
        Sine::new(rate.hz(), hz as f32, -15.0).add(&mut samples);
    }
    samples
}

fn play(table: &mut Table, leg: u64, player: Player) {
    let background = Background::Playing(player);
    let leg = LegId(leg);
    table.apply(Command::SetBackground { leg, background });
}

/// Returns a table with a single phone that plays a sound of whole frames.
fn playing(codec: Codec, seconds: f64, (low, pitches): (f64, &[f64]), repeats: bool) -> Table {
    let mut table = Table::of(&[codec]);
    table
        .sounds
        .insert((SOUND, Rate::Hz8000), tones(Rate::Hz8000, seconds, &[low]));
    table.sounds.insert(
        (SOUND, Rate::Hz16000),
        tones(Rate::Hz16000, seconds, pitches),
    );
    play(&mut table, 1, sound(5, 1, repeats));
    table
}

#[test]
fn what_is_above_4_khz_is_heard_by_wide_phones_and_folds_back_to_none() {
    for codec in Codec::ALL {
        let mut table = playing(codec, 3.0, (OTHER, &[OTHER, HIGH]), true);
        table.run(50);
        table.forget();
        table.run(50);
        assert!(is_whole(table.level(1, OTHER)), "{codec:?}");
        let (high, folded) = (table.level(1, HIGH), table.level(1, 3_000.0));
        // 40 dB below the tone.
        let silent = AMPLITUDE / 100.0;
        assert!(folded < silent, "{codec:?} hears 5 kHz at 3 kHz: {folded}");
        match codec.rate() {
            Rate::Hz8000 => {}
            _ => assert!(is_whole(high), "{codec:?} hears {high} of 5 kHz"),
        }
        assert_eq!(table.engine.counters().dry, 0);
    }
}

#[test]
fn a_wide_sound_comes_out_as_long_as_a_narrow_one() {
    for codec in Codec::ALL {
        let mut table = playing(codec, 2.5, (LOW, &[LOW]), false);
        table.run(125);
        let position = |table: &Table| table.engine.players(LegId(1)).next().map(|p| p.position);
        assert_eq!(position(&table), Some(20_000), "{codec:?}");
        table.run(2);
        table.forget();
        table.run(20);
        assert!(table.level(1, LOW) < 8.0, "{codec:?}");
        assert_eq!(position(&table), Some(20_000), "{codec:?}");
    }
}

#[test]
fn a_phone_that_changes_its_codec_in_the_middle_of_a_sound_hears_it_go_on() {
    // Short sounds repeat in a single chunk, long sounds in several.
    for (seconds, repeats) in [(0.4, true), (2.2, true), (60.0, false)] {
        let mut table = playing(Codec::Pcmu, seconds, (LOW, &[LOW]), repeats);
        table.run(60);
        let mut played = 60;
        for (from, to) in [
            (Codec::Pcmu, Codec::G722),
            (Codec::G722, Codec::Opus),
            (Codec::Opus, Codec::Pcma),
            (Codec::Pcma, Codec::Opus),
            (Codec::Opus, Codec::G722),
            (Codec::G722, Codec::Pcmu),
        ] {
            table.agree(1, to);
            table.run(130);
            played += 130;
            // The first frames belong to the new codec: it begins from silence.
            let start = 2 * to.rate().frame_samples();
            let heard = &table.phones[&1].heard[start..];
            let parts = heard.chunks_exact(to.rate().frame_samples() / 5);
            for (at, part) in parts.enumerate() {
                let level = level(to, part, LOW);
                let ms = 4 * at;
                assert!(
                    is_whole(level),
                    "{from:?} to {to:?}, {seconds} s, {ms} ms: {level}"
                );
            }
            let steady = &heard[heard.len() - 2 * to.rate().hz() as usize / 10..];
            let (now, later) = (roughness(to, heard, LOW), roughness(to, steady, LOW));
            let most = 3.0 * later.max(100.0);
            assert!(
                now < most,
                "{from:?} to {to:?}, {seconds} s: {now}, {later}"
            );
            assert_eq!(table.engine.counters().dry, 0);
            let player = table.engine.players(LegId(1)).next().expect("plays on");
            let length = (seconds * 8_000.0) as u64;
            let place = played * 160 % length;
            assert_eq!(player.position % length, place, "{from:?} to {to:?}");
        }
    }
}

#[test]
fn the_built_in_music_is_the_same_at_every_phone() {
    for codec in Codec::ALL {
        let mut table = Table::of(&[codec]);
        let music = Player {
            player: sound(5, 1, true).player,
            source: Source::Music,
            position: 0,
            repeats: true,
        };
        play(&mut table, 1, music);
        table.run(1_100);
        let position = table
            .engine
            .players(LegId(1))
            .next()
            .expect("plays")
            .position;
        assert_eq!(position, 1_100 * 160 % 160_000, "{codec:?}");
        // As loud in each half second as the narrowband music, over a round of more than 20 s.
        let made = confab_codec::music::built_in();
        let power = |samples: &[i16]| {
            let squares = samples.iter().map(|&x| f64::from(x).powi(2));
            squares.sum::<f64>() / samples.len() as f64
        };
        let heard = &table.phones[&1].heard;
        for (at, part) in heard
            .chunks_exact(25 * codec.rate().frame_samples())
            .enumerate()
        {
            let from = at * 4_000 % made.len();
            let apart = 10.0 * (power(part) / power(&made[from..from + 4_000])).log10();
            assert!(apart.abs() < 1.0, "{codec:?}, half second {at}: {apart} dB");
        }
    }
}
