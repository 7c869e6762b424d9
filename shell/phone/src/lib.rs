//! A small SIP phone that talks and listens: the demo's callers, and the tests'.
