-- What calls are searched by, out of their `view`: for those of earlier versions too.

ALTER TABLE calls ADD COLUMN caller TEXT AS (json_extract(view, '$.from')) VIRTUAL;
ALTER TABLE calls ADD COLUMN called TEXT AS (json_extract(view, '$.to')) VIRTUAL;
ALTER TABLE calls ADD COLUMN status TEXT AS (json_extract(view, '$.status')) VIRTUAL;
ALTER TABLE calls ADD COLUMN start_time INTEGER AS (json_extract(view, '$.start_time')) VIRTUAL;
ALTER TABLE calls ADD COLUMN end_time INTEGER AS (json_extract(view, '$.end_time')) VIRTUAL;
CREATE INDEX calls_by_start ON calls (account, start_time);
