//! The bounded queues between the threads, and the bell that goes with the switchboard's.

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

/// Questions of the REST API; beyond: 429.
const ASKED_MAX: usize = 1_024;
/// Answers of the web and the sounds; beyond: they wait.
const ANSWERS_MAX: usize = 1_024;
/// What media threads tell; beyond: they keep it until their next tick.
const TOLD_MAX: usize = 16_384;
/// Orders to one media thread: the changes that core bounds, and the legs' coming and going.
const ORDERS_MAX: usize = 4 * MEDIA_COMMANDS_MAX;
/// Chunks of sound on their way to one media thread; beyond: they are asked for again.
const FEEDS_MAX: usize = 1_024;

/// What a media thread is told by the switchboard's.
#[derive(Debug)]
pub(crate) enum Order {
    /// Bind a pair for this leg; answered by `Told::LegOpened`.
    OpenLeg(LegId),
    /// Hand this leg over to that thread.
    MoveLeg { leg: LegId, to: u16 },
    /// Carry out nothing more before this leg has come from another thread.
    AwaitLeg(LegId),
    /// For the engine.
    Command(Command),
}

/// What a media thread tells.
#[derive(Debug)]
pub(crate) enum Told {
    /// The port of a new leg's pair, if a quiet one was free.
    LegOpened(LegId, Option<u16>),
    /// From the engine of that thread.
    Event(u16, Event),
    /// How much that thread has to do.
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

/// The switchboard's end of what comes to it.
pub(crate) struct Inbox {
    pub(crate) asked: Receiver<Asked>,
    pub(crate) answers: Receiver<Input>,
    pub(crate) told: Receiver<Told>,
    pub(crate) bell: Arc<Wake>,
}

/// The other ends. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Letterbox {
    asked: Sender<Asked>,
    answers: Sender<Input>,
    told: Sender<Told>,
    bell: Arc<Wake>,
}

/// The queues to the switchboard.
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
    /// From a task: waits for a place.
    pub(crate) async fn answer(&self, input: Input) {
        let _gone = self.answers.send(input).await;
        self.bell.ring();
    }

    /// From a media thread, which never waits: gives it back if there is no place.
    pub(crate) fn tell(&self, told: Told) -> Result<(), Told> {
        self.told.try_send(told).map_err(TrySendError::into_inner)
    }

    /// How many wait in each queue.
    pub(crate) fn lengths(&self) -> [(String, usize); 3] {
        [
            ("asked".to_owned(), waiting(&self.asked)),
            ("answers".to_owned(), waiting(&self.answers)),
            ("told".to_owned(), waiting(&self.told)),
        ]
    }

    /// After a round of `tell`.
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

/// The queue of orders to one media thread.
pub(crate) fn orders() -> (Sender<Order>, Receiver<Order>) {
    channel(ORDERS_MAX)
}

/// The queue of sound to one media thread.
pub(crate) fn feeds() -> (Sender<Command>, Receiver<Command>) {
    channel(FEEDS_MAX)
}
