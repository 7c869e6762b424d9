//! Quadrature mirror filter that splits and joins the bands (G.722 §3.1, §4.4; table 4).

use serde::{Deserialize, Serialize};

const HALF: usize = 12;

/// Coefficients for the even positions of the delay line; the odd positions use the reverse order.
const TAPS: [i32; HALF] = [3, -11, 12, 32, -210, 951, 3_876, -805, 362, -156, 53, -11];

/// Two delay lines, newest value first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mirror {
    even: [i32; HALF],
    odd: [i32; HALF],
}

impl Mirror {
    /// Shifts in two values. Returns both sums of products.
    pub(super) fn pass(&mut self, even: i32, odd: i32) -> (i32, i32) {
        push(&mut self.even, even);
        push(&mut self.odd, odd);
        let evens = TAPS.iter().zip(&self.even).map(|(tap, value)| tap * value);
        let odds = TAPS.iter().rev().zip(&self.odd);
        (evens.sum(), odds.map(|(tap, value)| tap * value).sum())
    }
}

fn push(line: &mut [i32; HALF], value: i32) {
    line.copy_within(..HALF - 1, 1);
    line[0] = value;
}
