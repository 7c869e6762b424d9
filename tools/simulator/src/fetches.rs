//! Model of the fetches: the latest of each purpose, so that late answers of older ones have no
//! effect. Also the fetch and the purpose of each sound.

use std::collections::{BTreeMap, BTreeSet};

use confab_switchboard::{Fetch, FetchKind};
use confab_terms::{AudioId, CallSid, DecodeId, FetchId, SoundId};

use crate::outcome::Checked;

/// Purpose of a fetch for a call; a new fetch replaces the former one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    Document,
    Hold,
    Wait,
    Announcement,
}

#[derive(Default)]
pub(crate) struct Fetches {
    latest: BTreeMap<(CallSid, Purpose), FetchId>,
    of_fetch: BTreeMap<FetchId, (CallSid, Purpose)>,
    call_of: BTreeMap<FetchId, CallSid>,
    answered: BTreeSet<FetchId>,
    of_audio: BTreeMap<AudioId, FetchId>,
    of_decode: BTreeMap<DecodeId, FetchId>,
    of_sound: BTreeMap<SoundId, FetchId>,
}

impl Fetches {
    pub(crate) fn asked(&mut self, call: Option<CallSid>, fetch: &Fetch) {
        if let Some(call) = call {
            self.call_of.insert(fetch.fetch, call);
        }
        // Audio in a document has the purpose of the document's fetch.
        let named = fetch.url.rsplit_once('-').map(|(_, rest)| rest);
        let named = named.and_then(|rest| rest.strip_suffix(".wav")?.parse().ok());
        if let Some(whose) = named.and_then(|named| self.of_fetch.get(&FetchId(named))) {
            self.of_fetch.insert(fetch.fetch, *whose);
            return;
        }
        let Some((call, purpose)) = call.zip(purpose_of(fetch)) else {
            return;
        };
        self.latest.insert((call, purpose), fetch.fetch);
        self.of_fetch.insert(fetch.fetch, (call, purpose));
    }

    /// Returns the call of a fetch.
    pub(crate) fn call(&self, fetch: FetchId) -> Option<CallSid> {
        self.call_of.get(&fetch).copied()
    }

    /// Records an answer; returns true for a stale one: a duplicate, a replaced fetch, or an ended
    /// call. A stale answer must have no effect.
    pub(crate) fn is_stale(&mut self, fetch: FetchId, ended: impl Fn(CallSid) -> bool) -> bool {
        if !self.answered.insert(fetch) {
            return true;
        }
        if self.call_of.get(&fetch).is_some_and(|call| ended(*call)) {
            return true;
        }
        let Some(whose) = self.of_fetch.get(&fetch) else {
            return false;
        };
        whose.1 == Purpose::Document && self.latest.get(whose) != Some(&fetch)
    }

    /// Records that a call got another document or ended: the answer of its pending fetch is stale.
    pub(crate) fn sent_on(&mut self, call: CallSid) {
        self.latest.remove(&(call, Purpose::Document));
    }

    pub(crate) fn brought(&mut self, audio: AudioId, by: FetchId) {
        self.of_audio.insert(audio, by);
    }

    /// Checks that decoded audio was fetched, and that no later fetch replaces it.
    pub(crate) fn decodes(&mut self, decode: DecodeId, audio: AudioId) -> Checked {
        let Some(fetch) = self.of_audio.get(&audio).copied() else {
            return Err(format!("{audio} is decoded, and nobody has brought it"));
        };
        self.of_decode.insert(decode, fetch);
        let Some(whose) = self.of_fetch.get(&fetch) else {
            return Ok(());
        };
        // The fetch of the audio follows the fetch of its document.
        let latest = self.latest.get(whose);
        if latest.is_some_and(|latest| *latest > fetch) {
            return Err(format!(
                "{whose:?}: {fetch:?} is decoded, and {latest:?} came after it"
            ));
        }
        Ok(())
    }

    pub(crate) fn decoded(&mut self, decode: DecodeId, sound: SoundId) {
        if let Some(fetch) = self.of_decode.get(&decode) {
            self.of_sound.insert(sound, *fetch);
        }
    }

    /// Returns the call and the purpose of a sound, and true if no later fetch replaces it. `None`
    /// for an unknown sound, as of speech.
    pub(crate) fn whose(&self, sound: SoundId) -> Option<(CallSid, Purpose, bool)> {
        let fetch = self.of_sound.get(&sound)?;
        let whose = self.of_fetch.get(fetch)?;
        let latest = self.latest.get(whose);
        let (call, purpose) = *whose;
        Some((call, purpose, latest.is_none_or(|latest| latest <= fetch)))
    }
}

fn purpose_of(fetch: &Fetch) -> Option<Purpose> {
    if fetch.kind == FetchKind::Document {
        return Some(Purpose::Document);
    }
    let path = fetch.url.strip_prefix("http://app.example/")?;
    let begins = [
        ("hold", Purpose::Hold),
        ("wait", Purpose::Wait),
        ("announce", Purpose::Announcement),
    ];
    let mut begins = begins.iter();
    begins.find_map(|(word, purpose)| path.starts_with(word).then_some(*purpose))
}
