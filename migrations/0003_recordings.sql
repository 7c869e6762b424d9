-- Recordings, the live ones too: their audio is in files named by their sid. One that is live when
-- the server starts was cut off by its end.

CREATE TABLE recordings (
    sid           TEXT    NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL,
    call          TEXT,
    conference    TEXT,
    is_live       INTEGER NOT NULL,
    date_created  INTEGER NOT NULL,
    view          TEXT    NOT NULL
) STRICT;
CREATE INDEX recordings_newest ON recordings (account, date_created, sid);
CREATE INDEX recordings_of_call ON recordings (account, call, date_created, sid);
CREATE INDEX recordings_of_conference ON recordings (account, conference, date_created, sid);
CREATE INDEX recordings_live ON recordings (account) WHERE is_live;
