//! Small words of the API.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The HTTP method of a request to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// Fields in the query.
    Get,
    /// Fields in a form body.
    Post,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
        })
    }
}

/// What stands in a recording for the time in which it was paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PauseBehavior {
    /// As much silence.
    #[default]
    Silence,
    /// Nothing.
    Skip,
}

/// Which of a call's two directions are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Track {
    /// What it says.
    Inbound,
    /// What it hears.
    Outbound,
    /// Both.
    #[default]
    Both,
}
