//! Simultaneous fetches from a hostile server: audio of others has no gap, memory stays within
//! limits, and errors are reported.

use std::time::{Duration, Instant};

use confab_conformance::api::Api;
use confab_conformance::harmed::{Size, run};
use confab_conformance::harmful::{ENDLESS, PATHS, serve};
use confab_conformance::party::{TONES, call};
use confab_conformance::server::{Server, pause};
use confab_phone::Phones;

/// `examples/harmful.rs` with fewer redirecting calls.
#[test]
fn five_hundred_at_once_harm_nobody() {
    let size = Size {
        fetches: 500,
        endless: 100,
        redirecting: 50,
    };
    run(&size).unwrap().judge(&size).unwrap();
}

#[test]
fn each_kind_of_harm_is_told_by_its_code() {
    let hostile = serve().unwrap();
    let server = Server::start(&[]).unwrap();
    let (api, phones) = (Api::new(&server).unwrap(), Phones::new().unwrap());
    let _caller = call(&phones, &server, "one", "anna", TONES[0]).unwrap();
    let (conference, seated) = api.seated("one", 1).unwrap();
    let call = seated[0]["call_sid"].as_str().unwrap();
    let participant = format!("/Conferences/{conference}/Participants/{call}");
    let code_of = |path: &str| match path {
        "/endless.xml" => "11750",
        "/endless.head" | "/drip.xml" | "/silent" => "11200",
        "/bomb.gz" => "12300",
        "/loop" => "11215",
        "/bomb.transfer" | "/deep.xml" | "/entities.xml" | "/external.xml" => "12100",
        "/drip.wav" | "/junk.mp3" | "/absurd.wav" => "13420",
        other => panic!("{other}"),
    };
    // The endless sound causes no error.
    for path in PATHS.into_iter().filter(|path| *path != ENDLESS) {
        let url = format!("{hostile}{path}#rt=1000&tt=3000");
        let form = [("AnnounceUrl", url.as_str())];
        assert_eq!(api.post(&participant, &form).unwrap().status, 200);
        let until = Instant::now() + Duration::from_secs(25);
        loop {
            let list = api.get("/Notifications?PageSize=1").unwrap().json;
            let newest = &list["notifications"][0];
            if newest["request_url"] == url {
                assert_eq!(newest["error_code"], code_of(path), "{path}: {newest:#}");
                break;
            }
            assert!(Instant::now() < until, "{path} is not told: {newest:#}");
            pause(Duration::from_millis(20));
        }
    }
}
