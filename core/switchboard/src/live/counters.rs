//! Plain numbers about the switchboard: for metrics, and for tests that nothing is left over.

use serde::{Deserialize, Serialize};

/// What has happened so far, and what is there now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Calls that are up or ring now.
    pub calls: u64,
    /// Conferences that are live now.
    pub conferences: u64,
    /// SIP flows behind NAT that are kept open now.
    pub kept_flows: u64,
    /// Calls since the start.
    pub calls_total: u64,
    /// Conferences since the start.
    pub conferences_total: u64,
    /// New calls that were refused because there were too many, because of a drain, or because
    /// the media thread that they belong to can do no more.
    pub calls_refused: u64,
    /// Legs that moved to the media thread of their room.
    pub legs_moved: u64,
    /// Updates that were refused because the media thread had too much to do.
    pub updates_busy: u64,
    /// Updates whose tick the room did not tell in time.
    pub updates_not_confirmed: u64,
    /// Times that rules and room did not agree: each is a fault.
    pub disagreements: u64,
    /// Answers to questions that nobody has any more.
    pub stale_answers: u64,
    /// Events sent to applications.
    pub callbacks: u64,
    /// Notices.
    pub notices: u64,
    /// SIP logins that failed.
    pub failed_logins: u64,
    /// SIP requests and connections refused by limits.
    pub refused_by_limits: u64,
}

/// What is there now: all zero once every call is over and its transactions have died down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Calls.
    pub calls: usize,
    /// Conferences.
    pub conferences: usize,
    /// Timers of the switchboard itself.
    pub timers: usize,
    /// Calls that wait for host names of SDP.
    pub lookups: usize,
    /// Fetches without an answer.
    pub fetches: usize,
    /// Decodings without an answer.
    pub decodes: usize,
    /// Sounds in use.
    pub holds: usize,
    /// Announcements to whole conferences.
    pub announcements: usize,
    /// Ended calls whose leg has not told its figures.
    pub partings: usize,
    /// Recordings whose file is not whole.
    pub recordings: usize,
    /// Legs that media threads are thought to have.
    pub legs: usize,
    /// SIP transactions.
    pub transactions: usize,
    /// SIP dialogs.
    pub dialogs: usize,
    /// Timers of SIP.
    pub sip_timers: usize,
}
