//! Notifications, as the vendors' libraries list and fetch them.

use std::time::{Duration, Instant};

use confab_conformance::api::Api;
use confab_conformance::application::Application;
use confab_conformance::party::{TONES, call};
use confab_conformance::server::{Server, pause};
use confab_conformance::vendors::{Library, Subject, steps};
use confab_phone::Phones;
use serde_json::json;

#[test]
fn three_libraries_list_and_fetch_what_went_wrong() {
    let app = Application::start().unwrap();
    app.refuse("/hold", 404);
    app.serve(
        "/odd",
        "text/xml",
        "<Response><Pause length=\"1\" hue=\"red\"/></Response>",
    );
    let server = Server::start(&[]).unwrap();
    let (api, phones) = (Api::new(&server).unwrap(), Phones::new().unwrap());
    let _caller = call(&phones, &server, "desk", "agent", TONES[0]).unwrap();
    let (conference, seated) = api.seated("desk", 1).unwrap();
    let sid = seated[0]["call_sid"].as_str().unwrap().to_owned();
    let participant = format!("/Conferences/{conference}/Participants/{sid}");
    let told = |count: usize| {
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            let list = api.get("/Notifications").unwrap().json;
            if list["notifications"].as_array().unwrap().len() == count {
                return;
            }
            assert!(Instant::now() < until, "{count} expected: {list:#}");
            pause(Duration::from_millis(20));
        }
    };
    let refused = api.post(&participant, &[("Muted", "perhaps")]).unwrap();
    assert_eq!(refused.status, 422);
    told(1);
    api.post(&participant, &[("AnnounceUrl", &app.url("/odd"))])
        .unwrap();
    told(2);
    let hold = app.url("/hold");
    api.post(&participant, &[("Hold", "true"), ("HoldUrl", &hold)])
        .unwrap();
    told(3);

    let subject = Subject {
        conference,
        call: sid.clone(),
        coached: sid.clone(),
        hold_url: hold.clone(),
        filter: String::new(),
    };
    for library in [
        Library::NodeTwilio,
        Library::PythonTwilio,
        Library::PythonSignalwire,
    ] {
        let lines = steps(library, &server, &subject, &["told"]).unwrap();
        let mut found = lines[0]["result"].clone();
        let variables = found["variables"].take();
        let expected = json!({
            "all": ["11217", "12200", "10000"],
            "errors": ["11217", "10000"],
            "warnings": ["12200"],
            "earlier": 0,
            "of_call": ["11217", "12200", "10000"],
            "again": true,
            "date": true,
            "url": hold,
            "variables": null,
            "body": "",
        });
        assert_eq!(found, expected, "{library:?}");
        let variables = variables.as_str().unwrap();
        assert!(
            variables.contains(&format!("CallSid={sid}")),
            "{library:?}: {variables}"
        );
    }
}
