//! UDP sockets in batches, wake-ups and absolute ticks; the only place for unsafe.
