//! A phone that disappears without a BYE is detected by the absence of media.

use std::time::{Duration, Instant};

use confab_conformance::api::Api;
use confab_conformance::baresip::Baresip;
use confab_conformance::party::{TONES, call};
use confab_conformance::server::{Server, pause};
use confab_phone::Phones;

/// 2 s of silence, and 32 s until the probe counts as unanswered (timer B or F of RFC 3261).
const GONE_WITHIN: Duration = Duration::from_secs(45);

#[test]
fn phone_that_is_killed_leaves_after_the_media_timeout_and_others_stay() {
    let server = Server::start(&[("CONFAB_MEDIA_TIMEOUT", "2")]).unwrap();
    let (api, phones) = (Api::new(&server).unwrap(), Phones::new().unwrap());
    let anna = call(&phones, &server, "quiet", "anna", TONES[0]).unwrap();
    let mut baresip = Baresip::start(TONES[1] as u32).unwrap();
    baresip.dial("quiet", &server.sip).unwrap();
    api.seated("quiet", 2).unwrap();
    // Longer than the timeout: both phones are alive.
    pause(Duration::from_secs(5));
    api.seated("quiet", 2).unwrap();
    // SIGKILL: no BYE.
    drop(baresip);
    let begun = Instant::now();
    while api.seated("quiet", 1).is_err() {
        assert!(begun.elapsed() < GONE_WITHIN, "{}", server.log());
        pause(Duration::from_millis(200));
    }
    assert!(
        begun.elapsed() > Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    anna.phone
        .wait_for_packets(50, Duration::from_secs(3))
        .unwrap();
}
