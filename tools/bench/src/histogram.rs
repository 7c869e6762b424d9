//! Times in steps of ten microseconds, so that millions of packets cost one small table.

const STEP_NS: u64 = 10_000;
/// Up to half a second; what is longer counts as that.
const STEPS: usize = 50_000;

/// How often each time was.
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

    /// Milliseconds that so large a share does not exceed; not a number if there is none.
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

    /// The share that is longer than so many nanoseconds.
    pub(crate) fn share_above(&self, ns: u64) -> f64 {
        let from = usize::try_from(ns / STEP_NS).unwrap_or(STEPS).min(STEPS);
        let above: u64 = self.counts[from..].iter().sum();
        above as f64 / self.total.max(1) as f64
    }
}

/// A share of measured values, the nearest rank.
pub(crate) fn percentile_of(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1) as f64;
    let at = (last * share).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// The middle one of what was measured several times.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
    percentile_of(&values, 0.5)
}
