//! Tests of the listener's counts and of the page's parts, with synthetic packets and numbers.

use std::time::Duration;

use confab_codec::{decode, encode};
use confab_terms::{Codec, Instant};

use crate::ear::{Counts, Ear, Head, Window};
use crate::histogram::{Histogram, median, percentile_of};
use crate::tone::Tone;
use crate::voices::Voices;

const SECOND: u64 = 1_000_000_000;
const TICK: u64 = 20_000_000;

fn window() -> Window {
    Window {
        from: Instant(2 * SECOND - TICK / 2),
        to: Instant(4 * SECOND - TICK / 2),
    }
}

/// Receives 5 s of frames; `with` shifts the time of arrival (`None`: the frame is lost).
fn heard(with: impl Fn(u64) -> Option<i64>, order: impl Fn(u64) -> u64) -> (Counts, Histogram) {
    let (mut ear, mut off_beat) = (Ear::default(), Histogram::default());
    for n in 0..250u64 {
        let Some(shift_ms) = with(n) else { continue };
        let head = Head {
            sequence: (order(n) as u16).wrapping_add(65_500),
            timestamp: (order(n) as u32)
                .wrapping_mul(160)
                .wrapping_add(u32::MAX - 999),
            arrived: Instant((n * TICK).wrapping_add_signed(shift_ms * 1_000_000)),
        };
        ear.arrives(head, 160, window(), &mut off_beat);
    }
    (ear.counted(window()), off_beat)
}

#[test]
fn a_steady_stream_lacks_nothing() {
    let (counts, off_beat) = heard(|_| Some(0), |n| n);
    assert_eq!(counts.frames, 100);
    assert_eq!((counts.missing, counts.late, counts.repeated), (0, 0, 0));
    assert_eq!(counts.lost, 0);
    assert!(off_beat.percentile(0.99) < 0.01);
}

#[test]
fn a_frame_that_never_left_is_missing_though_no_number_is() {
    // Frame 120 is lost, and the sequence numbers continue without a gap.
    let (counts, _) = heard(
        |n| (n != 120).then_some(0),
        |n| if n > 120 { n - 1 } else { n },
    );
    assert_eq!((counts.missing, counts.lost), (1, 0));
    let (counts, _) = heard(|n| (n != 120).then_some(0), |n| n);
    assert_eq!((counts.missing, counts.lost), (1, 1));
    let (counts, _) = heard(|n| (n < 150).then_some(0), |n| n);
    assert_eq!(counts.missing, 50, "the stream ends in the middle");
    let (counts, _) = heard(|_| None, |n| n);
    assert_eq!(counts.missing, 100, "nothing came at all");
}

#[test]
fn late_and_repeated_frames_are_told() {
    let (counts, off_beat) = heard(|n| Some(if n == 120 { 12 } else { 0 }), |n| n);
    assert_eq!((counts.missing, counts.late), (0, 1));
    assert!((off_beat.longest_ms() - 12.0).abs() < 0.1);
    let (counts, _) = heard(|n| Some(if n == 120 { 8 } else { 0 }), |n| n);
    assert_eq!(counts.late, 0);
    let (counts, _) = heard(|_| Some(0), |n| if n == 120 { 119 } else { n });
    assert_eq!((counts.repeated, counts.missing), (1, 1));
}

#[test]
fn another_stream_begins_anew() {
    // Sequence numbers far lower: a new stream, not an old packet.
    let (counts, _) = heard(|_| Some(0), |n| if n > 120 { n + 40_000 } else { n });
    assert_eq!((counts.frames, counts.missing), (100, 0));
    assert_eq!((counts.repeated, counts.lost), (0, 0));
}

#[test]
fn a_slip_of_one_frame_shows_in_the_phase() {
    let voices = Voices::new(Codec::Pcmu, 2);
    let tone = Tone::new(8_000, 160);
    let hear = |frames: &[usize]| {
        let mut ear = Ear::default();
        for (n, &frame) in frames.iter().enumerate() {
            let mut samples = [0i16; 160];
            decode(Codec::Pcmu, &voices.tone[frame % 5], &mut samples);
            let at = Instant(2 * SECOND + n as u64 * TICK);
            ear.hears(&tone, &samples, at, Some(window()));
        }
        ear.counted(window())
    };
    let steady = hear(&[0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(
        (steady.searched, steady.without_tone, steady.slips),
        (8, 0, 0)
    );
    assert_eq!(hear(&[0, 1, 2, 4, 5, 6]).slips, 1, "one left out");
    assert_eq!(hear(&[0, 1, 2, 2, 3, 4]).slips, 1, "one said twice");
}

#[test]
fn noise_is_no_tone_however_many_say_it() {
    let voices = Voices::new(Codec::Pcmu, 2_000);
    let tone = Tone::new(8_000, 160);
    let mut sum = [0i32; 160];
    for caller in 0..2_000 {
        let mut samples = [0i16; 160];
        decode(Codec::Pcmu, &voices.noise[caller * 37 % 500], &mut samples);
        assert!(samples.iter().any(|s| s.abs() > 40), "silence is not mixed");
        sum.iter_mut()
            .zip(samples)
            .for_each(|(sum, s)| *sum += i32::from(s));
    }
    let samples = sum.map(|s| s.clamp(-32_768, 32_767) as i16);
    assert!(samples.iter().all(|s| s.abs() < 24_000), "nothing clips");
    assert!(!tone.find(&samples).is_there);
    let mut coded = [0; 160];
    encode(Codec::Pcmu, &samples, &mut coded);
    assert_eq!(coded.len(), voices.tone[0].len());
}

#[test]
fn percentiles_are_those_of_the_values() {
    let mut histogram = Histogram::default();
    for ms in 1..=100 {
        histogram.add(ms * 1_000_000);
    }
    assert!((histogram.percentile(0.5) - 50.0).abs() < 0.02);
    assert!((histogram.percentile(0.99) - 99.0).abs() < 0.02);
    assert!((histogram.share_above(90_500_000) - 0.1).abs() < 1e-9);
    assert!(Histogram::default().percentile(0.5).is_nan());
    assert_eq!(median([3.0, 1.0, 2.0, f64::NAN]), 2.0);
    assert_eq!(percentile_of(&[1.0, 2.0, 3.0, 4.0], 1.0), 4.0);
    assert_eq!(window().seconds(), Duration::from_secs(2).as_secs_f64());
}
