//! Each row of the table of audibility, measured.

use confab_conformance::api::Api;
use confab_conformance::party::{Caller, TONES, call_in, matrix, settle};
use confab_conformance::server::Server;
use confab_phone::Phones;
use confab_terms::Codec;

/// Callers in a conference; by default an agent, a customer and a supervisor.
pub struct Desk {
    pub api: Api,
    pub conference: String,
    pub calls: Vec<String>,
    pub callers: Vec<Caller>,
    // Dropped last, so that the phones hang up before the server ends.
    pub _phones: Phones,
    pub server: Server,
}

impl Desk {
    pub fn start() -> Self {
        let names = ["agent", "customer", "supervisor"];
        Self::speaking(&names.map(|name| (name, Codec::Pcmu)))
    }

    /// Starts a conference with these callers, each with a codec of its own.
    pub fn speaking(seats: &[(&'static str, Codec)]) -> Self {
        let server = Server::start(&[]).unwrap();
        let phones = Phones::new().unwrap();
        let mut callers = Vec::new();
        let api = Api::new(&server).unwrap();
        let mut seated = (String::new(), Vec::new());
        for (&(name, codec), hz) in seats.iter().zip(TONES) {
            let caller = call_in(codec, &phones, &server, "desk", (name, hz));
            callers.push(caller.unwrap());
            // Sequentially, so that the order of seats is the order of names.
            seated = api.seated("desk", callers.len()).unwrap();
        }
        let calls = seated
            .1
            .iter()
            .map(|p| p["call_sid"].as_str().unwrap().to_owned())
            .collect();
        settle();
        Self {
            api,
            conference: seated.0,
            calls,
            callers,
            _phones: phones,
            server,
        }
    }

    /// Updates a participant; panics unless the status is 200.
    pub fn update(&self, who: usize, form: &[(&str, &str)]) -> serde_json::Value {
        let answer = self.api.post(&self.path(who), form).unwrap();
        assert_eq!(answer.status, 200, "{form:?}: {answer:?}");
        answer.json
    }

    pub fn path(&self, who: usize) -> String {
        format!(
            "/Conferences/{}/Participants/{}",
            self.conference, self.calls[who]
        )
    }

    pub fn matrix(&self) -> String {
        settle();
        let callers: Vec<&Caller> = self.callers.iter().collect();
        matrix(&callers, &[]).unwrap_or_else(|e| panic!("{e:#}\n{}", self.server.log()))
    }

    /// Returns the room's audibility from the API, in the format of `matrix`.
    pub fn audibility(&self) -> String {
        let told = self
            .api
            .get(&format!("/Conferences/{}/Audibility", self.conference))
            .unwrap();
        assert_eq!(told.status, 200, "{told:?}");
        let mut lines = String::new();
        for (n, caller) in self.callers.iter().enumerate() {
            let rows = told.json["listeners"].as_array().unwrap();
            let row = rows
                .iter()
                .find(|l| l["call_sid"] == self.calls[n].as_str())
                .unwrap();
            let hears = row["hears"].as_array().unwrap();
            let names: Vec<&str> = (0..self.callers.len())
                .filter(|s| {
                    hears
                        .iter()
                        .any(|h| h["call_sid"] == self.calls[*s].as_str() && h["audible"] == true)
                })
                .map(|s| self.callers[s].name)
                .collect();
            lines.push_str(&format!("{}: {}\n", caller.name, names.join(" ")));
        }
        lines
    }
}

const EVERYBODY: &str =
    "agent: customer supervisor\ncustomer: agent supervisor\nsupervisor: agent customer\n";

#[test]
fn every_row_of_the_table_is_heard() {
    let three = Desk::start();
    let (agent, customer, supervisor) = (0, 1, 2);
    let check = |row: &str, expected: &str| {
        assert_eq!(three.matrix(), expected, "heard: {row}");
        assert_eq!(three.audibility(), expected, "told: {row}");
    };
    check("normal", EVERYBODY);

    three.update(agent, &[("Muted", "true")]);
    check(
        "muted",
        "agent: customer supervisor\ncustomer: supervisor\nsupervisor: customer\n",
    );

    three.update(agent, &[("Hold", "true"), ("HoldUrl", "")]);
    check(
        "held and muted",
        "agent: \ncustomer: supervisor\nsupervisor: customer\n",
    );
    let json = three.update(agent, &[("Hold", "false")]);
    assert_eq!(json["muted"], true, "hold never touches muted");
    check(
        "unheld, still muted",
        "agent: customer supervisor\ncustomer: supervisor\nsupervisor: customer\n",
    );

    three.update(
        agent,
        &[("Muted", "false"), ("Hold", "true"), ("HoldUrl", "")],
    );
    check(
        "held",
        "agent: \ncustomer: supervisor\nsupervisor: customer\n",
    );
    three.update(agent, &[("Hold", "false")]);
    check("unheld", EVERYBODY);

    let coached = three.calls[agent].clone();
    three.update(
        supervisor,
        &[("Coaching", "true"), ("CallSidToCoach", &coached)],
    );
    check(
        "coaching",
        "agent: customer supervisor\ncustomer: agent\nsupervisor: agent customer\n",
    );
    three.update(supervisor, &[("Muted", "true")]);
    check(
        "monitoring",
        "agent: customer\ncustomer: agent\nsupervisor: agent customer\n",
    );
    three.update(supervisor, &[("Muted", "false")]);
    three.update(agent, &[("Muted", "true")]);
    check(
        "coaching one who is muted",
        "agent: customer supervisor\ncustomer: \nsupervisor: customer\n",
    );
    three.update(
        agent,
        &[("Muted", "false"), ("Hold", "true"), ("HoldUrl", "")],
    );
    check(
        "coaching one who is held",
        "agent: \ncustomer: \nsupervisor: customer\n",
    );
    three.update(agent, &[("Hold", "false")]);

    three.update(supervisor, &[("Coaching", "false"), ("CallSidToCoach", "")]);
    check("barge", EVERYBODY);
    three.update(customer, &[]);
    check("an empty update changes nothing", EVERYBODY);
}

#[test]
fn two_updates_at_once_leave_rules_and_room_of_one_mind() {
    let three = Desk::start();
    for round in 0..20 {
        let value = if round % 2 == 0 { "true" } else { "false" };
        std::thread::scope(|scope| {
            for who in 0..3 {
                let (server, path) = (&three.server, three.path(who));
                scope.spawn(move || {
                    let api = Api::new(server).unwrap();
                    let answer = api
                        .post(&path, &[("Muted", value), ("Hold", value)])
                        .unwrap();
                    assert_eq!(answer.status, 200, "{answer:?}");
                });
            }
        });
        let told = three
            .api
            .get(&format!("/Conferences/{}/Audibility", three.conference))
            .unwrap();
        assert_eq!(told.status, 200, "{told:?}");
    }
    assert_eq!(three.matrix(), EVERYBODY);
}
