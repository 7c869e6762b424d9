//! The vendors' libraries and real phones against a running confab.
