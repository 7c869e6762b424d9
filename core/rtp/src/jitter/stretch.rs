//! Inaudible shortening and lengthening of sound by one period (WSOLA): correlation finds the
//! period, and a cross-fade spans the frame. The caller chooses the moment and the total amount.

// Lengths are in samples at 8 kHz and are multiplied for wider voice.

/// Length of a frame: the compared range and the cross-fade.
const FRAME: usize = 160;
/// Shortest and longest lag: 2.5 to 20 ms.
pub(crate) const LAG_MIN: usize = 20;
pub(crate) const LAG_MAX: usize = 160;
/// Maximum factor of 8 kHz: Opus.
const WIDE_MAX: usize = 6;
/// Maximum mean magnitude of a quiet frame's samples (−46 dBFS).
pub(crate) const QUIET: u32 = 160;

/// Limits of a stretch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Longest lag, and the divisor of all lags.
    pub(crate) lag_max: usize,
    pub(crate) each: usize,
    /// Minimum correlation of the two cross-faded sounds, at most 1.
    pub(crate) least: f32,
}

/// Plays the first frame of `samples` and skips the returned number of samples. Needs the samples
/// after the frame. Returns `None` if the change would be audible.
pub(crate) fn shorten(samples: &[i16], out: &mut [i16], limits: Limits) -> Option<usize> {
    let spare = samples.len().checked_sub(out.len())?;
    let lag_max = limits.lag_max.min(spare);
    let sound = Sound::new(samples, 0, out.len());
    let lag = sound.best(Limits { lag_max, ..limits }, |at, lag| at + lag)?;
    glide(samples, &samples[lag..], out);
    Some(lag)
}

/// Plays the frame at `past` in `samples` and repeats the returned number of samples, which remain
/// to be played. Returns `None` if the change would be audible.
pub(crate) fn lengthen(
    samples: &[i16],
    past: usize,
    out: &mut [i16],
    limits: Limits,
) -> Option<usize> {
    samples.len().checked_sub(past + out.len())?;
    let lag_max = limits.lag_max.min(past);
    let sound = Sound::new(samples, past, out.len());
    let lag = sound.best(Limits { lag_max, ..limits }, |at, lag| at - lag)?;
    glide(&samples[past..], &samples[past - lag..], out);
    Some(lag)
}

/// Cross-fades from one sound to another over the whole frame.
fn glide(from: &[i16], to: &[i16], out: &mut [i16]) {
    let length = out.len() as i32;
    for (i, (out, (&from, &to))) in (0..).zip(out.iter_mut().zip(from.iter().zip(to))) {
        let (from, to) = (i32::from(from), i32::from(to));
        *out = (from + (to - from) * i / length) as i16;
    }
}

/// Frame and the samples for comparison.
struct Sound<'a> {
    samples: &'a [i16],
    /// Start of the frame.
    at: usize,
    length: usize,
    /// Sampling rate as a multiple of 8 kHz.
    wide: usize,
}

impl<'a> Sound<'a> {
    fn new(samples: &'a [i16], at: usize, length: usize) -> Self {
        let wide = (length / FRAME).clamp(1, WIDE_MAX);
        Self {
            samples,
            at,
            length,
            wide,
        }
    }

    /// Returns the lag with the greatest similarity, searched at 8 kHz first and then exactly.
    fn best(&self, limits: Limits, other: impl Fn(usize, usize) -> usize) -> Option<usize> {
        let wide = self.wide;
        let mut narrow = [0; FRAME + LAG_MAX];
        let narrow = &mut narrow[..(self.samples.len() / wide).min(FRAME + LAG_MAX)];
        for (narrow, samples) in narrow.iter_mut().zip(self.samples.chunks_exact(wide)) {
            let sum: i32 = samples.iter().map(|&sample| i32::from(sample)).sum();
            *narrow = (sum / wide as i32) as i16;
        }
        let seek = |samples: &[i16], at: usize, length: usize, lags: (usize, usize), step| {
            let now = samples.get(at..at + length)?;
            let likeness = |lag| {
                let then = samples.get(other(at, lag)..other(at, lag) + length)?;
                Some((likeness(now, then), lag))
            };
            let all = (lags.0..=lags.1).step_by(step).filter_map(likeness);
            all.max_by(|a, b| a.0.total_cmp(&b.0))
        };
        let lag_max = limits.lag_max / wide;
        let mut best = seek(
            narrow,
            self.at / wide,
            self.length / wide,
            (LAG_MIN, lag_max.min(LAG_MAX)),
            1,
        )?;
        if wide > 1 {
            let near = best.1 * wide;
            let least = (near - (wide - 1)).next_multiple_of(limits.each);
            let most = (near + wide - 1).min(limits.lag_max);
            best = seek(
                self.samples,
                self.at,
                self.length,
                (least, most),
                limits.each,
            )?;
        }
        // A cross-fade between quiet frames is inaudible, too.
        let quiet = self.is_quiet(self.at) && self.is_quiet(other(self.at, best.1));
        (best.0 >= limits.least || quiet).then_some(best.1)
    }

    fn is_quiet(&self, at: usize) -> bool {
        let Some(frame) = self.samples.get(at..at + self.length) else {
            return false;
        };
        let sizes = frame.iter().map(|sample| u32::from(sample.unsigned_abs()));
        sizes.sum::<u32>() <= QUIET * self.length as u32
    }
}

/// Returns the correlation of two sounds, between −1 and 1.
fn likeness(a: &[i16], b: &[i16]) -> f32 {
    let (mut product, mut ours, mut theirs) = (0.0, 0.0, 0.0);
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        let (mut ab, mut aa, mut bb) = (0i64, 0i64, 0i64);
        for (&a, &b) in a.iter().zip(b) {
            let (a, b) = (i64::from(a), i64::from(b));
            ab += a * b;
            aa += a * a;
            bb += b * b;
        }
        product += ab as f32;
        ours += aa as f32;
        theirs += bb as f32;
    }
    product / (ours * theirs + 1.0).sqrt()
}
