//! INFO (RFC 6086) within a dialog. Digits in `application/dtmf-relay`, `application/dtmf` and
//! `audio/telephone-event`; no RFC specifies these for INFO, but many phones send them.

use confab_terms::{Digit, Instant};

use super::UserAgent;
use super::output::Event;
use crate::dialog::DialogState;
use crate::ids::DialogId;
use crate::message::{Request, ResponseOut};
use crate::transport::Source;

const RELAY: &str = "application/dtmf-relay";
const PLAIN: &str = "application/dtmf";
const EVENT: &str = "audio/telephone-event";

impl UserAgent {
    pub(crate) fn handle_info(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        id: DialogId,
    ) {
        let kind = request.content_type().unwrap_or_default();
        let signal = match kind.as_str() {
            RELAY => Signal::of(relayed(&request.body)),
            PLAIN => Signal::of(key(&request.body)),
            EVENT => self.event(&request.body, id),
            _ => Signal::None,
        };
        let reply = match (kind.as_str(), &signal) {
            (RELAY | PLAIN | EVENT, Signal::None) => ResponseOut::new(400).reason("Bad Digit"),
            (RELAY | PLAIN | EVENT, _) => ResponseOut::new(200),
            // An empty INFO checks the existence of the dialog.
            _ if request.body.is_empty() => ResponseOut::new(200),
            _ => ResponseOut::new(415).header("Accept", format!("{RELAY}, {PLAIN}, {EVENT}")),
        };
        let server = self.begin_server(request, from, id);
        self.respond(now, server, &reply);
        let up = self.dialogs.get(&id).map(|known| known.state) == Some(DialogState::Established);
        if let (Signal::Digit(digit), true) = (signal, up) {
            self.emit(Event::Pressed { dialog: id, digit });
        }
    }

    /// Reads `audio/telephone-event`: the four bytes of RFC 4733 §2.3, or text as in the other
    /// types. Four bytes with the same event and a longer duration or the end bit continue the
    /// previous digit.
    fn event(&mut self, body: &[u8], id: DialogId) -> Signal {
        let [event @ 0..=15, flags, high, low] = *body else {
            let text = relayed(body).or_else(|| named(body, "d"));
            return Signal::of(text.or_else(|| key(body)));
        };
        let is_end = flags & 0x80 != 0;
        let duration = u16::from_be_bytes([high, low]);
        let Some(known) = self.dialogs.get_mut(&id) else {
            return Signal::None;
        };
        let before = known.info_digit.take();
        known.info_digit = Some((event, duration)).filter(|_| !is_end);
        let goes_on =
            before.is_some_and(|(last, so_far)| last == event && (is_end || duration > so_far));
        match (goes_on, b"0123456789*#ABCD".get(usize::from(event))) {
            (true, _) => Signal::GoesOn,
            (false, digit) => Signal::of(digit.map(|digit| Digit(char::from(*digit)))),
        }
    }
}

/// Content of an INFO body.
enum Signal {
    Digit(Digit),
    /// Continuation of the previous digit.
    GoesOn,
    None,
}

impl Signal {
    fn of(digit: Option<Digit>) -> Self {
        digit.map_or(Self::None, Self::Digit)
    }
}

/// Reads `application/dtmf-relay`: lines `Signal=5` and `Duration=160`.
fn relayed(body: &[u8]) -> Option<Digit> {
    named(body, "Signal")
}

/// Returns the digit in the first line `wanted=…`.
fn named(body: &[u8], wanted: &str) -> Option<Digit> {
    let text = core::str::from_utf8(body).ok()?;
    let signal = text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        let is_it = name.trim().eq_ignore_ascii_case(wanted);
        is_it.then_some(value)
    })?;
    key(signal.as_bytes())
}

/// Reads one digit. 10 and 11 are accepted as event codes (RFC 4733 §3.2) of `*` and `#`.
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
