//! Small types of the API.

use core::fmt;

use serde::{Deserialize, Serialize};

/// HTTP method of a request to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// GET: fields in the query.
    Get,
    /// POST: fields in a form body.
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

/// Content of a recording for the time in which the recording was paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PauseBehavior {
    /// Silence of the same duration.
    #[default]
    Silence,
    /// No samples: the pause is cut out.
    Skip,
}

/// Recorded directions of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Track {
    /// Audio from the phone.
    Inbound,
    /// Audio to the phone.
    Outbound,
    /// Both directions.
    #[default]
    Both,
}
