//! A store and dead letters in memory.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use confab_rest::{Resend, Resent};
use confab_store::{
    Account, ApiKey, CallFilter, ConferenceFilter, DeadLetter, Entry, KeptNotice, KeySecret,
    NoticeFilter, Part, Place, RecordingFilter, Store, StoreError, Stored, StoredRegistration,
};
use confab_switchboard::{CallView, ConferenceView, OpenRows, RecordingView, RowChange};
use confab_terms::{CallSid, ConferenceSid, KeySid, Now, RecordingSid, WallTime};

/// API key whose secret the store cannot decrypt.
pub const UNREADABLE_KEY: &str = "SKffffffffffff4fffbfffffffffffffff";
/// Caller whose calls are not listed: no connection of the store is free.
pub const BUSY: &str = "sip:busy@b";
/// Caller whose calls are not listed: the deadline of the store passes.
pub const SLOW: &str = "sip:slow@b";

pub struct Memory {
    pub account: Account,
    pub conferences: Vec<ConferenceView>,
    pub calls: Vec<CallView>,
    pub notices: Mutex<Vec<KeptNotice>>,
    pub recordings: Mutex<Vec<RecordingView>>,
    pub keys: Mutex<Vec<(ApiKey, KeySecret)>>,
    pub is_degraded: AtomicBool,
}

impl Store for Memory {
    fn account(&self) -> &Account {
        &self.account
    }
    /// Keeps notices only, numbered in their order.
    fn keep(&self, entry: Entry) {
        if let Entry::Notice(notice) = entry {
            let mut notices = self.notices.lock().unwrap();
            let sid = CallSid::from_random(notices.len() as u128).to_string();
            notices.push(KeptNotice { sid, notice });
        }
    }
    fn keep_row(&self, _at: Now, _change: RowChange) {}
    fn open_rows(&self) -> Stored<'_, OpenRows> {
        Box::pin(async { Ok(OpenRows::default()) })
    }
    fn keep_registration(&self, _stored: StoredRegistration) {}
    fn registrations(&self) -> Stored<'_, Vec<StoredRegistration>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn lost(&self) -> u64 {
        0
    }
    fn is_degraded(&self) -> bool {
        self.is_degraded.load(Ordering::Relaxed)
    }
    fn waiting(&self) -> usize {
        0
    }
    fn conference(&self, sid: ConferenceSid) -> Stored<'_, Option<ConferenceView>> {
        let found = self.conferences.iter().find(|view| view.sid == sid);
        Box::pin(async move { Ok(found.cloned()) })
    }
    fn call(&self, sid: CallSid) -> Stored<'_, Option<CallView>> {
        let found = self.calls.iter().find(|view| view.sid == sid);
        Box::pin(async move { Ok(found.cloned()) })
    }
    /// Returns an error for calls from `BUSY` and `SLOW`.
    fn calls(&self, filter: CallFilter, part: Part) -> Stored<'_, Vec<CallView>> {
        let refused = match filter.from.as_deref() {
            Some(BUSY) => Some(StoreError::Busy),
            Some(SLOW) => Some(StoreError::TooSlow(Duration::from_secs(2))),
            _ => None,
        };
        let wanted = |view: &&CallView| filter.wants(view);
        let found = self.calls.iter().filter(wanted).cloned();
        let found = part.cut(found, |view| filter.place(view));
        Box::pin(async move { refused.map_or(Ok(found), Err) })
    }
    fn conferences(&self, filter: ConferenceFilter, part: Part) -> Stored<'_, Vec<ConferenceView>> {
        let found = self
            .conferences
            .iter()
            .filter(|view| filter.wants(view))
            .cloned();
        let found = part.cut(found, |view| filter.place(view));
        Box::pin(async move { Ok(found) })
    }
    fn recording(&self, sid: RecordingSid) -> Stored<'_, Option<RecordingView>> {
        let kept = self.recordings.lock().unwrap();
        let found = kept.iter().find(|view| view.sid == sid).cloned();
        Box::pin(async move { Ok(found) })
    }
    fn recordings(&self, filter: RecordingFilter, part: Part) -> Stored<'_, Vec<RecordingView>> {
        let kept = self.recordings.lock().unwrap().clone();
        let found = kept.into_iter().filter(move |view| filter.wants(view));
        let found = part.cut(found, |view| Place {
            at: view.date_created,
            sid: view.sid.to_string(),
        });
        Box::pin(async move { Ok(found) })
    }
    fn unfinished_recordings(&self) -> Stored<'_, Vec<RecordingView>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn forget_recording(&self, sid: RecordingSid) -> Stored<'_, bool> {
        let mut kept = self.recordings.lock().unwrap();
        let before = kept.len();
        kept.retain(|view| view.sid != sid);
        let was_there = kept.len() < before;
        Box::pin(async move { Ok(was_there) })
    }
    fn notice(&self, sid: &str) -> Stored<'_, Option<KeptNotice>> {
        let notices = self.notices.lock().unwrap();
        let found = notices.iter().find(|kept| kept.sid == sid).cloned();
        Box::pin(async move { Ok(found) })
    }
    fn notices(&self, filter: NoticeFilter, part: Part) -> Stored<'_, Vec<KeptNotice>> {
        let notices = self.notices.lock().unwrap().clone();
        let found = notices
            .into_iter()
            .filter(move |kept| filter.wants(&kept.notice));
        let found = part.cut(found, |kept| Place {
            at: kept.notice.at,
            sid: kept.sid.clone(),
        });
        Box::pin(async move { Ok(found) })
    }
    fn api_keys(&self, part: Part) -> Vec<ApiKey> {
        let keys = self.keys.lock().unwrap();
        let keys = keys.iter().map(|(key, _)| key.clone());
        part.cut(keys, |key| Place {
            at: key.date_created,
            sid: key.sid.to_string(),
        })
    }
    fn api_key(&self, sid: KeySid) -> Option<ApiKey> {
        let keys = self.keys.lock().unwrap();
        let mut keys = keys.iter();
        Some(keys.find(|(key, _)| key.sid == sid)?.0.clone())
    }
    fn key_secret(&self, sid: KeySid) -> Result<Option<KeySecret>, StoreError> {
        if sid == UNREADABLE_KEY.parse().unwrap() {
            return Err(StoreError::NotDecrypted(UNREADABLE_KEY.to_owned()));
        }
        let keys = self.keys.lock().unwrap();
        let found = keys.iter().find(|(key, _)| key.sid == sid);
        Ok(found.map(|(_, secret)| secret.clone()))
    }
    /// Creates at most two keys.
    fn create_key(&self, friendly_name: String) -> Stored<'_, Option<(ApiKey, KeySecret)>> {
        let mut keys = self.keys.lock().unwrap();
        let made = (keys.len() < 2).then(|| {
            let number = keys.len() as u128 + 1;
            let key = ApiKey {
                sid: KeySid::from_random(number),
                friendly_name,
                date_created: WallTime(1_794_918_896_000),
                date_updated: WallTime(1_794_918_896_000),
            };
            let made = (key, KeySecret(format!("secret{number}:x")));
            keys.push(made.clone());
            made
        });
        Box::pin(async move { Ok(made) })
    }
    fn rename_key(&self, sid: KeySid, friendly_name: String) -> Stored<'_, Option<ApiKey>> {
        let mut keys = self.keys.lock().unwrap();
        let found = keys.iter_mut().find(|(key, _)| key.sid == sid);
        let renamed = found.map(|(key, _)| {
            key.friendly_name = friendly_name;
            key.clone()
        });
        Box::pin(async move { Ok(renamed) })
    }
    fn delete_key(&self, sid: KeySid) -> Stored<'_, bool> {
        let mut keys = self.keys.lock().unwrap();
        let before = keys.len();
        keys.retain(|(key, _)| key.sid != sid);
        let was_there = keys.len() < before;
        Box::pin(async move { Ok(was_there) })
    }
    fn flush(&self) -> Stored<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// Dead letters in memory.
#[derive(Default)]
pub struct Dead {
    pub letters: Mutex<Vec<DeadLetter>>,
    pub is_full: AtomicBool,
}

impl Resend for Dead {
    fn dead_letter(&self, sid: &str) -> Stored<'_, Option<DeadLetter>> {
        let letters = self.letters.lock().unwrap();
        let found = letters.iter().find(|dead| dead.sid() == sid).cloned();
        Box::pin(async move { Ok(found) })
    }
    fn dead_letters(&self, part: Part) -> Stored<'_, Vec<DeadLetter>> {
        let letters = self.letters.lock().unwrap().clone();
        let found = part.cut(letters, DeadLetter::place);
        Box::pin(async move { Ok(found) })
    }
    fn resend(&self, sid: &str) -> Stored<'_, Resent> {
        let mut letters = self.letters.lock().unwrap();
        let at = letters.iter().position(|dead| dead.sid() == sid);
        let resent = match (at, self.is_full.load(Ordering::Relaxed)) {
            (None, _) => Resent::Unknown,
            (Some(_), true) => Resent::Full,
            (Some(at), false) => Resent::Queued(letters.remove(at)),
        };
        Box::pin(async move { Ok(resent) })
    }
}
