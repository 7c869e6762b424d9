//! A Rust client for the SignalWire Compatibility and Twilio conference API.
