//! API keys through the vendors' libraries.

use confab_conformance::server::{Dialect, Server};
use confab_conformance::vendors::{Library, Subject, steps};

fn run(dialect: Dialect, library: Library) {
    let server = Server::speaking(dialect, &[]).unwrap();
    let nobody = || "CA00000000000040008000000000000000".to_owned();
    let subject = Subject {
        conference: nobody(),
        call: nobody(),
        coached: nobody(),
        hold_url: String::new(),
        filter: "{}".to_owned(),
    };
    let done = steps(library, &server, &subject, &["keys"]).unwrap();
    let key = &done[0]["result"];
    let sid = key["sid"].as_str().unwrap();
    let digits = sid.strip_prefix("SK").unwrap();
    assert!(
        digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()),
        "{key}"
    );
    assert_eq!(key["secret"].as_str().unwrap().len(), 32, "{key}");
    assert_eq!(
        (&key["name"], &key["renamed"]),
        (&"desk".into(), &"renamed".into())
    );
    assert_eq!(key["shownAgain"], false, "{key}");
    assert_eq!(key["listed"], serde_json::json!([sid]));
    assert_eq!(
        (&key["removed"], &key["created"]),
        (&true.into(), &true.into()),
        "{key}"
    );
    let refusal = |name: &str| (&key[name]["status"], &key[name]["code"]);
    assert_eq!(refusal("after"), (&401.into(), &20_003.into()), "{key}");
    assert_eq!(refusal("gone"), (&404.into(), &20_404.into()), "{key}");
    let log = server.log();
    assert!(!log.contains(key["secret"].as_str().unwrap()), "{log}");
}

#[test]
fn npm_twilio_makes_and_uses_an_api_key() {
    run(Dialect::SignalWire, Library::NodeTwilio);
    run(Dialect::Twilio, Library::NodeTwilio);
}

#[test]
fn pypi_twilio_makes_and_uses_an_api_key() {
    run(Dialect::SignalWire, Library::PythonTwilio);
    run(Dialect::Twilio, Library::PythonTwilio);
}

#[test]
fn pypi_signalwire_makes_and_uses_an_api_key() {
    run(Dialect::SignalWire, Library::PythonSignalwire);
}
