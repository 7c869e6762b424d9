//! Sequence of the demo: three calls, the examples in order, an announcement, the end.

use std::net::SocketAddr;

use confab_client::{Client, ConferenceAt, ConferenceStatus};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::application;
use super::callers::{Callers, PATIENCE};
use super::examples::{ANNOUNCE, Desk, EVERYBODY, EXAMPLES, Example};
use super::hearing::{disagreements, hear};
use super::report::{Report, Shown};
use super::server::Server;
use super::sources::CALLERS;
use super::tap::{Exchange, Tap};
use crate::failure::Failure;

/// Number that the callers dial.
const CONFERENCE: &str = "demo";

/// Objects that the demo uses.
pub(crate) struct Show<'a> {
    runtime: &'a Runtime,
    client: Client,
    tap: Tap,
    application: String,
    sip: SocketAddr,
}

impl<'a> Show<'a> {
    /// Starts the proxy between client and API, the client, and the application.
    pub(crate) fn new(runtime: &'a Runtime, server: &Server) -> Result<Self, Failure> {
        let (tap, application) = runtime
            .block_on(async {
                let tap = Tap::start(server.doors.http).await?;
                Ok((tap, application::start().await?))
            })
            .map_err(Failure::refused("a port"))?;
        let base = format!("http://{}/api/laml", tap.address);
        let client = Client::builder(&base, &server.account, &server.token)
            .time_out(PATIENCE)
            .build()?;
        Ok(Self {
            runtime,
            client,
            tap,
            application: format!("http://{application}"),
            sip: server.doors.sip,
        })
    }

    /// Runs the demo from the first call to the end.
    pub(crate) fn run(&self, callers: &mut Callers, report: &mut Report) -> Result<(), Failure> {
        let (conference, desk) = self.call_all(callers)?;
        let heard = hear(callers, EVERYBODY)?;
        let told = self.runtime.block_on(conference.audibility())?;
        let disagree = disagreements(&told, &heard.matrix, &desk);
        report.joined(&heard, &disagree);
        for (n, example) in EXAMPLES.iter().enumerate() {
            let shown = self.show(example, callers, &conference, &desk)?;
            report.example(n + 1, example, &shown);
        }
        let shown = self.show(&ANNOUNCE, callers, &conference, &desk)?;
        report.announcement(&ANNOUNCE, &shown);
        let exchange = self.end(callers, &conference)?;
        report.ended(&exchange);
        Ok(())
    }

    /// Places the calls in sequence, so that each CallSid can be assigned to its caller.
    fn call_all(&self, callers: &mut Callers) -> Result<(ConferenceAt, Desk), Failure> {
        let mut calls: Vec<String> = Vec::new();
        let mut conference = None;
        for caller in CALLERS {
            callers.call(self.sip, CONFERENCE)?;
            let at = match &conference {
                Some(at) => at,
                None => conference.insert(self.conference(callers)?),
            };
            calls.push(self.seated(callers, at, caller.name, &calls)?);
        }
        let conference = conference.ok_or(Failure::Undocumented("nobody was to call".into()))?;
        let calls = calls.try_into().unwrap_or_default();
        let application = self.application.clone();
        Ok((conference, Desk { calls, application }))
    }

    /// Returns the conference that the first caller has opened.
    fn conference(&self, callers: &Callers) -> Result<ConferenceAt, Failure> {
        let list = || {
            self.client
                .all_conferences()
                .list()
                .friendly_name(CONFERENCE)
                .send()
        };
        let found = self.until(callers, || {
            let conferences = self.runtime.block_on(list())?;
            Ok(conferences.into_iter().next().map(|first| first.sid))
        })?;
        let sid = found.ok_or_else(|| {
            Failure::Undocumented("the first call opened no conference".to_owned())
        })?;
        Ok(self.client.conferences(sid))
    }

    /// Returns the CallSid that is new in the conference.
    fn seated(
        &self,
        callers: &Callers,
        conference: &ConferenceAt,
        name: &str,
        before: &[String],
    ) -> Result<String, Failure> {
        let found = self.until(callers, || {
            let list = conference.all_participants().list().send();
            let seated = self.runtime.block_on(list)?;
            let mut sids = seated.into_iter().map(|participant| participant.call_sid);
            Ok(sids.find(|sid| !before.contains(sid)))
        })?;
        found.ok_or_else(|| Failure::Undocumented(format!("{name} was not seated")))
    }

    /// Repeats a request until it returns a result, or until a timeout.
    fn until<T>(
        &self,
        callers: &Callers,
        mut ask: impl FnMut() -> Result<Option<T>, Failure>,
    ) -> Result<Option<T>, Failure> {
        let give_up = confab_phone::now() + PATIENCE;
        loop {
            let answer = ask()?;
            if answer.is_some() || confab_phone::now() >= give_up {
                return Ok(answer);
            }
            callers.listen(confab_phone::now(), 1)?;
        }
    }

    fn show(
        &self,
        example: &Example,
        callers: &Callers,
        conference: &ConferenceAt,
        desk: &Desk,
    ) -> Result<Shown, Failure> {
        self.tap.clear();
        let participant = conference.participants(&desk.calls[example.whom]);
        let update = (example.update)(participant.update(), desk);
        let updated = self.runtime.block_on(update.send())?;
        let exchange = self.exchange()?;
        let heard = hear(callers, example.hears)?;
        let told = self.runtime.block_on(conference.audibility())?;
        let mut wrong = unlike(&(example.says)(desk), &exchange);
        wrong.extend(heard.wrong.iter().map(ToString::to_string));
        wrong.extend(disagreements(&told, &heard.matrix, desk));
        Ok(Shown {
            exchange,
            applied_tick: updated.applied_tick,
            matrix: heard.matrix,
            wrong,
        })
    }

    fn exchange(&self) -> Result<Exchange, Failure> {
        let read = self.tap.exchange();
        read.ok_or_else(|| Failure::Undocumented("the exchange was none of HTTP".to_owned()))
    }

    /// Ends the conference, and all of its calls.
    fn end(&self, callers: &Callers, conference: &ConferenceAt) -> Result<Exchange, Failure> {
        self.tap.clear();
        let update = conference.update().completed().send();
        let ended = self.runtime.block_on(update)?;
        let exchange = self.exchange()?;
        if ended.status != ConferenceStatus::Completed {
            let status = ended.status;
            return Err(Failure::Undocumented(format!(
                "the conference was to be completed, and is {status}"
            )));
        }
        callers.wait_until_ended()?;
        Ok(exchange)
    }
}

/// Returns the differences between the response and the documentation.
fn unlike(says: &Value, exchange: &Exchange) -> Vec<String> {
    let mut found = Vec::new();
    if exchange.status != 200 {
        found.push(format!(
            "the status was to be 200, and is {}",
            exchange.status
        ));
    }
    for (key, value) in says.as_object().into_iter().flatten() {
        let is = &exchange.json[key];
        if is != value {
            found.push(format!("{key} was to be {value}, and is {is}"));
        }
    }
    found
}
