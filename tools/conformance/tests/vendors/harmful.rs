//! Five hundred fetches at once from a server that means harm: who talks is heard without a gap,
//! memory stays within bounds, and what can be told is told.

use std::time::{Duration, Instant};

use confab_conformance::api::Api;
use confab_conformance::harmful::{PATHS, serve};
use confab_conformance::party::{TONES, call, matrix};
use confab_conformance::server::{Server, pause};
use confab_phone::Phones;

const FETCHES: usize = 500;
/// 16 MB for every hundred of them.
const GROWTH_KB_MAX: u64 = 16 * 1024 * FETCHES as u64 / 100;
/// Sound that has been decoded, all of it together, is kept up to this: see `confab-sounds`.
const SOUND_KB_MAX: u64 = 256 * 1024;
const ENDLESS: &str = "/endless.wav";

/// Of the process: its resident memory, and the most that it ever was.
fn memory_kb(server: &Server, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|one| one.starts_with(line)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn five_hundred_at_once_harm_nobody() {
    let hostile = serve().unwrap();
    let server = Server::start(&[]).unwrap();
    let (api, phones) = (Api::new(&server).unwrap(), Phones::new().unwrap());
    let anna = call(&phones, &server, "talk", "anna", TONES[0]).unwrap();
    let boris = call(&phones, &server, "talk", "boris", TONES[1]).unwrap();
    api.seated("talk", 2).unwrap();
    let _victim = call(&phones, &server, "hold", "victim", TONES[2]).unwrap();
    let (conference, seated) = api.seated("hold", 1).unwrap();
    let victim = seated[0]["call_sid"].as_str().unwrap();
    let participant = format!("/Conferences/{conference}/Participants/{victim}");
    pause(Duration::from_millis(500));
    let before = memory_kb(&server, "VmRSS:");
    let hold = |path: &str, number: usize| {
        // Another one before the last has failed: they are all under way together.
        let url = format!("{hostile}{path}?{number}");
        let form = [("Hold", "true"), ("HoldUrl", url.as_str())];
        assert_eq!(api.post(&participant, &form).unwrap().status, 200);
    };
    let talk = || {
        let until = Instant::now() + Duration::from_secs(4);
        while Instant::now() < until {
            let heard = matrix(&[&anna, &boris], &[]).unwrap();
            assert_eq!(heard, "anna: boris\nboris: anna\n");
        }
    };
    let ending: Vec<&str> = PATHS.into_iter().filter(|path| *path != ENDLESS).collect();
    for number in 0..FETCHES {
        hold(ending[number % ending.len()], number);
    }
    talk();
    let grown = memory_kb(&server, "VmHWM:") - before;
    assert!(grown <= GROWTH_KB_MAX, "{grown} kB for {FETCHES} fetches");
    println!("{grown} kB at most for {FETCHES} hostile fetches at once");
    for number in 0..FETCHES / 5 {
        hold(ENDLESS, number);
    }
    talk();
    let grown = memory_kb(&server, "VmHWM:") - before;
    assert!(
        grown <= GROWTH_KB_MAX + SOUND_KB_MAX,
        "{grown} kB with endless sound"
    );
    println!("{grown} kB at most with endless sound");
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
    // What never ends plays as long as it comes.
    for path in PATHS.into_iter().filter(|path| *path != "/endless.wav") {
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
