//! INFO (RFC 6086) within a dialog: digits as `application/dtmf-relay` and `application/dtmf`,
//! which no RFC describes but many phones send.

use confab_terms::{Digit, Instant};

use crate::hop::Source;
use crate::message::{Reply, Request};
use crate::phase::Phase;
use crate::{DialogId, Event, UserAgent};

const RELAY: &str = "application/dtmf-relay";
const PLAIN: &str = "application/dtmf";

impl UserAgent {
    pub(crate) fn take_info(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        id: DialogId,
    ) {
        let kind = request.content_type().unwrap_or_default();
        let digit = match kind.as_str() {
            RELAY => relayed(&request.body),
            PLAIN => key(&request.body),
            _ => None,
        };
        let reply = match (kind.as_str(), digit) {
            (RELAY | PLAIN, None) => Reply::new(400).reason("Bad Digit"),
            (RELAY | PLAIN, Some(_)) => Reply::new(200),
            // An empty INFO only asks whether the dialog is there.
            _ if request.body.is_empty() => Reply::new(200),
            _ => Reply::new(415).header("Accept", format!("{RELAY}, {PLAIN}")),
        };
        let server = self.begin_server(request, from, id);
        self.respond(now, server, &reply);
        let up = self.dialogs.get(&id).map(|known| known.phase) == Some(Phase::Up);
        if let Some(digit) = digit.filter(|_| up) {
            self.tell(Event::Pressed { dialog: id, digit });
        }
    }
}

/// `Signal=5`, `Duration=160`, a line each.
fn relayed(body: &[u8]) -> Option<Digit> {
    let text = core::str::from_utf8(body).ok()?;
    let signal = text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        let is_it = name.trim().eq_ignore_ascii_case("Signal");
        is_it.then_some(value)
    })?;
    key(signal.as_bytes())
}

/// One key; by its event number (RFC 4733 §3.2) from 10 on, as some send `*` and `#`.
fn key(text: &[u8]) -> Option<Digit> {
    match text.trim_ascii() {
        b"10" => Some(Digit('*')),
        b"11" => Some(Digit('#')),
        [key] if key.is_ascii_digit() || b"*#ABCDabcd".contains(key) => {
            Some(Digit(char::from(key.to_ascii_uppercase())))
        }
        _ => None,
    }
}
