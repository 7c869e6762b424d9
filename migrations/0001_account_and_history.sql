-- The account and the history. Columns are what is searched by and ordered by; the rest of a call
-- or conference is in `view`, as JSON. Times are milliseconds since 1970, sids are UUIDs as text.

CREATE TABLE accounts (
    sid           TEXT    NOT NULL PRIMARY KEY,
    friendly_name TEXT    NOT NULL,
    token_hash    BLOB    NOT NULL,  -- SHA-256; the token itself is never written
    signing_key   TEXT    NOT NULL,
    date_created  INTEGER NOT NULL,
    date_updated  INTEGER NOT NULL
) STRICT;

CREATE TABLE conferences (
    sid           TEXT    NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL,
    friendly_name TEXT    NOT NULL,
    date_created  INTEGER NOT NULL,
    date_updated  INTEGER NOT NULL,
    view          TEXT    NOT NULL
) STRICT;
CREATE INDEX conferences_newest ON conferences (account, date_created, sid);
CREATE INDEX conferences_by_name ON conferences (account, friendly_name, date_created, sid);

CREATE TABLE calls (
    sid           TEXT    NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL,
    date_created  INTEGER NOT NULL,
    view          TEXT    NOT NULL
) STRICT;
CREATE INDEX calls_newest ON calls (account, date_created, sid);

CREATE TABLE notices (
    sid           TEXT    NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL,
    call          TEXT,
    at            INTEGER NOT NULL,
    notice        TEXT    NOT NULL
) STRICT;
CREATE INDEX notices_newest ON notices (account, at, sid);
CREATE INDEX notices_of_call ON notices (account, call, at, sid);
