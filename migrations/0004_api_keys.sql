-- API keys. `secret` is encrypted with the key file of the data folder: nonce, ciphertext and tag of
-- AES-256-GCM. Sids are UUIDs as text; the API shows SK and 32 hexadecimal digits.

CREATE TABLE api_keys (
    sid           TEXT    NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL,
    friendly_name TEXT    NOT NULL,
    secret        BLOB    NOT NULL,
    date_created  INTEGER NOT NULL,
    date_updated  INTEGER NOT NULL
) STRICT;
CREATE INDEX api_keys_of_account ON api_keys (account, date_created, sid);
