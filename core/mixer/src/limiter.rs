//! The one limiter, at the very end: what is quiet passes untouched, what is loud is bent, and
//! nothing ever wraps. It keeps no state, so it is the same for every listener and every rate.

/// Up to this the limiter changes nothing: −3 dBFS.
pub const TRANSPARENT: i32 = 23_197;

/// What lies above −3 dBFS approaches full scale without reaching it.
const HEADROOM: i32 = i16::MAX as i32 - TRANSPARENT;

/// Brings a sum into range. Only as many samples as both slices have.
#[expect(
    clippy::cast_possible_truncation,
    reason = "each value was just brought into the range of i16"
)]
pub fn limit(mix: &[i32], out: &mut [i16]) {
    // Most frames are quiet: one look for a peak lets the plain narrowing loop vectorise.
    let peak = mix.iter().fold(0, |peak, &x| peak | (x ^ (x >> 31)));
    if peak < 16_384 {
        for (out, &x) in out.iter_mut().zip(mix) {
            *out = x as i16;
        }
        return;
    }
    for (out, &x) in out.iter_mut().zip(mix) {
        *out = bend(x) as i16;
    }
}

/// Slope 1 at the threshold, then ever flatter: `T + h − h² / (h + d)`. In `f32`, without a
/// branch, so that it vectorises; each rounded step is monotone, so the whole can't turn back.
#[expect(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "exact where the limiter is transparent; 23 bits are no more than that"
)]
fn bend(x: i32) -> i32 {
    /// Added to a float below 2^23, it leaves the rounded integer in the low bits.
    const ROUNDS: f32 = 8_388_608.0;
    let (threshold, headroom) = (TRANSPARENT as f32, HEADROOM as f32);
    let size = (x as f32).abs();
    let above = if size > threshold {
        size - threshold
    } else {
        0.0
    };
    let below = if size < threshold { size } else { threshold };
    let bent = below + (headroom - headroom * headroom / (headroom + above));
    let bent = ((bent + ROUNDS).to_bits() & 0x7f_ffff) as i32;
    let sign = x >> 31;
    (bent ^ sign) - sign
}

#[cfg(test)]
mod tests {
    use super::{TRANSPARENT, limit};

    fn limited(x: i32) -> i16 {
        let mut out = [0];
        limit(&[x], &mut out);
        out[0]
    }

    #[test]
    fn is_transparent_below_minus_3_dbfs() {
        for x in -TRANSPARENT..=TRANSPARENT {
            assert_eq!(i32::from(limited(x)), x);
        }
    }

    #[test]
    fn meets_minus_3_dbfs_without_a_jump_or_a_bend() {
        let mut last = 0;
        for x in 0..200_000 {
            let y = i32::from(limited(x));
            assert!((0..=1).contains(&(y - last)), "{x} gave {y} after {last}");
            last = y;
        }
        // The slope at the threshold is 1: h - h²/(h + d) is less than d by d²/h.
        for above in 0..300 {
            let lost = above - (i32::from(limited(TRANSPARENT + above)) - TRANSPARENT);
            let wanted = above * above / super::HEADROOM;
            assert!((lost - wanted).abs() <= 1, "{above} above: {lost} lost");
        }
    }

    #[test]
    fn one_loud_sample_leaves_its_quiet_neighbors_alone() {
        let mix = [5, -16_384, TRANSPARENT, 40_000, -7];
        let mut out = [0; 5];
        limit(&mix, &mut out);
        assert_eq!(out[..3], [5, -16_384, 23_197]);
        assert_eq!((out[3], out[4]), (limited(40_000), -7));
    }

    #[test]
    fn never_wraps_and_never_turns_back() {
        let mut last = 0;
        for x in (0..90_000_000).step_by(97).chain([i32::MAX]) {
            let y = limited(x);
            assert!(y >= last, "{x} gave {y} after {last}");
            assert_eq!(limited(-x), -y, "at {x}");
            last = y;
        }
        assert!(limited(i32::MIN) < -32_000);
        assert!(last > 32_000);
    }
}
