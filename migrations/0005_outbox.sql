-- Events that no application has taken yet, and dead letters: events that expired or met a final
-- error. `id` counts up in the order of the events; `event` is JSON: the request as it is sent.
-- Times are milliseconds since 1970.

CREATE TABLE outbox (
    id            INTEGER NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL,
    about         TEXT    NOT NULL,  -- JSON: the conference or call
    url           TEXT    NOT NULL,
    created       INTEGER NOT NULL,
    bytes         INTEGER NOT NULL,
    event         TEXT    NOT NULL
) STRICT;

CREATE TABLE dead_letters (
    sid           TEXT    NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL,
    date_updated  INTEGER NOT NULL,  -- the time at which the attempts ended
    about         TEXT    NOT NULL,
    url           TEXT    NOT NULL,
    bytes         INTEGER NOT NULL,
    event         TEXT    NOT NULL,
    reason        TEXT    NOT NULL   -- JSON: code, message, whether it expired
) STRICT;
CREATE INDEX dead_letters_newest ON dead_letters (account, date_updated, sid);
