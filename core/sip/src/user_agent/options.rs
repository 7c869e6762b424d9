//! OPTIONS: report of the capabilities.

use confab_terms::Instant;

use super::UserAgent;
use super::request_checks::accepting;
use crate::message::{ALLOW, Request, ResponseOut, SUPPORTED};
use crate::transport::Source;

impl UserAgent {
    /// Answers an OPTIONS outside of a dialog, statelessly.
    pub(crate) fn handle_options(&mut self, now: Instant, from: Source, request: &Request) {
        let reply = self.capabilities();
        self.refuse(now, from, request, reply);
    }

    pub(crate) fn capabilities(&self) -> ResponseOut {
        accepting(ResponseOut::new(200).header("Allow", ALLOW)).header("Supported", SUPPORTED)
    }
}
