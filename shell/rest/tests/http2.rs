//! HTTP/2 floods, frame by frame: streams opened and reset, headers without an end, settings and
//! pings without an end, a client that says nothing or takes nothing. Each ends; others are served.
#![allow(clippy::unwrap_used)]
