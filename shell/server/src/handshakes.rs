//! TLS handshakes of SIP on threads of their own: a signature with RSA-4096 takes milliseconds, for
//! which the switchboard's thread has no time.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use confab_sockets::{Carrier, Wake};
use confab_switchboard::ConnectionId;

/// Threads that sign.
const WORKERS: usize = 2;

/// A connection on its way to a worker or back. There is one for each connection at most, so the
/// number of connections bounds the queues.
struct Job {
    id: ConnectionId,
    carrier: Carrier,
}

/// One step of a handshake that a worker has done.
pub(crate) struct Step {
    pub(crate) id: ConnectionId,
    pub(crate) carrier: Carrier,
    /// True once the handshake is over.
    pub(crate) result: io::Result<bool>,
}

/// The workers.
#[derive(Debug)]
pub(crate) struct Handshakes {
    jobs: Sender<Job>,
    steps: Receiver<Step>,
}

impl Handshakes {
    /// Starts the workers; they end when this is dropped. Each step rings the bell.
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

    /// Has a worker go on with a handshake for which something has come.
    pub(crate) fn go_on(&self, id: ConnectionId, carrier: Carrier) {
        let _workers_are_gone = self.jobs.send(Job { id, carrier });
    }

    /// Returns the next step that is done.
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
