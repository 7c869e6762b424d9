-- no-transaction
-- One index for each list: of each filter, in the order of each time that a list can be ordered by.
-- Each statement is a transaction of its own: the log of a large database stays small, and a start
-- that was killed goes on where it was.
--
-- Ten million calls make each byte of an entry ten megabytes. An index therefore holds the first
-- four characters of the account and the sid as 16 bytes, whose order is that of the text.
-- Statements compare the whole account, too.

DROP INDEX IF EXISTS calls_newest;
DROP INDEX IF EXISTS calls_by_start;

CREATE INDEX IF NOT EXISTS calls_created ON calls
    (substr(account, 1, 4), date_created, unhex(replace(sid, '-', '')));
CREATE INDEX IF NOT EXISTS calls_started ON calls
    (substr(account, 1, 4), start_time, unhex(replace(sid, '-', '')))
    WHERE start_time IS NOT NULL;
CREATE INDEX IF NOT EXISTS calls_ended ON calls
    (substr(account, 1, 4), end_time, unhex(replace(sid, '-', '')))
    WHERE end_time IS NOT NULL;

CREATE INDEX IF NOT EXISTS calls_of_caller_created ON calls
    (substr(account, 1, 4), caller, date_created, unhex(replace(sid, '-', '')));
CREATE INDEX IF NOT EXISTS calls_of_caller_started ON calls
    (substr(account, 1, 4), caller, start_time, unhex(replace(sid, '-', '')))
    WHERE start_time IS NOT NULL;
CREATE INDEX IF NOT EXISTS calls_of_caller_ended ON calls
    (substr(account, 1, 4), caller, end_time, unhex(replace(sid, '-', '')))
    WHERE end_time IS NOT NULL;

CREATE INDEX IF NOT EXISTS calls_of_called_created ON calls
    (substr(account, 1, 4), called, date_created, unhex(replace(sid, '-', '')));
CREATE INDEX IF NOT EXISTS calls_of_called_started ON calls
    (substr(account, 1, 4), called, start_time, unhex(replace(sid, '-', '')))
    WHERE start_time IS NOT NULL;
CREATE INDEX IF NOT EXISTS calls_of_called_ended ON calls
    (substr(account, 1, 4), called, end_time, unhex(replace(sid, '-', '')))
    WHERE end_time IS NOT NULL;

CREATE INDEX IF NOT EXISTS calls_of_status_created ON calls
    (substr(account, 1, 4), status, date_created, unhex(replace(sid, '-', '')));
CREATE INDEX IF NOT EXISTS calls_of_status_started ON calls
    (substr(account, 1, 4), status, start_time, unhex(replace(sid, '-', '')))
    WHERE start_time IS NOT NULL;
CREATE INDEX IF NOT EXISTS calls_of_status_ended ON calls
    (substr(account, 1, 4), status, end_time, unhex(replace(sid, '-', '')))
    WHERE end_time IS NOT NULL;

CREATE INDEX IF NOT EXISTS conferences_updated ON conferences
    (account, date_updated, sid);
CREATE INDEX IF NOT EXISTS conferences_of_name_updated ON conferences
    (account, friendly_name, date_updated, sid);

CREATE INDEX IF NOT EXISTS notices_of_severity ON notices
    (account, coalesce(json_extract(notice, '$.severity'), 'Error'), at, sid);
