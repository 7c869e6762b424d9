//! URIs of a phone's configuration.

use super::PhoneConfig;

#[test]
fn a_room_is_escaped_in_what_is_dialled() {
    let config = PhoneConfig::new(([127, 0, 0, 1], 5060).into(), "Räum 1@x", "anna");
    assert_eq!(config.callee_uri(), "sip:R%C3%A4um%201%40x@127.0.0.1:5060");
    assert_eq!(config.caller_uri(), "sip:anna@127.0.0.1");
    let config = PhoneConfig::new("[::1]:5060".parse().unwrap(), "room", "anna").over_tcp();
    assert_eq!(config.callee_uri(), "sip:room@[::1]:5060;transport=tcp");
    assert_eq!(config.caller_uri(), "sip:anna@[::1]");
}
