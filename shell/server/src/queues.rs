//! Bounded queues between the threads, and the wake-up signal of the switchboard.

use std::sync::Arc;

use confab_media::{Command, Event};
use confab_rest::{Asked, QueueFull, Switch};
use confab_sockets::Wake;
use confab_switchboard::Input;
use confab_terms::LegId;
use confab_terms::limits::MEDIA_COMMANDS_MAX;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::media_loop::LoadTold;
use crate::metrics::waiting;

/// Maximum number of queued requests of the REST API; beyond this limit the response is 429.
const ASKED_MAX: usize = 1_024;
/// Maximum number of queued results of the web and the sounds; beyond this limit the sender waits.
const ANSWERS_MAX: usize = 1_024;
/// Maximum number of queued events of media threads; beyond this limit they are kept until the next
/// tick.
const TOLD_MAX: usize = 16_384;
/// Maximum number of orders to a media thread: the changes that the core bounds, and new and
/// removed legs.
const ORDERS_MAX: usize = 4 * MEDIA_COMMANDS_MAX;
/// Maximum number of queued chunks of sound for a media thread; lost chunks are requested again.
const FEEDS_MAX: usize = 1_024;

/// Order of the switchboard to a media thread.
#[derive(Debug)]
pub(crate) enum Order {
    /// Request to bind ports for a leg; the response is `Told::LegOpened`.
    OpenLeg(LegId),
    /// Move of a leg to another media thread.
    MoveLeg { leg: LegId, to: u16 },
    /// Delay of further orders until a leg has arrived from another thread.
    AwaitLeg(LegId),
    /// Command for the engine.
    Command(Command),
}

/// Message of a media thread to the switchboard.
#[derive(Debug)]
pub(crate) enum Told {
    /// Port of a new leg, if a quiet port was free.
    LegOpened(LegId, Option<u16>),
    /// Event of the thread's engine.
    Event(u16, Event),
    /// Load of the thread.
    Load(u16, LoadTold),
}

impl From<Told> for Input {
    fn from(told: Told) -> Self {
        match told {
            Told::LegOpened(leg, port) => Self::LegOpened { leg, port },
            Told::Event(thread, event) => Self::Media { thread, event },
            Told::Load(thread, told) => Self::Load {
                thread,
                busy_percent: told.busy_percent,
                overloaded: told.overloaded,
            },
        }
    }
}

/// Receivers of the queues to the switchboard.
pub(crate) struct Inbox {
    pub(crate) asked: Receiver<Asked>,
    pub(crate) answers: Receiver<Input>,
    pub(crate) told: Receiver<Told>,
    pub(crate) bell: Arc<Wake>,
}

/// Senders of the queues to the switchboard. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Letterbox {
    asked: Sender<Asked>,
    answers: Sender<Input>,
    told: Sender<Told>,
    bell: Arc<Wake>,
}

/// Creates the queues to the switchboard.
pub(crate) fn to_switchboard() -> std::io::Result<(Letterbox, Inbox)> {
    let bell = Arc::new(Wake::new()?);
    let (asked, asked_end) = channel(ASKED_MAX);
    let (answers, answers_end) = channel(ANSWERS_MAX);
    let (told, told_end) = channel(TOLD_MAX);
    let letterbox = Letterbox {
        asked,
        answers,
        told,
        bell: Arc::clone(&bell),
    };
    let inbox = Inbox {
        asked: asked_end,
        answers: answers_end,
        told: told_end,
        bell,
    };
    Ok((letterbox, inbox))
}

impl Letterbox {
    /// Sends a result from a task; waits for room.
    pub(crate) async fn answer(&self, input: Input) {
        let _gone = self.answers.send(input).await;
        self.bell.ring();
    }

    /// Sends a message from a media thread without blocking; returns the message if there is no
    /// room.
    pub(crate) fn tell(&self, told: Told) -> Result<(), Told> {
        self.told.try_send(told).map_err(TrySendError::into_inner)
    }

    /// Returns the length of each queue.
    pub(crate) fn lengths(&self) -> [(String, usize); 3] {
        [
            ("asked".to_owned(), waiting(&self.asked)),
            ("answers".to_owned(), waiting(&self.answers)),
            ("told".to_owned(), waiting(&self.told)),
        ]
    }

    /// Wakes the switchboard after a series of `tell`.
    pub(crate) fn ring(&self) {
        self.bell.ring();
    }
}

impl Switch for Letterbox {
    fn ask(&self, asked: Asked) -> Result<(), QueueFull> {
        self.asked.try_send(asked).map_err(|_| QueueFull)?;
        self.bell.ring();
        Ok(())
    }
}

/// Creates the queue of orders to a media thread.
pub(crate) fn orders() -> (Sender<Order>, Receiver<Order>) {
    channel(ORDERS_MAX)
}

/// Creates the queue of sound to a media thread.
pub(crate) fn feeds() -> (Sender<Command>, Receiver<Command>) {
    channel(FEEDS_MAX)
}
