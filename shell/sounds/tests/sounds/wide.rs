//! Frequencies above 4 kHz: present in samples at 16 kHz, and only there.

use confab_terms::{DecodeId, Rate, SoundId};

use crate::ears::{Ears, purity_db_at, tone, tone_at};
use crate::wav::{Coding, sine, wav};

const WIDE: Rate = Rate::Hz16000;

fn sound(ears: &Ears, rate: u32, hertz: f64) -> SoundId {
    let file = wav(rate, 1, Coding::S16, &sine(rate, hertz, 3.5, 0.5));
    let audio = ears.audio(&file, "audio/wav");
    ears.sounds.decode(DecodeId(1), audio, None);
    ears.decoded().expect("a sound")
}

#[test]
fn who_asks_for_it_hears_what_is_above_4_khz_and_nobody_else_an_alias_of_it() {
    for rate in [16_000, 22_050, 32_000, 44_100, 48_000] {
        let ears = Ears::new();
        let sound = sound(&ears, rate, 5_000.0);
        let wide = ears.all_at(WIDE, sound);
        assert_eq!(wide.len(), 56_000, "{rate} Hz");
        let level = 20.0 * (tone_at(WIDE, &wide, 5_000.0) / 0.5).log10();
        assert!(level.abs() < 0.3, "{rate} Hz: {level:.2} dB");
        assert!(purity_db_at(WIDE, &wide, 5_000.0) > 60.0, "{rate} Hz");
        let narrow = ears.all(sound);
        assert_eq!(narrow.len(), 28_000, "{rate} Hz");
        let inner = &narrow[1_000..27_000];
        let loudest = inner.iter().map(|x| x.unsigned_abs()).max();
        assert!(loudest < Some(16), "{rate} Hz: {loudest:?} of 16,384");
    }
}

#[test]
fn a_narrow_file_is_wide_without_a_seam_for_who_asks() {
    let ears = Ears::new();
    let sound = sound(&ears, 8_000, 1_000.0);
    let wide = ears.all_at(WIDE, sound);
    assert_eq!(wide.len(), 56_000);
    assert!((tone_at(WIDE, &wide, 1_000.0) - 0.5).abs() < 0.01);
    // Seams between chunks would be noise.
    let purity = purity_db_at(WIDE, &wide, 1_000.0);
    assert!(purity > 60.0, "{purity:.1} dB");
}

#[test]
fn a_place_is_the_same_moment_at_either_rate() {
    for rate in [8_000, 44_100, 48_000] {
        let ears = Ears::new();
        let sound = sound(&ears, rate, 440.0);
        let (narrow, wide) = (ears.all(sound), ears.all_at(WIDE, sound));
        assert!(tone(&narrow, 440.0) > 0.49);
        for (at, narrow) in narrow.iter().enumerate().take(27_000).skip(1_000) {
            let apart = i32::from(*narrow) - i32::from(wide[2 * at]);
            assert!(apart.abs() < 40, "{rate} Hz, at {at}: {apart}");
        }
    }
}

#[test]
fn speech_is_wide() {
    let ears = Ears::new();
    ears.sounds
        .say(DecodeId(1), "Six sisters sing softly.", None, None);
    let spoken = ears.decoded().expect("flite speaks");
    let wide = ears.all_at(WIDE, spoken);
    let above = (41..75).map(|hundreds| tone_at(WIDE, &wide, f64::from(hundreds) * 100.0));
    let loudest = above.fold(0.0, f64::max);
    assert!(loudest > 1e-4, "{loudest} of full scale above 4 kHz");
}
