//! The `Store` trait and the types of its filters, entries and errors. No SQL here.

use core::future::Future;
use core::pin::Pin;
use std::collections::BTreeMap;
use std::time::Duration;

use confab_switchboard::{CallStatus, CallView, ConferenceView, Notice, Severity};
use confab_switchboard::{OpenRows, RecordingOf, RecordingView, RowChange};
use confab_terms::{CallSid, ConferenceSid, KeySid, Now, RecordingSid, WallTime};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Account, ApiKey, KeySecret, StoredRegistration};

/// Entry of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// Ended call.
    Call(CallView),
    /// Ended conference.
    Conference(ConferenceView),
    /// Current state of a recording, live or ended.
    Recording(Box<RecordingView>),
    /// Error or warning.
    Notice(Notice),
}

/// Notice with the id under which the API shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptNotice {
    /// UUID of the notice.
    pub sid: String,
    /// Content of the notice.
    pub notice: Notice,
}

/// Position in a list, which is ordered by time and, within a millisecond, by id. Sids of notices
/// descend, so a list from the newest has the notices of one millisecond in the order in which they
/// were kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Time by which the list is ordered.
    pub at: WallTime,
    /// Id of the entry, in its printed form.
    pub sid: String,
}

/// Direction in which a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Newest entries first.
    NewestFirst,
    /// Oldest entries first.
    OldestFirst,
}

/// Section of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Direction of reading.
    pub order: Order,
    /// Place after which the section begins; `None`: the beginning of the list.
    pub after: Option<Place>,
    /// Maximum number of entries.
    pub count: u32,
}

impl Part {
    /// Returns this part of a list whose items are unordered and may repeat.
    pub fn cut<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        place: impl Fn(&T) -> Place,
    ) -> Vec<T> {
        let mut placed: BTreeMap<Place, T> = BTreeMap::new();
        for item in items {
            placed.entry(place(&item)).or_insert(item);
        }
        let is_after = |place: &Place| match (&self.after, self.order) {
            (None, _) => true,
            (Some(after), Order::NewestFirst) => place < after,
            (Some(after), Order::OldestFirst) => place > after,
        };
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        let kept = placed
            .into_iter()
            .filter(|(place, _)| is_after(place))
            .map(|(_, item)| item);
        match self.order {
            Order::OldestFirst => kept.take(count).collect(),
            Order::NewestFirst => kept.rev().take(count).collect(),
        }
    }
}

/// Half-open range of times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// First time in the range.
    pub from: Option<WallTime>,
    /// First time after the range.
    pub before: Option<WallTime>,
}

impl TimeRange {
    /// Returns whether a time is in the range. An absent time is in a range without bounds only.
    #[must_use]
    pub fn holds_one(&self, at: Option<WallTime>) -> bool {
        match at {
            Some(at) => self.holds(at),
            None => *self == Self::default(),
        }
    }

    /// Returns whether a time is in the range.
    #[must_use]
    pub fn holds(&self, at: WallTime) -> bool {
        self.from.is_none_or(|from| from <= at) && self.before.is_none_or(|before| at < before)
    }
}

/// Filters of a list of ended conferences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConferenceFilter {
    /// Filter: friendly name.
    pub friendly_name: Option<String>,
    /// Filter: time of creation.
    pub created: TimeRange,
    /// Filter: time of the last change.
    pub updated: TimeRange,
}

impl ConferenceFilter {
    /// Returns whether a conference matches all filters.
    #[must_use]
    pub fn wants(&self, conference: &ConferenceView) -> bool {
        let name = &self.friendly_name;
        name.as_ref()
            .is_none_or(|name| *name == conference.friendly_name)
            && self.created.holds(conference.date_created)
            && self.updated.holds(conference.date_updated)
    }

    /// Returns true if the list is ordered by the last change: no other time is filtered.
    #[must_use]
    pub fn is_by_update(&self) -> bool {
        self.updated != TimeRange::default() && self.created == TimeRange::default()
    }

    /// Returns true if one index covers all filters.
    pub(crate) fn has_index(&self) -> bool {
        self.updated == TimeRange::default() || self.created == TimeRange::default()
    }

    /// Returns the place of a conference in the list.
    #[must_use]
    pub fn place(&self, conference: &ConferenceView) -> Place {
        Place {
            at: match self.is_by_update() {
                true => conference.date_updated,
                false => conference.date_created,
            },
            sid: conference.sid.to_string(),
        }
    }
}

/// Time by which a list of calls is ordered: the filtered one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallTime {
    /// Order of a filter without a time.
    Created,
    Started,
    Ended,
}

/// Filters of a list of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Filter: caller.
    pub from: Option<String>,
    /// Filter: called party.
    pub to: Option<String>,
    /// Filter: status.
    pub status: Option<CallStatus>,
    /// Filter: time of the answer.
    pub start_time: TimeRange,
    /// Filter: time of the end.
    pub end_time: TimeRange,
}

impl CallFilter {
    /// Returns whether a call matches all filters.
    #[must_use]
    pub fn wants(&self, call: &CallView) -> bool {
        self.from.as_ref().is_none_or(|from| *from == call.from)
            && self.to.as_ref().is_none_or(|to| *to == call.to)
            && self.status.is_none_or(|status| status == call.status)
            && self.start_time.holds_one(call.start_time)
            && self.end_time.holds_one(call.end_time)
    }

    /// Returns true if one index covers all filters.
    pub(crate) fn has_index(&self) -> bool {
        let none = TimeRange::default();
        let is_equal = [
            self.from.is_some(),
            self.to.is_some(),
            self.status.is_some(),
        ];
        let equal = is_equal.into_iter().filter(|is| *is).count();
        equal <= 1 && (self.start_time == none || self.end_time == none)
    }

    pub(crate) fn ordered_by(&self) -> CallTime {
        let none = TimeRange::default();
        match (self.start_time == none, self.end_time == none) {
            (true, true) => CallTime::Created,
            (true, false) => CallTime::Ended,
            (false, _) => CallTime::Started,
        }
    }

    /// Returns the place of a call in the list, which is ordered by the filtered time.
    #[must_use]
    pub fn place(&self, call: &CallView) -> Place {
        let at = match self.ordered_by() {
            CallTime::Created => Some(call.date_created),
            CallTime::Started => call.start_time,
            CallTime::Ended => call.end_time,
        };
        Place {
            at: at.unwrap_or(call.date_created),
            sid: call.sid.to_string(),
        }
    }
}

/// Filters of a list of recordings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingFilter {
    /// Filter: call.
    pub call: Option<CallSid>,
    /// Filter: conference.
    pub conference: Option<ConferenceSid>,
    /// Filter: time of the start.
    pub created: TimeRange,
}

impl RecordingFilter {
    /// Returns whether a recording matches all filters.
    #[must_use]
    pub fn wants(&self, recording: &RecordingView) -> bool {
        let of = recording.of;
        self.call.is_none_or(|call| of == RecordingOf::Call(call))
            && self
                .conference
                .is_none_or(|sid| of == RecordingOf::Conference(sid))
            && self.created.holds(recording.date_created)
    }
}

/// Filters of a list of notices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeFilter {
    /// Filter: call.
    pub call: Option<CallSid>,
    /// Filter: severity.
    pub severity: Option<Severity>,
    /// Filter: time of the notice.
    pub at: TimeRange,
}

impl NoticeFilter {
    /// Returns whether a notice matches all filters.
    #[must_use]
    pub fn wants(&self, notice: &Notice) -> bool {
        self.call.is_none_or(|call| notice.call == Some(call))
            && self.severity.is_none_or(|one| notice.severity == one)
            && self.at.holds(notice.at)
    }
}

/// Error of the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Read that failed, with the reason.
    #[error("the history cannot be read: {0}")]
    Unreadable(String),
    /// No free connection for a list.
    #[error("too many lists are being read: try again in a second")]
    Busy,
    /// Deadline of a list that has passed, with its length.
    #[error(
        "the list takes longer than {} s with these filters: send fewer filters, or a shorter \
         range of dates",
        .0.as_secs()
    )]
    TooSlow(Duration),
    /// Write that failed, with the reason.
    #[error("the database cannot be written: {0}")]
    Unwritable(String),
    /// API key whose secret was not encrypted with the key file in use.
    #[error("the secret of the API key {0} cannot be decrypted with the key file")]
    NotDecrypted(String),
    /// Stored entry that cannot be decoded, with the reason.
    #[error("an entry of the history is damaged: {0}")]
    Damaged(String),
}

/// Future result of an operation of the store.
pub type Stored<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Storage of the history of one account.
pub trait Store: Send + Sync + 'static {
    /// Returns the account.
    fn account(&self) -> &Account;
    /// Keeps an entry. Never blocks; an entry that finds the queue full is counted as lost.
    fn keep(&self, entry: Entry);
    /// Keeps a change of the row of a live call or conference. Never blocks.
    fn keep_row(&self, at: Now, change: RowChange);
    /// Reads the rows that the previous process left: calls and conferences that were live when it
    /// was killed.
    fn open_rows(&self) -> Stored<'_, OpenRows>;
    /// Keeps the contacts of a registered user. Never blocks; a change that finds the queue full is
    /// counted as lost.
    fn keep_registration(&self, stored: StoredRegistration);
    /// Reads the registrations that have not expired.
    fn registrations(&self) -> Stored<'_, Vec<StoredRegistration>>;
    /// Returns the number of entries and registrations that were lost because the queue was full.
    fn lost(&self) -> u64;
    /// Returns true during an outage of the disk.
    fn is_degraded(&self) -> bool;
    /// Returns the number of entries that are not on the disk yet.
    fn waiting(&self) -> usize;
    /// Returns an ended conference.
    fn conference(&self, sid: ConferenceSid) -> Stored<'_, Option<ConferenceView>>;
    /// Returns an ended call.
    fn call(&self, sid: CallSid) -> Stored<'_, Option<CallView>>;
    /// Returns ended calls in the order of `CallFilter::place`.
    fn calls(&self, filter: CallFilter, part: Part) -> Stored<'_, Vec<CallView>>;
    /// Returns ended conferences in the order of `ConferenceFilter::place`.
    fn conferences(&self, filter: ConferenceFilter, part: Part) -> Stored<'_, Vec<ConferenceView>>;
    /// Returns a recording, live or ended.
    fn recording(&self, sid: RecordingSid) -> Stored<'_, Option<RecordingView>>;
    /// Returns recordings, live ones included.
    fn recordings(&self, filter: RecordingFilter, part: Part) -> Stored<'_, Vec<RecordingView>>;
    /// Returns the recordings that were live when the server ended.
    fn unfinished_recordings(&self) -> Stored<'_, Vec<RecordingView>>;
    /// Deletes the row of a recording; returns true if the row existed. The file of the recording
    /// stays.
    fn forget_recording(&self, sid: RecordingSid) -> Stored<'_, bool>;
    /// Returns a notice by sid.
    fn notice(&self, sid: &str) -> Stored<'_, Option<KeptNotice>>;
    /// Returns notices. The newest `limits::NOTICES_MAX` are stored.
    fn notices(&self, filter: NoticeFilter, part: Part) -> Stored<'_, Vec<KeptNotice>>;
    /// Returns a part of the list of API keys.
    fn api_keys(&self, part: Part) -> Vec<ApiKey>;
    /// Returns an API key by sid.
    fn api_key(&self, sid: KeySid) -> Option<ApiKey>;
    /// Decrypts the secret of an API key. An unknown key takes as long as a known one.
    fn key_secret(&self, sid: KeySid) -> Result<Option<KeySecret>, StoreError>;
    /// Creates an API key; returns `None` if the account already has `limits::API_KEYS_MAX`.
    fn create_key(&self, friendly_name: String) -> Stored<'_, Option<(ApiKey, KeySecret)>>;
    /// Changes the name of an API key; returns `None` if the key does not exist.
    fn rename_key(&self, sid: KeySid, friendly_name: String) -> Stored<'_, Option<ApiKey>>;
    /// Deletes an API key, which then no longer authenticates; returns true if the key existed.
    fn delete_key(&self, sid: KeySid) -> Stored<'_, bool>;
    /// Waits until everything kept so far is on the disk.
    fn flush(&self) -> Stored<'_, ()>;
}
