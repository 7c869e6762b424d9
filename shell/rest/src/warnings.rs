//! Parameters and words of a request that have no effect: the request continues without them, and a
//! Notification names them.

use confab_store::Entry;
use confab_switchboard::{Notice, RecordingOf, Severity};
use confab_terms::Method;

use crate::Api;
use crate::fields::shown;
use crate::form::Fields;
use crate::refused::now;

/// Vendor's code: invalid StatusCallbackEvent.
const UNKNOWN_EVENT: u32 = 21_626;
/// Vendor's code: invalid parameter.
const WITHOUT_EFFECT: u32 = 10_000;
/// Maximum number of unknown words that a Notification names.
const NAMED_MAX: usize = 10;

/// Warnings of one request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Warnings(Vec<(u32, String)>);

impl Warnings {
    /// Parses the event words of a field, each in a field of its own or separated by blanks or
    /// commas. Unknown words are ignored with a warning.
    pub(crate) fn events<T: Copy>(
        &mut self,
        fields: &Fields,
        name: &'static str,
        known: &[(&str, T)],
    ) -> Vec<T> {
        let texts = fields.texts(name).iter();
        let words = texts.flat_map(|text| text.split([' ', ',']));
        let (mut events, mut unknown) = (Vec::new(), Vec::new());
        for word in words.filter(|word| !word.is_empty()) {
            match known.iter().find(|(one, _)| one.eq_ignore_ascii_case(word)) {
                Some((_, event)) => events.push(*event),
                None => unknown.push(shown(word)),
            }
        }
        if !unknown.is_empty() {
            let expected: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            unknown.truncate(NAMED_MAX);
            let message = format!(
                "unknown {name} ignored: {}; expected words out of {}",
                unknown.join(", "),
                expected.join(", ")
            );
            self.0.push((UNKNOWN_EVENT, message));
        }
        events
    }

    /// Adds a warning about sent parameters that have no effect.
    pub(crate) fn without_effect(&mut self, fields: &Fields, names: &[&str]) {
        let sent = names.iter().filter(|name| fields.filled(name).is_some());
        let sent: Vec<&str> = sent.copied().collect();
        if !sent.is_empty() {
            let message = format!("parameters without effect: {}", sent.join(", "));
            self.0.push((WITHOUT_EFFECT, message));
        }
    }

    /// Stores a Notification for each warning. `path`: path of the request; `of`: its call or
    /// conference.
    pub(crate) fn keep(self, api: &Api, path: &str, of: RecordingOf) {
        let (call, conference) = match of {
            RecordingOf::Call(call) => (Some(call), None),
            RecordingOf::Conference(conference) => (None, Some(conference)),
        };
        for (code, message) in self.0 {
            api.store.keep(Entry::Notice(Notice {
                code,
                severity: Severity::Warning,
                message,
                at: now(),
                call,
                conference,
                url: Some(path.to_owned()),
                method: Some(Method::Post),
                exchange: None,
            }));
        }
    }
}
