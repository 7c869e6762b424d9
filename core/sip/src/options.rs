//! OPTIONS: report of the capabilities.

use confab_terms::Instant;

use crate::UserAgent;
use crate::hop::Source;
use crate::message::{ALLOW, Reply, Request, SUPPORTED};
use crate::refuse::accepting;

impl UserAgent {
    /// Answers an OPTIONS outside of a dialog, statelessly.
    pub(crate) fn take_options(&mut self, now: Instant, from: Source, request: &Request) {
        let reply = self.capabilities();
        self.refuse(now, from, request, reply);
    }

    pub(crate) fn capabilities(&self) -> Reply {
        accepting(Reply::new(200).header("Allow", ALLOW)).header("Supported", SUPPORTED)
    }
}
