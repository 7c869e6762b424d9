//! Limiter at the end of the mix: quiet samples pass unchanged, loud samples are compressed, and no
//! sample wraps. The limiter is stateless, hence the same for all listeners and rates.

/// Largest magnitude that the limiter leaves unchanged: −3 dBFS.
pub const TRANSPARENT: i32 = 23_197;

/// Range above −3 dBFS, which larger values approach without reaching full scale.
const HEADROOM: i32 = i16::MAX as i32 - TRANSPARENT;

/// Limits a sum to the range of `i16`. Processes as many samples as both slices have.
#[expect(
    clippy::cast_possible_truncation,
    reason = "each value was just brought into the range of i16"
)]
pub fn limit(mix: &[i32], out: &mut [i16]) {
    // Most frames are quiet: one scan for the peak permits a plain narrowing loop that vectorizes.
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

/// Limits one sample: slope 1 at the threshold, then decreasing: `T + h − h² / (h + d)`. Computed
/// in `f32` without branches, so that the loop vectorizes. Each rounded step is monotone, so the
/// result is monotone.
#[expect(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "exact where the limiter is transparent; 23 bits are no more than that"
)]
fn bend(x: i32) -> i32 {
    /// Constant that, added to a float below 2^23, leaves the rounded integer in the low bits.
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
    fn is_continuous_and_smooth_at_minus_3_dbfs() {
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
    fn loud_sample_does_not_change_quiet_neighbors() {
        let mix = [5, -16_384, TRANSPARENT, 40_000, -7];
        let mut out = [0; 5];
        limit(&mix, &mut out);
        assert_eq!(out[..3], [5, -16_384, 23_197]);
        assert_eq!((out[3], out[4]), (limited(40_000), -7));
    }

    #[test]
    fn is_monotonic_and_never_wraps() {
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
