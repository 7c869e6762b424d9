//! The line to the switchboard: a question goes out, one answer comes back. The queue behind it
//! is the server's and bounded: full is an answer here, never a wait.

use std::sync::Arc;
use std::time::Duration;

use confab_switchboard::{Reply, Request};
use thiserror::Error;
use tokio::sync::oneshot;

/// The switchboard answers `NotConfirmed` after one second; this is for one that is stuck.
const REPLY_WAIT: Duration = Duration::from_secs(3);

/// A question and where its answer goes.
#[derive(Debug)]
pub struct Asked {
    /// The question.
    pub what: Request,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Reply>,
}

/// There is no room for another question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many requests wait for the switchboard")]
pub struct QueueFull;

/// What takes questions to the switchboard's thread, and wakes it.
pub trait Switch: Send + Sync + 'static {
    /// Passes a question on, at once or not at all.
    fn ask(&self, asked: Asked) -> Result<(), QueueFull>;
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AskError {
    /// Try again.
    #[error("too many requests are waiting; try again in a second")]
    Full,
    /// The server is on its way down, or the switchboard died.
    #[error("the switchboard has gone")]
    Gone,
    /// It says nothing.
    #[error("the switchboard did not answer in time; fetch the resource to see what holds")]
    Silent,
}

/// The line to the switchboard.
#[derive(Clone)]
pub struct Line(Arc<dyn Switch>);

impl Line {
    /// A line over a queue.
    pub fn new(switch: impl Switch) -> Self {
        Self(Arc::new(switch))
    }

    /// Asks, and waits for the answer.
    pub async fn ask(&self, what: Request) -> Result<Reply, AskError> {
        let (reply, answer) = oneshot::channel();
        self.0
            .ask(Asked { what, reply })
            .map_err(|QueueFull| AskError::Full)?;
        match tokio::time::timeout(REPLY_WAIT, answer).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(_)) => Err(AskError::Gone),
            Err(_) => Err(AskError::Silent),
        }
    }
}
