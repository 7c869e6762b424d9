//! Histogram of times in steps of 10 µs, so that millions of packets need only one small table.

const STEP_NS: u64 = 10_000;
/// Number of steps, up to half a second; longer times count as half a second.
const STEPS: usize = 50_000;

/// Number of occurrences of each time.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    longest_ns: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; STEPS + 1],
            total: 0,
            longest_ns: 0,
        }
    }
}

impl Histogram {
    pub(crate) fn add(&mut self, ns: u64) {
        let step = usize::try_from(ns / STEP_NS).unwrap_or(STEPS).min(STEPS);
        self.counts[step] += 1;
        self.total += 1;
        self.longest_ns = self.longest_ns.max(ns);
    }

    /// Returns the percentile in ms; NaN if the histogram is empty.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        let wanted = (self.total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        found.map_or(f64::NAN, |step| (step as u64 * STEP_NS) as f64 / 1e6)
    }

    pub(crate) fn longest_ms(&self) -> f64 {
        self.longest_ns as f64 / 1e6
    }

    /// Returns the share of times above a number of nanoseconds.
    pub(crate) fn share_above(&self, ns: u64) -> f64 {
        let from = usize::try_from(ns / STEP_NS).unwrap_or(STEPS).min(STEPS);
        let above: u64 = self.counts[from..].iter().sum();
        above as f64 / self.total.max(1) as f64
    }
}

/// Returns a percentile of the values, by nearest rank.
pub(crate) fn percentile_of(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1) as f64;
    let at = (last * share).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// Returns the median of repeated measurements.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
    percentile_of(&values, 0.5)
}
