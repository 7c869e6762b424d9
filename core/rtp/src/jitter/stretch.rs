//! Sound made shorter or longer by a period of its own, found by correlation, with a glide as
//! long as the frame (WSOLA): nobody hears it. Decides neither when nor by how much in all.

// In samples at 8 kHz; a wider voice has so many times more.

/// A frame: what is compared, and how long the glide is.
const FRAME: usize = 160;
/// 2.5 to 20 ms.
pub(crate) const LAG_MIN: usize = 20;
pub(crate) const LAG_MAX: usize = 160;
/// Opus.
const WIDE_MAX: usize = 6;
/// A frame is quiet if its samples are no larger than this on average (−46 dBFS).
pub(crate) const QUIET: u32 = 160;

/// What a stretch may do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The longest lag, and what it is a multiple of.
    pub(crate) lag_max: usize,
    pub(crate) each: usize,
    /// How like the two sounds must be that glide into each other, of 1.
    pub(crate) least: f32,
}

/// Plays the frame that `samples` begins with and leaves out as many samples as it says; it needs
/// those behind the frame. `None` where that would be heard.
pub(crate) fn shorten(samples: &[i16], out: &mut [i16], limits: Limits) -> Option<usize> {
    let spare = samples.len().checked_sub(out.len())?;
    let lag_max = limits.lag_max.min(spare);
    let sound = Sound::new(samples, 0, out.len());
    let lag = sound.best(Limits { lag_max, ..limits }, |at, lag| at + lag)?;
    glide(samples, &samples[lag..], out);
    Some(lag)
}

/// Plays the frame behind the `past` of `samples` and repeats as many samples as it says: so many
/// of the frame are left for later. `None` where that would be heard.
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

/// From one sound to the other, over the whole frame.
fn glide(from: &[i16], to: &[i16], out: &mut [i16]) {
    let length = out.len() as i32;
    for (i, (out, (&from, &to))) in (0..).zip(out.iter_mut().zip(from.iter().zip(to))) {
        let (from, to) = (i32::from(from), i32::from(to));
        *out = (from + (to - from) * i / length) as i16;
    }
}

/// A frame, with what it is to be compared with.
struct Sound<'a> {
    samples: &'a [i16],
    /// The frame.
    at: usize,
    length: usize,
    /// Times 8 kHz.
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

    /// The lag at which it is most like itself: at 8 kHz, then exactly.
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
        // Nothing is heard of a glide from quiet to quiet either.
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

/// The correlation of two sounds, between −1 and 1.
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
