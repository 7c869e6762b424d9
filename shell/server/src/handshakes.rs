//! TLS handshakes of SIP on worker threads: an RSA-4096 signature takes milliseconds, too long for
//! the switchboard's thread.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use confab_sockets::{Carrier, Wake};
use confab_switchboard::ConnectionId;

/// Number of worker threads.
const WORKERS: usize = 2;

/// Connection on its way to or from a worker. Each connection has at most one job, so the number of
/// connections bounds the queues.
struct Job {
    id: ConnectionId,
    carrier: Carrier,
}

/// Completed step of a handshake.
pub(crate) struct Step {
    pub(crate) id: ConnectionId,
    pub(crate) carrier: Carrier,
    /// True once the handshake is complete.
    pub(crate) result: io::Result<bool>,
}

/// Queues to and from the worker threads.
#[derive(Debug)]
pub(crate) struct Handshakes {
    jobs: Sender<Job>,
    steps: Receiver<Step>,
}

impl Handshakes {
    /// Starts the workers; they end when the queues are dropped. Each completed step wakes `bell`.
    pub(crate) fn start(bell: &Arc<Wake>) -> io::Result<Self> {
        let (jobs, waiting) = channel::<Job>();
        let (done, steps) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for worker in 0..WORKERS {
            let (waiting, done, bell) = (Arc::clone(&waiting), done.clone(), Arc::clone(bell));
            let run = move || work(&waiting, &done, &bell);
            let name = format!("tls-{worker}");
            std::thread::Builder::new().name(name).spawn(run)?;
        }
        Ok(Self { jobs, steps })
    }

    /// Enqueues the next step of a handshake for which data has arrived.
    pub(crate) fn go_on(&self, id: ConnectionId, carrier: Carrier) {
        let _workers_are_gone = self.jobs.send(Job { id, carrier });
    }

    /// Returns the next completed step.
    pub(crate) fn next(&self) -> Option<Step> {
        self.steps.try_recv().ok()
    }
}

fn work(waiting: &Mutex<Receiver<Job>>, done: &Sender<Step>, bell: &Wake) {
    loop {
        let job = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(Job { id, mut carrier }) = job else {
            return;
        };
        let result = carrier.shake_hands();
        let step = Step {
            id,
            carrier,
            result,
        };
        if done.send(step).is_err() {
            return;
        }
        bell.ring();
    }
}
