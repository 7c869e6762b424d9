//! Options and result of a run.

use crate::Tally;

/// Options of a run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Minimum number of actions of the script.
    pub inputs: usize,
    /// Serializes and restores the state at 1 % of the inputs.
    pub restores: bool,
    /// Prints inputs and outputs.
    pub trace: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            inputs: 60,
            restores: true,
            trace: false,
        }
    }
}

/// Result of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Failed check, if any.
    pub fault: Option<String>,
    /// Hash of all outputs in order.
    pub hash: u64,
    /// Number of occurrences of each kind of input.
    pub tally: Tally,
    /// Ticks of the media engine.
    pub ticks: u64,
    /// Number of opened legs.
    pub legs: u64,
    /// Number of executed actions of the script.
    pub inputs: u64,
}

/// Result of a checker: the fault as an error.
pub(crate) type Checked = Result<(), String>;

/// Hash of all outputs in order.
#[derive(Default)]
pub(crate) struct Hash(u64);

impl Hash {
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
        let mut last = [0; 8];
        let rest = chunks.remainder();
        last[..rest.len()].copy_from_slice(rest);
        self.word(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    pub(crate) fn word(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    pub(crate) fn value(&self) -> u64 {
        self.0
    }
}
