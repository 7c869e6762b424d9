//! Counters for metrics, and table sizes for leak tests.

use serde::{Deserialize, Serialize};

/// Counters since the start, and present numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Present number of live calls, ringing ones included.
    pub calls: u64,
    /// Present number of live conferences.
    pub conferences: u64,
    /// Present number of SIP flows kept open through NAT.
    pub kept_flows: u64,
    /// Number of calls since the start.
    pub calls_total: u64,
    /// Number of conferences since the start.
    pub conferences_total: u64,
    /// Number of new calls rejected because of the limit of calls, a drain, or an overloaded media
    /// thread.
    pub calls_refused: u64,
    /// Number of legs moved to the media thread of their room.
    pub legs_moved: u64,
    /// Number of updates refused because too many changes to the media thread were unapplied.
    pub updates_busy: u64,
    /// Number of updates and audibility requests without a report of the room in time.
    pub updates_not_confirmed: u64,
    /// Number of disagreements between rules and room; each is an internal error.
    pub disagreements: u64,
    /// Number of responses without a pending request.
    pub stale_answers: u64,
    /// Number of events sent to applications.
    pub callbacks: u64,
    /// Number of notices.
    pub notices: u64,
    /// Number of failed SIP authentications.
    pub failed_logins: u64,
    /// Number of SIP requests and connections refused by limits.
    pub refused_by_limits: u64,
}

/// Present table sizes; all zero once every call has ended and its SIP transactions have
/// terminated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Calls.
    pub calls: usize,
    /// Conferences.
    pub conferences: usize,
    /// Timers of the switchboard, without SIP.
    pub timers: usize,
    /// Calls with pending lookups of SDP host names.
    pub lookups: usize,
    /// Pending fetches.
    pub fetches: usize,
    /// Pending decodings.
    pub decodes: usize,
    /// Sounds in use.
    pub holds: usize,
    /// Announcements to whole conferences.
    pub announcements: usize,
    /// Ended calls and conferences that wait for figures of a leg or a file of a recording.
    pub partings: usize,
    /// Recordings whose file is not complete.
    pub recordings: usize,
    /// Legs on all media threads, as counted by the switchboard.
    pub legs: usize,
    /// SIP transactions.
    pub transactions: usize,
    /// SIP dialogs.
    pub dialogs: usize,
    /// SIP timers.
    pub sip_timers: usize,
}
