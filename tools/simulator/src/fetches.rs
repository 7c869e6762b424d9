//! Which fetch is the latest of its kind: what an older one brought late is nobody's any more.

use std::collections::BTreeMap;

use confab_terms::{AudioId, CallSid, FetchId};

use crate::outcome::Checked;

/// What is fetched for a call besides its own document, each in place of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    Music,
    Announcement,
}

#[derive(Default)]
pub(crate) struct Fetches {
    latest: BTreeMap<(CallSid, Purpose), FetchId>,
    of_fetch: BTreeMap<FetchId, (CallSid, Purpose)>,
    of_audio: BTreeMap<AudioId, FetchId>,
}

impl Fetches {
    pub(crate) fn asked(&mut self, call: Option<CallSid>, url: &str, fetch: FetchId) {
        let named = |name: &str| {
            url.strip_prefix("http://app.example/")
                .is_some_and(|path| path.starts_with(name))
        };
        let purpose = if named("hold") || named("wait") {
            Purpose::Music
        } else if named("announce") {
            Purpose::Announcement
        } else {
            return;
        };
        if let Some(call) = call {
            self.latest.insert((call, purpose), fetch);
            self.of_fetch.insert(fetch, (call, purpose));
        }
    }

    pub(crate) fn brought(&mut self, audio: AudioId, by: FetchId) {
        self.of_audio.insert(audio, by);
    }

    /// The switchboard wants to play it.
    pub(crate) fn decodes(&self, audio: AudioId) -> Checked {
        let fetch = self.of_audio.get(&audio);
        let whose = fetch.and_then(|fetch| self.of_fetch.get(fetch));
        let latest = whose.and_then(|whose| self.latest.get(whose));
        if latest.is_some() && latest != fetch {
            return Err(format!(
                "{whose:?}: {fetch:?} is decoded, and {latest:?} came after it"
            ));
        }
        Ok(())
    }
}
