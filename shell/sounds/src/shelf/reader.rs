//! Readers of a sound. Each decodes the file from the beginning, and keeps the samples around its
//! listeners. A short sound has one reader, which keeps all samples.

use confab_switchboard::DecodeError;

use super::listeners::Listeners;
use crate::limits::{AHEAD_SAMPLES, BEHIND_SAMPLES, REFILL_SAMPLES, SHORT_SAMPLES_MAX};
use crate::told::Want;
use crate::widths::Widths;
use crate::work::Decoder;

/// Number of a reader within the sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReaderId(pub(super) u64);

/// Result of a reader.
#[derive(Debug)]
pub(crate) enum ReaderEnd {
    /// End of the file, or of the part that is kept.
    Whole,
    Failed(DecodeError),
    /// Bytes that have not arrived; a later request starts another reader.
    Late,
}

#[derive(Debug)]
pub(super) struct Reader {
    pub(super) id: ReaderId,
    pub(super) samples: Widths,
    /// Requests without a response yet, each with its position in the sound.
    pub(super) wants: Vec<(Want, u64)>,
    pub(super) listeners: Listeners,
    /// Decoder while no thread has it.
    pub(super) parked: Option<Decoder>,
    /// Position of the first request.
    from: u64,
    /// True if the reader decodes to the end without a pause, and keeps all samples.
    pub(super) is_shared: bool,
}

impl Reader {
    pub(super) fn new(id: ReaderId, from: u64) -> Self {
        Self {
            id,
            samples: Widths::default(),
            wants: Vec::new(),
            listeners: Listeners::default(),
            parked: None,
            from,
            is_shared: false,
        }
    }

    /// Returns whether a thread decodes, or will decode.
    pub(super) fn is_busy(&self) -> bool {
        self.parked.is_none() && !self.samples.has_ended()
    }

    /// Returns whether the samples are kept from the first one on.
    pub(super) fn has_beginning(&self) -> bool {
        self.samples.start() == 0 && self.from == 0
    }

    /// Returns whether all samples of the sound are kept.
    pub(super) fn has_all(&self) -> bool {
        self.has_beginning() && self.samples.has_ended()
    }

    /// Returns whether the reader is idle and no listener plays its samples.
    pub(super) fn is_unused(&self) -> bool {
        !self.is_busy() && self.wants.is_empty() && self.listeners.furthest().is_none()
    }

    /// Returns whether the samples at a position are kept, or will be soon.
    pub(super) fn covers(&self, position: u64) -> bool {
        let len = self.samples.len();
        let first = match len < self.from {
            true => self.from.saturating_sub(BEHIND_SAMPLES),
            false => self.samples.start(),
        };
        let last = match self.samples.has_ended() {
            true => u64::MAX,
            false => len.max(self.from).saturating_add(AHEAD_SAMPLES),
        };
        (first..=last).contains(&position)
    }

    fn furthest(&self) -> u64 {
        self.listeners.furthest().unwrap_or(0).max(self.from)
    }

    /// Returns whether enough samples are decoded for now.
    pub(super) fn is_ahead(&self) -> bool {
        self.samples.len() >= self.furthest().saturating_add(AHEAD_SAMPLES)
    }

    /// Returns whether a parked decoder should continue.
    pub(super) fn is_low(&self) -> bool {
        self.is_shared || self.samples.len() < self.furthest().saturating_add(REFILL_SAMPLES)
    }

    /// Returns the position before which samples are dropped; `None` to keep all.
    pub(super) fn past(&self, is_tight: bool) -> Option<u64> {
        let is_short = self.samples.len() <= SHORT_SAMPLES_MAX && !is_tight;
        if self.is_shared || (is_short && self.has_beginning()) {
            return None;
        }
        let slowest = self.listeners.slowest().unwrap_or(self.from);
        Some(slowest.saturating_sub(BEHIND_SAMPLES))
    }
}
