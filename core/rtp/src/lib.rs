//! RTP, RTCP, jitter buffer, RFC 4733 digits.
