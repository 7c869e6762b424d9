//! What came of an attempt, and what is to follow.

use confab_terms::Instant;

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered with a success.
    Told,
    /// It was not.
    Failed {
        /// The vendor's code of what went wrong.
        code: u32,
        /// The answer's, if there was one.
        status: Option<u16>,
    },
}

impl Outcome {
    /// What may be better in a second: the network, the name, a server's own fault. A refusal
    /// stays.
    pub(crate) fn may_pass(self) -> bool {
        match self {
            Self::Told => false,
            Self::Failed { code, status } => {
                let passing =
                    status.is_none_or(|status| status >= 500 || matches!(status, 408 | 429));
                matches!(code, 11200 | 11210 | 11217) && passing
            }
        }
    }
}

/// What is to follow an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing: it was told.
    Told,
    /// Nothing: it is given up.
    GivenUp,
    /// `Deliveries::again` at this moment.
    Again(Instant),
}
