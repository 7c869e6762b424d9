//! What can be kept and asked: the `Store` trait and its words. No SQL here.

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

/// Something to keep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// A call is over.
    Call(CallView),
    /// A conference is over.
    Conference(ConferenceView),
    /// A recording as it is now; live ones too.
    Recording(Box<RecordingView>),
    /// Something went wrong.
    Notice(Notice),
}

/// A notice with the id under which the API shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptNotice {
    /// A UUID.
    pub sid: String,
    /// What was noticed.
    pub notice: Notice,
}

/// A place in a list that is ordered by time and, within a millisecond, by id. The ids of notices
/// make that the order in which they were kept, for a list from the newest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The time by which the list is ordered.
    pub at: WallTime,
    /// Its id, as it is printed.
    pub sid: String,
}

/// Which way a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From the newest.
    NewestFirst,
    /// From the oldest.
    OldestFirst,
}

/// How much of a list is wanted, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which way.
    pub order: Order,
    /// Only what comes after this place in that order.
    pub after: Option<Place>,
    /// At most so many.
    pub count: u32,
}

impl Part {
    /// This part of a list whose items come in any order and perhaps twice.
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

/// From `from` on, before `before`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// The first moment.
    pub from: Option<WallTime>,
    /// The first moment after it.
    pub before: Option<WallTime>,
}

impl TimeRange {
    /// Whether there is a moment, and it is in it; a range without bounds wants none.
    #[must_use]
    pub fn holds_one(&self, at: Option<WallTime>) -> bool {
        match at {
            Some(at) => self.holds(at),
            None => *self == Self::default(),
        }
    }

    /// Whether a moment is in it.
    #[must_use]
    pub fn holds(&self, at: WallTime) -> bool {
        self.from.is_none_or(|from| from <= at) && self.before.is_none_or(|before| at < before)
    }
}

/// Which ended conferences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConferenceFilter {
    /// Only of this name.
    pub friendly_name: Option<String>,
    /// Only made within.
    pub created: TimeRange,
    /// Only changed last within.
    pub updated: TimeRange,
}

impl ConferenceFilter {
    /// Whether a conference is wanted.
    #[must_use]
    pub fn wants(&self, conference: &ConferenceView) -> bool {
        let name = &self.friendly_name;
        name.as_ref()
            .is_none_or(|name| *name == conference.friendly_name)
            && self.created.holds(conference.date_created)
            && self.updated.holds(conference.date_updated)
    }

    /// True if the list is ordered by the last change: the filter names that time alone.
    #[must_use]
    pub fn is_by_update(&self) -> bool {
        self.updated != TimeRange::default() && self.created == TimeRange::default()
    }

    /// True if one index has all filters.
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

/// The time by which a list of calls is ordered: the one that the filter names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallTime {
    /// The filter names no time.
    Created,
    Started,
    Ended,
}

/// Which calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Only from there.
    pub from: Option<String>,
    /// Only to there.
    pub to: Option<String>,
    /// Only these.
    pub status: Option<CallStatus>,
    /// Only answered within.
    pub start_time: TimeRange,
    /// Only ended within.
    pub end_time: TimeRange,
}

impl CallFilter {
    /// Whether a call is wanted.
    #[must_use]
    pub fn wants(&self, call: &CallView) -> bool {
        self.from.as_ref().is_none_or(|from| *from == call.from)
            && self.to.as_ref().is_none_or(|to| *to == call.to)
            && self.status.is_none_or(|status| status == call.status)
            && self.start_time.holds_one(call.start_time)
            && self.end_time.holds_one(call.end_time)
    }

    /// True if one index has all filters.
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

    /// Returns the place of a call in the list, which is ordered by the time that the filter names.
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

/// Which recordings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingFilter {
    /// Only of this call.
    pub call: Option<CallSid>,
    /// Only of this conference.
    pub conference: Option<ConferenceSid>,
    /// Only begun within.
    pub created: TimeRange,
}

impl RecordingFilter {
    /// Whether a recording is wanted.
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

/// Which notices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeFilter {
    /// Only of this call.
    pub call: Option<CallSid>,
    /// Only as bad as this.
    pub severity: Option<Severity>,
    /// Only noticed within.
    pub at: TimeRange,
}

impl NoticeFilter {
    /// Whether a notice is wanted.
    #[must_use]
    pub fn wants(&self, notice: &Notice) -> bool {
        self.call.is_none_or(|call| notice.call == Some(call))
            && self.severity.is_none_or(|one| notice.severity == one)
            && self.at.holds(notice.at)
    }
}

/// Why the history cannot be read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database says no.
    #[error("the history cannot be read: {0}")]
    Unreadable(String),
    /// No connection for a list is free.
    #[error("too many lists are being read: try again in a second")]
    Busy,
    /// The deadline of a list has passed.
    #[error(
        "the list takes longer than {} s with these filters: send fewer filters, or a shorter \
         range of dates",
        .0.as_secs()
    )]
    TooSlow(Duration),
    /// The database refused a change.
    #[error("the database cannot be written: {0}")]
    Unwritable(String),
    /// The secret of an API key was not encrypted with the key file in use.
    #[error("the secret of the API key {0} cannot be decrypted with the key file")]
    NotDecrypted(String),
    /// What is kept is not what we wrote.
    #[error("an entry of the history is damaged: {0}")]
    Damaged(String),
}

/// An answer that takes a while.
pub type Stored<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The history of one account.
pub trait Store: Send + Sync + 'static {
    /// The account.
    fn account(&self) -> &Account;
    /// Keeps an entry. Never waits; what a full queue cannot take is counted as lost.
    fn keep(&self, entry: Entry);
    /// Keeps a change of the row of a live call or conference. Never waits.
    fn keep_row(&self, at: Now, change: RowChange);
    /// Reads the rows that the process before has left: of calls and conferences that a kill ended.
    fn open_rows(&self) -> Stored<'_, OpenRows>;
    /// Keeps the contacts of a registered user. Never waits; what a full queue cannot take is
    /// counted as lost.
    fn keep_registration(&self, stored: StoredRegistration);
    /// Reads the registrations that have not expired.
    fn registrations(&self) -> Stored<'_, Vec<StoredRegistration>>;
    /// Entries that were lost because the queue was full or the disk refused them.
    fn lost(&self) -> u64;
    /// True while the disk refuses the history.
    fn is_degraded(&self) -> bool;
    /// Entries that are not on the disk yet.
    fn waiting(&self) -> usize;
    /// An ended conference.
    fn conference(&self, sid: ConferenceSid) -> Stored<'_, Option<ConferenceView>>;
    /// An ended call.
    fn call(&self, sid: CallSid) -> Stored<'_, Option<CallView>>;
    /// Ended calls, ordered as `CallFilter::place` says.
    fn calls(&self, filter: CallFilter, part: Part) -> Stored<'_, Vec<CallView>>;
    /// Ended conferences, ordered as `ConferenceFilter::place` says.
    fn conferences(&self, filter: ConferenceFilter, part: Part) -> Stored<'_, Vec<ConferenceView>>;
    /// A recording, live or not.
    fn recording(&self, sid: RecordingSid) -> Stored<'_, Option<RecordingView>>;
    /// Recordings, live ones too.
    fn recordings(&self, filter: RecordingFilter, part: Part) -> Stored<'_, Vec<RecordingView>>;
    /// Those that were not whole when the server ended.
    fn unfinished_recordings(&self) -> Stored<'_, Vec<RecordingView>>;
    /// Forgets one; whether it was there. Its file is not the store's.
    fn forget_recording(&self, sid: RecordingSid) -> Stored<'_, bool>;
    /// One thing that went wrong.
    fn notice(&self, sid: &str) -> Stored<'_, Option<KeptNotice>>;
    /// What went wrong. The newest `limits::NOTICES_MAX` are kept.
    fn notices(&self, filter: NoticeFilter, part: Part) -> Stored<'_, Vec<KeptNotice>>;
    /// Returns API keys.
    fn api_keys(&self, part: Part) -> Vec<ApiKey>;
    /// Returns an API key.
    fn api_key(&self, sid: KeySid) -> Option<ApiKey>;
    /// Decrypts the secret of an API key; an unknown key takes as long.
    fn key_secret(&self, sid: KeySid) -> Result<Option<KeySecret>, StoreError>;
    /// Makes an API key; `None` if the account has `limits::API_KEYS_MAX` already.
    fn create_key(&self, friendly_name: String) -> Stored<'_, Option<(ApiKey, KeySecret)>>;
    /// Changes the name of an API key; `None` if there is no such key.
    fn rename_key(&self, sid: KeySid, friendly_name: String) -> Stored<'_, Option<ApiKey>>;
    /// Deletes an API key, which signs in no more; returns true if it was there.
    fn delete_key(&self, sid: KeySid) -> Stored<'_, bool>;
    /// Waits until everything that was kept so far is on the disk (or lost).
    fn flush(&self) -> Stored<'_, ()>;
}
