//! The whole core on one thread, with a virtual clock and network, and checkers.
