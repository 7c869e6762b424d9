//! Spellings of each dialect: what is written, read and rejected.

use confab_switchboard::conference::Key;
use confab_terms::{AccountSid, CallSid, ConferenceSid};

use super::{Dialect, account_sid};

const UUID: &str = "33333333-3333-4333-8333-3333333333af";

#[test]
fn each_dialect_reads_its_own_spelling_alone() {
    let call: CallSid = UUID.parse().unwrap();
    let prefixed = "CA333333333333433383333333333333af";
    assert_eq!(Dialect::SignalWire.spell(call), UUID);
    assert_eq!(Dialect::Twilio.spell(call), prefixed);
    assert_eq!(Dialect::SignalWire.read(UUID), Some(call));
    assert_eq!(Dialect::Twilio.read(prefixed), Some(call));
    assert_eq!(Dialect::SignalWire.read::<CallSid>(prefixed), None);
    assert_eq!(Dialect::Twilio.read::<CallSid>(UUID), None);
    assert_eq!(Dialect::Twilio.read::<ConferenceSid>(prefixed), None);
    for none in [
        "CA33",
        "",
        "CAx33333333333433383333333333333af",
        &prefixed[2..],
    ] {
        assert_eq!(Dialect::Twilio.read::<CallSid>(none), None, "{none}");
    }
}

#[test]
fn the_account_may_be_written_in_every_way() {
    let sid: AccountSid = UUID.parse().unwrap();
    let hex = UUID.replace('-', "");
    for text in [UUID.to_owned(), format!("AC{UUID}"), format!("AC{hex}")] {
        assert_eq!(account_sid(&text), Some(sid), "{text}");
    }
    for text in [hex.clone(), format!("CA{hex}"), format!("ACAC{hex}")] {
        assert_eq!(account_sid(&text), None, "{text}");
    }
}

#[test]
fn what_is_no_sid_is_a_label() {
    let key = |text: &str| Dialect::Twilio.key(text);
    let call = UUID.parse().unwrap();
    assert_eq!(
        key("CA333333333333433383333333333333af"),
        Some(Key::Call(call))
    );
    assert_eq!(key("agent 7"), Some(Key::Label("agent 7".to_owned())));
    assert_eq!(key(""), None);
    assert_eq!(Dialect::Twilio.spell_key("agent 7"), "agent 7");
}

#[test]
fn fields_are_spelt_as_twilio_sends_them() {
    let given = [
        ("AccountSid", UUID),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", UUID),
        ("From", "sip:a@x"),
        ("To", "sip:b@x"),
        ("ConferenceSid", UUID),
        ("CallSidEndingConference", UUID),
        ("FriendlyName", UUID),
        ("DialCallStatus", "answered"),
        ("DialCallDuration", "94"),
        ("SipResultCode", "200"),
        ("SipInviteResultPhrase", "OK"),
        ("HangupBy", "sip:a@x"),
        ("HangupDirection", "inbound"),
        ("AudioInMos", "4.3"),
        ("AudioOutMediaPacketCount", "7"),
        ("Duration", "94"),
        ("EventName", "conference-end"),
        ("CallDuration", "94"),
    ];
    let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    };
    let sent = [
        ("AccountSid", "AC333333333333433383333333333333af"),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", "CA333333333333433383333333333333af"),
        ("Caller", "sip:a@x"),
        ("From", "sip:a@x"),
        ("Called", "sip:b@x"),
        ("To", "sip:b@x"),
        ("ConferenceSid", "CF333333333333433383333333333333af"),
        (
            "CallSidEndingConference",
            "CA333333333333433383333333333333af",
        ),
        ("FriendlyName", UUID),
        ("DialCallStatus", "answered"),
        ("DialBridged", "true"),
        ("SipResponseCode", "200"),
        ("CallDuration", "94"),
    ];
    assert_eq!(Dialect::Twilio.fields(owned(&given)), owned(&sent));
    assert_eq!(Dialect::SignalWire.fields(owned(&given)), owned(&given));
}
