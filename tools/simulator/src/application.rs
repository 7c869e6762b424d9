//! Application under simulation: answers fetches of documents and audio with valid content, invalid
//! content, errors, delays, duplicates, or not at all.

use core::time::Duration;

use confab_switchboard::{Cookie, Fetch, FetchError, FetchKind, Fetched};
use confab_terms::{AudioId, CallSid, FetchId, WallTime};

use crate::documents;
use crate::outcome::Checked;
use crate::queue::Arrival;
use crate::tally::Kind;
use crate::world::World;

/// Host of all applications.
const SITE: &str = "app.example";

/// Attributes of `<Conference>` in a document.
#[derive(Clone, Debug)]
pub(crate) struct Brings {
    pub(crate) name: String,
    /// Name of the conference that the call joins after leaving the first one.
    pub(crate) second: Option<String>,
    pub(crate) muted: bool,
    pub(crate) starts: bool,
    pub(crate) ends: bool,
    pub(crate) coach: Option<CallSid>,
    pub(crate) label: String,
}

enum Answer {
    Document(Vec<u8>, Option<Brings>),
    Text,
    Audio,
    Failure(u32, Option<u16>),
}

impl World {
    /// Serves a fetch of the switchboard: selects an answer and schedules its arrival.
    pub(crate) fn serve(&mut self, fetch: &Fetch) -> Checked {
        let field = |name: &str| {
            let mut fields = fetch.fields.iter();
            fields.find_map(|(known, value)| (known == name).then_some(value.as_str()))
        };
        let call = field("CallSid").and_then(|sid| sid.parse::<CallSid>().ok());
        if let Some(call) = call {
            self.books
                .know_call(call, field("From").unwrap_or_default());
            Self::cookies_are_its_own(fetch, call)?;
        }
        self.books.fetches.asked(call, fetch);
        // The first four calls receive valid documents: otherwise no two calls would meet.
        let well = fetch.kind == FetchKind::Document && self.legs_so_far() < 4;
        let hangs = self.application.chance(40) && !well;
        let answer = if hangs {
            self.tally.count(Kind::FetchHung);
            Answer::Failure(11_200, None)
        } else {
            self.answer(fetch, well)
        };
        let (result, brings) = self.packed(fetch, answer);
        let after = if hangs {
            Duration::from_millis(u64::from(fetch.time_outs.total_ms))
        } else {
            self.application_takes(well)
        };
        let brings = match (fetch.kind, call) {
            (FetchKind::Document, Some(call)) => Some((call, brings)),
            _ => None,
        };
        let twice = self.application.chance(20);
        if twice {
            self.tally.count(Kind::AnsweredTwice);
            let (fetch, result) = (fetch.fetch, result.clone());
            // The first of both answers carries the conference of the document.
            let later = Duration::from_millis(1 + self.application.below(2_000));
            let at = self.now + after + later;
            let brings = None;
            self.queue.push(
                at,
                Arrival::Fetched {
                    fetch,
                    result,
                    brings,
                },
            );
        }
        let (at, fetch) = (self.now + after, fetch.fetch);
        self.queue.push(
            at,
            Arrival::Fetched {
                fetch,
                result,
                brings,
            },
        );
        Ok(())
    }

    /// Returns cookies for the response to a fetch; the value is the SID of the call.
    pub(crate) fn some_cookies(&mut self, fetch: FetchId) -> Vec<Cookie> {
        let Some(call) = self.books.fetches.call(fetch) else {
            return Vec::new();
        };
        let mut cookies = Vec::new();
        while self.application.chance(300) && cookies.len() < 30 {
            let gone = self.application.chance(100);
            cookies.push(Cookie {
                site: SITE.to_owned(),
                path: "/".to_owned(),
                name: format!("c{}", self.application.below(30)),
                value: call.to_string(),
                secure: false,
                expires: gone.then_some(WallTime(0)),
            });
        }
        cookies
    }

    /// Checks that a request carries cookies of its own call only.
    pub(crate) fn cookies_are_its_own(fetch: &Fetch, call: CallSid) -> Checked {
        let own = call.to_string();
        match fetch.cookies.iter().find(|cookie| cookie.value != own) {
            Some(Cookie { name, value, .. }) => Err(format!(
                "{call}: a request carries the cookie {name}={value}"
            )),
            None => Ok(()),
        }
    }

    fn application_takes(&mut self, well: bool) -> Duration {
        let dice = &mut self.application;
        let others = if well { 0 } else { 150 };
        let ms = match dice.weighted(&[700, 2 * others, others]) {
            0 => dice.below(30),
            1 => dice.between(30, 400),
            _ => {
                self.tally.count(Kind::FetchLate);
                dice.between(400, 4_000)
            }
        };
        Duration::from_micros(ms * 1_000 + self.application.below(1_000))
    }

    fn answer(&mut self, fetch: &Fetch, well: bool) -> Answer {
        let dice = &mut self.application;
        let fails = match fetch.url.ends_with("/voice") {
            true if well => 0,
            true => 60,
            false => 120,
        };
        if dice.chance(fails) {
            self.tally.count(Kind::FetchFailed);
            let codes = [
                (11_200, None),
                (11_210, None),
                (11_217, Some(404)),
                (11_750, None),
            ];
            let (code, status) = *dice.pick(&codes).unwrap_or(&codes[0]);
            return Answer::Failure(code, status);
        }
        if dice.chance(30) && !well {
            self.tally.count(Kind::WrongThing);
            return match fetch.kind {
                FetchKind::Document if dice.chance(500) => Answer::Audio,
                FetchKind::Document => Answer::Text,
                _ => Answer::Document(b"<Response><Hangup/></Response>".to_vec(), None),
            };
        }
        match fetch.kind {
            FetchKind::Audio => Answer::Audio,
            FetchKind::DocumentOrAudio if dice.chance(650) => Answer::Audio,
            FetchKind::DocumentOrAudio => {
                let fetch = fetch.fetch;
                self.document(false, |dice| documents::music(dice, fetch))
            }
            FetchKind::Document => {
                let coach = self.a_target();
                self.document(well, |dice| documents::of_call(dice, coach, well))
            }
        }
    }

    fn document(
        &mut self,
        well: bool,
        make: impl FnOnce(&mut crate::dice::Dice) -> (String, Option<Brings>),
    ) -> Answer {
        if self.application.chance(30) && !well {
            self.tally.count(Kind::JunkDocument);
            let n = self.application.index(300);
            let junk = self.application.bytes(n);
            return Answer::Document(junk, None);
        }
        let (body, brings) = make(&mut self.application);
        Answer::Document(body.into_bytes(), brings)
    }

    fn packed(
        &mut self,
        fetch: &Fetch,
        answer: Answer,
    ) -> (Result<Fetched, FetchError>, Option<Brings>) {
        match answer {
            Answer::Document(body, brings) => {
                self.tally.count(Kind::DocumentServed);
                let url = fetch.url.clone();
                (Ok(Fetched::Document { body, url }), brings)
            }
            Answer::Text => (Ok(Fetched::Text("Hello.".to_owned())), None),
            Answer::Audio => {
                self.tally.count(Kind::AudioServed);
                self.audio += 1;
                let audio = AudioId(self.audio);
                self.books.fetches.brought(audio, fetch.fetch);
                (Ok(Fetched::Audio { audio }), None)
            }
            Answer::Failure(code, status) => {
                let message = "scripted to fail".to_owned();
                let error = FetchError {
                    code,
                    message,
                    status,
                    exchange: None,
                };
                (Err(error), None)
            }
        }
    }

    /// Returns a random seated call as target of a coach, with the name of the conference.
    fn a_target(&mut self) -> Option<(CallSid, String)> {
        let mut targets = Vec::new();
        for room in self.oracle.rooms.values().filter(|room| !room.over) {
            let Some(name) = &room.name else { continue };
            for person in &room.now.seated {
                if let Some(call) = self.oracle.call_of.get(&person.leg) {
                    targets.push((*call, name.clone()));
                }
            }
        }
        self.application.pick(&targets).cloned()
    }
}
