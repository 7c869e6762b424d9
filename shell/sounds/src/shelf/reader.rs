//! Readers of a sound: each decodes its file from the beginning and keeps the samples around its
//! listeners. A short sound has one reader that keeps all of them.

use confab_switchboard::DecodeError;

use super::listeners::Listeners;
use crate::limits::{AHEAD_SAMPLES, BEHIND_SAMPLES, REFILL_SAMPLES, SHORT_SAMPLES_MAX};
use crate::told::Want;
use crate::widths::Widths;
use crate::work::Decoder;

/// Number of a reader within its sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReaderId(pub(super) u64);

/// End of a reader.
#[derive(Debug)]
pub(crate) enum ReaderEnd {
    /// The end of the file, or of the samples that are kept of it.
    Whole,
    Failed(DecodeError),
    /// The bytes have not arrived. A later want starts another reader.
    Late,
}

#[derive(Debug)]
pub(super) struct Reader {
    pub(super) id: ReaderId,
    pub(super) samples: Widths,
    /// Wants that are not answered yet, each with its position in the sound.
    pub(super) wants: Vec<(Want, u64)>,
    pub(super) listeners: Listeners,
    /// The decoder, while no thread has it.
    pub(super) parked: Option<Decoder>,
    /// Position of the first listener.
    from: u64,
    /// Decodes to the end without a pause, and keeps all samples.
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

    /// Returns whether a thread decodes, or will.
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

    /// Returns whether nobody plays these samples.
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

    /// Returns whether a decoder that stands by should go on.
    pub(super) fn is_low(&self) -> bool {
        self.is_shared || self.samples.len() < self.furthest().saturating_add(REFILL_SAMPLES)
    }

    /// Returns the position before which no samples are kept; `None`: all are kept.
    pub(super) fn past(&self, is_tight: bool) -> Option<u64> {
        let is_short = self.samples.len() <= SHORT_SAMPLES_MAX && !is_tight;
        if self.is_shared || (is_short && self.has_beginning()) {
            return None;
        }
        let slowest = self.listeners.slowest().unwrap_or(self.from);
        Some(slowest.saturating_sub(BEHIND_SAMPLES))
    }
}
