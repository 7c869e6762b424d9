//! Requests to the switchboard: each request has a single reply. The queue of requests is bounded
//! and belongs to the server: a full queue is an error here, never a wait.

use std::sync::Arc;
use std::time::Duration;

use confab_switchboard::{Reply, Request};
use thiserror::Error;
use tokio::sync::oneshot;

/// Timeout of a reply. The switchboard replies `NotConfirmed` after one second; this timeout is for
/// a switchboard that is stuck.
const REPLY_WAIT: Duration = Duration::from_secs(3);

/// Request, and the channel of its reply.
#[derive(Debug)]
pub struct Asked {
    /// Request to the switchboard.
    pub what: Request,
    /// Channel of the reply.
    pub reply: oneshot::Sender<Reply>,
}

/// Error: the queue of requests is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many requests wait for the switchboard")]
pub struct QueueFull;

/// Sender of requests to the switchboard's thread; wakes that thread.
pub trait Switch: Send + Sync + 'static {
    /// Enqueues a request without blocking.
    fn ask(&self, asked: Asked) -> Result<(), QueueFull>;
}

/// Reason of a missing reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AskError {
    /// Full queue; the client may retry.
    #[error("too many requests are waiting; try again in a second")]
    Full,
    /// Ended switchboard: the server is shutting down, or the switchboard has failed.
    #[error("the switchboard has gone")]
    Gone,
    /// Timeout of the reply.
    #[error("the switchboard did not answer in time; fetch the resource to see what holds")]
    Silent,
}

/// Client of the switchboard. Cheap to clone.
#[derive(Clone)]
pub struct Line(Arc<dyn Switch>);

impl Line {
    /// Creates a client that sends its requests to a queue.
    pub fn new(switch: impl Switch) -> Self {
        Self(Arc::new(switch))
    }

    /// Sends a request and returns the reply, or an error after a timeout of 3 s.
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
