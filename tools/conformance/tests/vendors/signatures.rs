//! Ten thousand requests to an application, with names, labels and URLs of arbitrary characters.
//! Each vendor's validator accepts each request, and rejects it after a change of one character.

use std::collections::BTreeMap;
use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::server::{SIGNING_KEY, Server};
use confab_conformance::vendors::validate_and_refuse;
use confab_phone::{PhoneConfig, Phones};
use serde_json::{Value, json};

const REQUESTS: usize = 10_000;
const CALLS: usize = 4;
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Characters of names and values: of one and of several octets, with those that forms, URLs and
/// XML escape.
const ANY: &str = "abcxyzABCXYZ0189 -_.~!*'()&=+%;:@/?#[]{}|^`\"<>,$éüßΩж漢字😀☎";
/// Parts of paths and queries.
const URL_PARTS: [&str; 16] = [
    "a", "Z", "7", "-", ".", "_", "~", "%20", "%C3%A9", "%2f", "+", "é", "漢", "!", "'", "(x)",
];

struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % count
    }

    fn text(&mut self, chars_max: usize) -> String {
        let any: Vec<char> = ANY.chars().collect();
        let length = 1 + self.below(chars_max);
        let text: String = (0..length).map(|_| any[self.below(any.len())]).collect();
        // Names are returned unchanged, except for surrounding blanks.
        format!("x{}x", text.trim())
    }

    fn part(&mut self) -> String {
        let length = 1 + self.below(6);
        (0..length)
            .map(|_| URL_PARTS[self.below(URL_PARTS.len())])
            .collect()
    }

    /// Returns a unique URL of the application.
    fn url(&mut self, app: &Application, number: usize) -> String {
        let mut url = app.url(&format!("/{number}/{}", self.part()));
        for nth in 0..self.below(4) {
            url.push(if nth == 0 { '?' } else { '&' });
            let value = if self.below(4) == 0 {
                String::new()
            } else {
                self.part()
            };
            // Distinct names: the libraries keep only one of two equal names.
            url.push_str(&format!("{nth}{}={value}", self.part()));
        }
        url
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

/// Moves a call from conference to conference; each move causes several requests.
fn wander(server: &Server, app: &Application, phones: &Phones, nth: usize) {
    let mut random = Random(SEED + 1 + nth as u64);
    let api = Api::new(server).unwrap();
    let room = format!("start-{nth}");
    let config = PhoneConfig::new(server.sip.parse().unwrap(), &room, "caller");
    let phone = phones.call(&config).unwrap();
    phone.wait_until_talking(Duration::from_secs(10)).unwrap();
    let (_, seated) = api.seated(&room, 1).unwrap();
    let call = format!("/Calls/{}", seated[0]["call_sid"].as_str().unwrap());
    for step in 0.. {
        if step % 10 == 0 && app.received_count() >= REQUESTS {
            break;
        }
        let number = nth + step * CALLS;
        let method = ["GET", "POST"][random.below(2)];
        let other = ["GET", "POST"][random.below(2)];
        let urls = [0; 3].map(|_| escaped(&random.url(app, number)));
        let label = escaped(&random.text(40).replace('/', "-"));
        let document = format!(
            "<Response><Dial><Conference beep=\"false\" startConferenceOnEnter=\"false\" \
             waitUrl=\"{}\" waitMethod=\"{method}\" statusCallback=\"{}\" \
             statusCallbackMethod=\"{other}\" statusCallbackEvent=\"start end join leave\" \
             eventCallbackUrl=\"{}\" participantLabel=\"{label}\">{}</Conference></Dial>\
             </Response>",
            urls[0],
            urls[1],
            urls[2],
            escaped(&random.text(50)),
        );
        let answer = api.post(&call, &[("Twiml", &document)]).unwrap();
        assert_eq!(answer.status, 200, "{document}: {answer:?}");
        if step % 10 == 0 {
            // Waits for the application, so that requests do not accumulate.
            let path = format!("/{number}/");
            app.wait_for("the wait URL", Duration::from_secs(20), |all| {
                let newest = all.iter().rev().take(1_000);
                newest
                    .into_iter()
                    .any(|one| one.path.starts_with(&path))
                    .then_some(())
            })
            .unwrap();
        }
    }
    phone.hang_up().unwrap();
}

/// Returns a request with one changed character in the path or query, a name or value, or the
/// signature.
fn changed(request: &Received, random: &mut Random) -> Value {
    let mut url = request.url.clone();
    let mut params: BTreeMap<String, String> = match request.method.as_str() {
        "GET" => BTreeMap::new(),
        _ => request.fields.clone(),
    };
    let mut signature = request.signature.clone();
    let nth = random.below(params.len().max(1));
    let pair = params.iter().nth(nth);
    let pair = pair.map(|(name, value)| (name.clone(), value.clone()));
    match (random.below(4), pair) {
        (0, Some((name, value))) => {
            params.remove(&name);
            params.insert(other(&name, random), value);
        }
        (1 | 2, Some((name, value))) if !value.is_empty() => {
            params.insert(name, other(&value, random));
        }
        (3, _) => signature = other(&signature, random),
        _ => {
            let path = url[7..].find('/').unwrap() + 7;
            url = format!("{}/{}", &url[..path], other(&url[path + 1..], random));
        }
    }
    json!({"url": url, "params": params, "signature": signature})
}

/// Replaces a letter or digit with another; appends one if the text has none.
fn other(text: &str, random: &mut Random) -> String {
    let places: Vec<usize> = text
        .char_indices()
        .filter(|(_, c)| c.is_ascii_alphanumeric())
        .map(|(at, _)| at)
        .collect();
    if places.is_empty() {
        return format!("{text}x");
    }
    let at = places[random.below(places.len())];
    let new = if &text[at..=at] == "q" { "r" } else { "q" };
    format!("{}{new}{}", &text[..at], &text[at + 1..])
}

#[test]
fn ten_thousand_are_accepted_and_refused_with_one_character_changed() {
    let app = Application::start().unwrap();
    let server = Server::start(&[]).unwrap();
    let phones = Phones::new().unwrap();
    std::thread::scope(|scope| {
        for nth in 0..CALLS {
            let (server, app, phones) = (&server, &app, &phones);
            scope.spawn(move || wander(server, app, phones, nth));
        }
    });
    let received = app.received();
    assert!(received.len() >= REQUESTS, "{}", received.len());
    let of = |method: &str| received.iter().filter(|one| one.method == method).count();
    assert!(of("GET") > REQUESTS / 10 && of("POST") > REQUESTS / 10);
    let label = |one: &&Received| {
        one.fields
            .get("ParticipantLabel")
            .is_some_and(|l| !l.is_ascii())
    };
    assert!(received.iter().filter(label).count() > REQUESTS / 10);
    let mut random = Random(SEED);
    validate_and_refuse(SIGNING_KEY, &received, |request| {
        Some(changed(request, &mut random))
    })
    .unwrap();
}
