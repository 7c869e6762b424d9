//! Caller, callee and diverting party of a trunk's call in requests, callbacks and views.

use confab_switchboard::{CallEvent, CountryCode, IdentityRules};

use crate::harness::{World, document};

#[test]
fn a_trunks_call_shows_numbers_everywhere() {
    let identity = IdentityRules {
        country_code: CountryCode::parse("49"),
        is_trusted: true,
    };
    let mut world = World::with_carrier(identity, &[CallEvent::Initiated, CallEvent::Completed]);
    let diversion = "<sip:00155512345@pbx>;reason=unconditional";
    let asserted = "\"Ann\" <tel:+49-30-765>";
    let headers = [("Diversion", diversion), ("P-Asserted-Identity", asserted)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let phone = world.call_with_headers("0301234567", &headers);
    let fetch = world.fetches.last().unwrap().clone();
    let field = |name: &str| {
        let found = fetch.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert_eq!(field("From"), "+4930765");
    assert_eq!(field("To"), "+49301234567");
    assert_eq!(field("CallerName"), "Ann");
    assert_eq!(field("ForwardedFrom"), "+155512345");
    assert_eq!(field("SipFrom"), "sip:anna@pbx.example.com");
    // `SipUser` keeps the dialed user part unchanged.
    assert_eq!(field("SipUser"), "0301234567");
    world.answer(
        &fetch.url,
        document("<Dial><Conference>Room</Conference></Dial>"),
    );
    world.seconds(1);
    world.hang_up(phone);
    world.seconds(1);
    for callback in &world.callbacks {
        assert_eq!(callback.field("From"), "+4930765", "{callback:?}");
        assert_eq!(callback.field("ForwardedFrom"), "+155512345");
    }
    assert_eq!(world.callbacks[1].field("HangupBy"), "+4930765");
    let view = world.calls_ended.last().unwrap();
    assert_eq!((&*view.from, &*view.to), ("+4930765", "+49301234567"));
    assert_eq!(view.forwarded_from.as_deref(), Some("+155512345"));
}
