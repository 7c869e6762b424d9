//! Measurement of the delay from the audio alone: the received audio is searched for in the sent
//! audio. Figures of the buffers themselves are not used.

use crate::weather::leaves;

/// Samples of a frame at 8 kHz.
const FRAME: usize = 160;
/// Compared audio: 40 ms that end with the frame.
const WINDOW: usize = 2 * FRAME;
/// Maximum delay: half a second, in samples.
const LATE_MAX: usize = 4_000;
/// Minimum correlation of a match.
const LIKE: f32 = 0.9;

/// Reduces the rate of the codec to 8 kHz, which suffices for the comparison.
pub(crate) fn narrow(samples: &[f32], rate_hz: u32) -> Vec<f32> {
    let wide = (rate_hz / 8_000) as usize;
    let parts = samples.chunks_exact(wide);
    parts
        .map(|part| part.iter().sum::<f32>() / wide as f32)
        .collect()
}

/// Returns the delay of a frame's first sample in ms, from its departure to the tick at `now_ms`.
/// `heard` ends with the frame; `guess_ms` is tried first. Returns `None` without a match.
pub(crate) fn delay_ms(said: &[f32], heard: &[f32], now_ms: f64, guess_ms: f64) -> Option<f64> {
    let window = &heard[heard.len().checked_sub(WINDOW)?..];
    let end = |delay_ms: f64| ((now_ms - leaves(0) - delay_ms) * 8.0) as usize + FRAME;
    let near = end(guess_ms);
    let found = match best(said, window, near.saturating_sub(FRAME)..near + FRAME) {
        found if found.0 > 0.98 => found,
        _ => best(said, window, end(0.0).saturating_sub(LATE_MAX)..end(0.0)),
    };
    let (like, end) = found;
    let first_ms = (end as f64 - FRAME as f64) / 8.0;
    (like >= LIKE).then(|| now_ms - leaves(0) - first_ms)
}

/// Returns the best correlation of a window, and the end of the window at that match.
fn best(said: &[f32], window: &[f32], ends: std::ops::Range<usize>) -> (f32, usize) {
    let all = ends.filter_map(|end| {
        let then = said.get(end.checked_sub(window.len())?..end)?;
        Some((likeness(window, then), end))
    });
    all.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, 0))
}

fn likeness(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [[0.0f32; 8]; 3];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for i in 0..8 {
            sums[0][i] += a[i] * b[i];
            sums[1][i] += a[i] * a[i];
            sums[2][i] += b[i] * b[i];
        }
    }
    let [ab, aa, bb] = sums.map(|sum| sum.iter().sum::<f32>());
    ab / (aa * bb + 1.0).sqrt()
}
