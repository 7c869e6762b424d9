//! How a run is to be made, and what came of it.

use crate::Tally;

/// How a run is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// So many lines of the script, at least.
    pub inputs: usize,
    /// Write out and read back at 1 % of the inputs.
    pub restores: bool,
    /// Print what goes in and what comes out.
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

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What was wrong, if anything.
    pub fault: Option<String>,
    /// Of all outputs in their order.
    pub hash: u64,
    /// How often each kind of input occurred.
    pub tally: Tally,
    /// Ticks of the media engine.
    pub ticks: u64,
    /// Legs that were opened.
    pub legs: u64,
    /// Lines of the script.
    pub inputs: u64,
}

/// What a checker says: nothing, or what is wrong.
pub(crate) type Checked = Result<(), String>;

/// Of all outputs in their order.
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
