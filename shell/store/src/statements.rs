//! Statements that read single entries of the history, and those of rows and registrations. Lists
//! are in `lists.rs`; the statements that write the history are in `write.rs`.

pub(crate) const CONFERENCE: &str = "SELECT view FROM conferences WHERE account = ?1 AND sid = ?2";
pub(crate) const CALL: &str = "SELECT view FROM calls WHERE account = ?1 AND sid = ?2";
pub(crate) const NOTICE: &str = "SELECT sid, notice FROM notices WHERE account = ?1 AND sid = ?2";
/// Deletes all but the newest `?2` notices.
pub(crate) const FORGET_NOTICES: &str = "DELETE FROM notices WHERE account = ?1
    AND (at, sid) <= (SELECT at, sid FROM notices WHERE account = ?1
        ORDER BY at DESC, sid DESC LIMIT 1 OFFSET ?2)";
pub(crate) const RECORDING: &str = "SELECT view FROM recordings WHERE account = ?1 AND sid = ?2";
pub(crate) const RECORDINGS_UNFINISHED: &str = "SELECT view FROM recordings
    WHERE account = ?1 AND is_live ORDER BY date_created, sid";
pub(crate) const FORGET_RECORDING: &str = "DELETE FROM recordings WHERE account = ?1 AND sid = ?2";
pub(crate) const OPEN_CALLS: &str = "SELECT state FROM open_calls WHERE account = ?1";
pub(crate) const OPEN_CONFERENCES: &str = "SELECT state FROM open_conferences WHERE account = ?1";
pub(crate) const ALIVE: &str = "SELECT wall, monotonic FROM alive WHERE account = ?1";
// `?2` of the following is a JSON array of sids.
pub(crate) const CLOSE_CALLS: &str = "DELETE FROM open_calls
    WHERE account = ?1 AND sid IN (SELECT value FROM json_each(?2))";
pub(crate) const CLOSE_CONFERENCES: &str = "DELETE FROM open_conferences
    WHERE account = ?1 AND sid IN (SELECT value FROM json_each(?2))";
pub(crate) const KEEP_ALIVE: &str = "INSERT OR REPLACE INTO alive (account, wall, monotonic)
    VALUES (?1, ?2, ?3)";
pub(crate) const REGISTRATIONS: &str = "SELECT state FROM registrations
    WHERE account = ?1 AND until > ?2 ORDER BY until DESC LIMIT ?3";
// `?2` is a JSON array of user, end of the lifetime, and state.
pub(crate) const KEEP_REGISTRATIONS: &str = "INSERT OR REPLACE INTO registrations
    (account, user, until, state)
    SELECT ?1, value ->> 0, value ->> 1, value -> 2 FROM json_each(?2)";
pub(crate) const FORGET_REGISTRATIONS: &str =
    "DELETE FROM registrations WHERE account = ?1 AND until <= ?2";
