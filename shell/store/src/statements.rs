//! The statements that read the history. Those that write it are in `write.rs`.

pub(crate) const CONFERENCE: &str = "SELECT view FROM conferences WHERE account = ?1 AND sid = ?2";
pub(crate) const CALL: &str = "SELECT view FROM calls WHERE account = ?1 AND sid = ?2";
pub(crate) const CONFERENCES_NEWEST_FIRST: &str = "SELECT view FROM conferences WHERE account = ?1
    AND (?2 IS NULL OR friendly_name = ?2)
    AND (?3 IS NULL OR date_created >= ?3) AND (?4 IS NULL OR date_created < ?4)
    AND (?5 IS NULL OR date_updated >= ?5) AND (?6 IS NULL OR date_updated < ?6)
    AND (?7 IS NULL OR (date_created, sid) < (?7, ?8))
    ORDER BY date_created DESC, sid DESC LIMIT ?9";
pub(crate) const CONFERENCES_OLDEST_FIRST: &str = "SELECT view FROM conferences WHERE account = ?1
    AND (?2 IS NULL OR friendly_name = ?2)
    AND (?3 IS NULL OR date_created >= ?3) AND (?4 IS NULL OR date_created < ?4)
    AND (?5 IS NULL OR date_updated >= ?5) AND (?6 IS NULL OR date_updated < ?6)
    AND (?7 IS NULL OR (date_created, sid) > (?7, ?8))
    ORDER BY date_created, sid LIMIT ?9";
// The words of `status` are those of `CallStatus` as it is written in `view`.
pub(crate) const CALLS_NEWEST_FIRST: &str = "SELECT view FROM calls WHERE account = ?1
    AND (?2 IS NULL OR caller = ?2) AND (?3 IS NULL OR called = ?3)
    AND (?4 IS NULL OR status = ?4)
    AND (?5 IS NULL OR start_time >= ?5) AND (?6 IS NULL OR start_time < ?6)
    AND (?7 IS NULL OR end_time >= ?7) AND (?8 IS NULL OR end_time < ?8)
    AND (?9 IS NULL OR (date_created, sid) < (?9, ?10))
    ORDER BY date_created DESC, sid DESC LIMIT ?11";
pub(crate) const CALLS_OLDEST_FIRST: &str = "SELECT view FROM calls WHERE account = ?1
    AND (?2 IS NULL OR caller = ?2) AND (?3 IS NULL OR called = ?3)
    AND (?4 IS NULL OR status = ?4)
    AND (?5 IS NULL OR start_time >= ?5) AND (?6 IS NULL OR start_time < ?6)
    AND (?7 IS NULL OR end_time >= ?7) AND (?8 IS NULL OR end_time < ?8)
    AND (?9 IS NULL OR (date_created, sid) > (?9, ?10))
    ORDER BY date_created, sid LIMIT ?11";
pub(crate) const NOTICES_NEWEST_FIRST: &str = "SELECT sid, notice FROM notices WHERE account = ?1
    AND (?2 IS NULL OR call = ?2) AND (?3 IS NULL OR at >= ?3) AND (?4 IS NULL OR at < ?4)
    AND (?5 IS NULL OR (at, sid) < (?5, ?6)) ORDER BY at DESC, sid DESC LIMIT ?7";
pub(crate) const NOTICES_OLDEST_FIRST: &str = "SELECT sid, notice FROM notices WHERE account = ?1
    AND (?2 IS NULL OR call = ?2) AND (?3 IS NULL OR at >= ?3) AND (?4 IS NULL OR at < ?4)
    AND (?5 IS NULL OR (at, sid) > (?5, ?6)) ORDER BY at, sid LIMIT ?7";
