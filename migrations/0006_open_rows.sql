-- Calls and conferences that are up, from their beginning. A row that is here when the server starts
-- belongs to a process that was killed: the start closes it. `state` is the row as JSON.

CREATE TABLE open_calls (
    sid           TEXT    NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL,
    state         TEXT    NOT NULL
) STRICT;

CREATE TABLE open_conferences (
    sid           TEXT    NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL,
    state         TEXT    NOT NULL
) STRICT;

-- The last time at which the calls of an account are known to have been up: time of day in
-- milliseconds, and the process's clock in nanoseconds.
CREATE TABLE alive (
    account       TEXT    NOT NULL PRIMARY KEY,
    wall          INTEGER NOT NULL,
    monotonic     INTEGER NOT NULL
) STRICT;

-- Users whose phones have registered. `state` is the time of the last change and the contacts, as
-- JSON; `until` is the end of the last contact's lifetime.
CREATE TABLE registrations (
    account       TEXT    NOT NULL,
    user          TEXT    NOT NULL,
    until         INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    PRIMARY KEY (account, user)
) STRICT;
CREATE INDEX registrations_until ON registrations (account, until);
