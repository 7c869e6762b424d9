//! Visit: a call in which each parameter is tried once.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use confab_phone::{PhoneConfig, Phones};

use super::canary::Canary;
use super::case::{Case, WAYS, Way, escaped};
use super::told::Told;
use crate::api::Api;
use crate::server::{Server, pause};

/// Document of a call whose former document has failed.
const LOBBY: &str = "http://public.test/lobby";

/// Context of a visit.
pub(super) struct Visit<'a> {
    pub(super) server: &'a Server,
    pub(super) api: &'a Api,
    pub(super) phones: &'a Phones,
    pub(super) canary: &'a Canary,
    pub(super) told: &'a Told,
    /// One case per parameter.
    pub(super) cases: &'a [Case],
    pub(super) number: usize,
}

impl Visit<'_> {
    pub(super) fn run(&self) -> Result<()> {
        ensure!(self.cases.len() == WAYS.len(), "a case for each way");
        let user = format!("v{}", self.number);
        let config = PhoneConfig::new(self.server.sip.parse()?, &user, "caller");
        let phone = self.phones.call(&config)?;
        phone.wait_until_talking(Duration::from_secs(20))?;
        let call = self
            .canary
            .call_of(&user)
            .context("the call asked for no document")?;
        let call = format!("/Calls/{call}");
        let conference = self.join(&call, &user)?;
        self.in_the_conference(&conference, &call)?;
        self.leave(&conference, &call)?;
        self.call_out()?;
        let _ended_already = phone.hang_up();
        phone.wait_until_ended(Duration::from_secs(20))?;
        self.wait(&[Way::StatusCallback])
    }

    /// Joins a conference that does not start, by a document with several forbidden URLs.
    fn join(&self, call: &str, name: &str) -> Result<String> {
        let url = |way| escaped(&self.case(way).url);
        let document = format!(
            "<Response><Play>{}</Play><Dial action=\"{}\"><Conference beep=\"false\" \
             startConferenceOnEnter=\"false\" waitUrl=\"{}\" statusCallback=\"{}\" \
             statusCallbackEvent=\"join\" eventCallbackUrl=\"{}\">{name}</Conference></Dial>\
             <Redirect>{LOBBY}</Redirect></Response>",
            url(Way::Play),
            url(Way::Action),
            url(Way::ConferenceWait),
            url(Way::ConferenceCallback),
            url(Way::ConferenceEvent),
        );
        self.must(call, &[("FallbackUrl", LOBBY), ("Twiml", &document)])?;
        let (conference, seated) = self.api.seated(name, 1)?;
        let participant = seated[0]["call_sid"].as_str().context("a participant")?;
        ensure!(call.ends_with(participant), "{name} is not alone");
        self.wait(&[Way::Play, Way::ConferenceWait, Way::ConferenceCallback])?;
        Ok(conference)
    }

    /// Tries the parameters of participant and conference, in sequence where a new value replaces
    /// the former one.
    fn in_the_conference(&self, conference: &str, call: &str) -> Result<()> {
        let all = format!("/Conferences/{conference}");
        let one = format!("{all}/Participants/{}", call.trim_start_matches("/Calls/"));
        self.put(&one, Way::Wait, "WaitUrl", &[])?;
        self.wait(&[Way::Wait])?;
        self.put(&one, Way::Announce, "AnnounceUrl", &[])?;
        self.put(&all, Way::AnnounceToAll, "AnnounceUrl", &[])?;
        self.lead(&one, Way::AnnounceRedirect, "AnnounceUrl", "Redirect")?;
        self.wait(&[Way::Announce, Way::AnnounceToAll, Way::AnnounceRedirect])?;
        let hold = ("Hold", "true");
        self.put(&one, Way::HoldGet, "HoldUrl", &[hold])?;
        self.wait(&[Way::HoldGet])?;
        self.put(
            &one,
            Way::HoldPost,
            "HoldUrl",
            &[hold, ("HoldMethod", "POST")],
        )?;
        self.wait(&[Way::HoldPost])?;
        self.must(&one, &[hold])?;
        self.lead(&one, Way::HoldPlay, "HoldUrl", "Play")?;
        self.wait(&[Way::HoldPlay])
    }

    /// Ends the conference, and tries the parameters of the call.
    fn leave(&self, conference: &str, call: &str) -> Result<()> {
        self.must(
            &format!("/Conferences/{conference}"),
            &[("Status", "completed")],
        )?;
        self.wait(&[Way::Action, Way::ConferenceEvent])?;
        let url = escaped(&self.case(Way::Redirect).url);
        let document = format!("<Response><Redirect>{url}</Redirect></Response>");
        self.must(call, &[("Twiml", &document)])?;
        self.wait(&[Way::Redirect])?;
        self.put(call, Way::StatusCallback, "StatusCallback", &[])?;
        self.put(call, Way::FallbackUrl, "FallbackUrl", &[])?;
        if !self.put(call, Way::Url, "Url", &[])? {
            // The fallback is used after a document that does not exist.
            self.must(call, &[("Url", "http://public.test/nothing")])?;
        }
        self.wait(&[Way::Url, Way::FallbackUrl])
    }

    /// Tries the parameters of outbound calls, which are answered.
    fn call_out(&self) -> Result<()> {
        let dialled = [("To", "+15551234567"), ("From", "+15557654321")];
        let nothing = ("Url", "http://public.test/nothing");
        let hangs_up = ("Twiml", "<Response><Hangup/></Response>");
        let once = ("StatusCallbackEvent", "initiated");
        let new = |way, field, more: &[(&str, &str)]| {
            let wish = [&dialled[..], more].concat();
            self.put("/Calls", way, field, &wish)
        };
        new(Way::NewUrl, "Url", &[])?;
        new(Way::NewFallbackUrl, "FallbackUrl", &[nothing])?;
        new(Way::NewStatusCallback, "StatusCallback", &[hangs_up, once])?;
        self.wait(&[Way::NewUrl, Way::NewFallbackUrl, Way::NewStatusCallback])
    }

    fn case(&self, way: Way) -> &Case {
        let nth = WAYS.iter().position(|one| *one == way);
        &self.cases[nth.unwrap_or(0)]
    }

    /// Sends the URL of a case in a field; returns whether the request was accepted.
    fn put(&self, to: &str, way: Way, field: &str, more: &[(&str, &str)]) -> Result<bool> {
        let url = &self.case(way).url;
        let form = [&[(field, url.as_str())], more].concat();
        let answer = self.post(to, &form)?;
        match answer.status {
            200 => Ok(true),
            422 if answer.json["code"] == 21402 => Ok(false),
            _ => bail!("{field}={url}: {answer:?}"),
        }
    }

    /// Sends the URL of a document that leads to the URL of a case.
    fn lead(&self, to: &str, way: Way, field: &str, verb: &str) -> Result<()> {
        let url = format!("http://public.test/{verb}/{}", self.case(way).number);
        self.must(to, &[(field, &url)])
    }

    fn must(&self, to: &str, form: &[(&str, &str)]) -> Result<()> {
        let answer = self.post(to, form)?;
        ensure!(answer.status == 200, "{to} {form:?}: {answer:?}");
        Ok(())
    }

    /// Sends a request; retries while the server responds with 429.
    fn post(&self, to: &str, form: &[(&str, &str)]) -> Result<crate::api::Answer> {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let answer = self.api.post(to, form)?;
            if answer.status != 429 || Instant::now() > until {
                return Ok(answer);
            }
            pause(Duration::from_millis(100));
        }
    }

    /// Waits until the cases of these parameters have been reported.
    fn wait(&self, ways: &[Way]) -> Result<()> {
        let numbers: Vec<usize> = ways.iter().map(|way| self.case(*way).number).collect();
        self.told.wait(&numbers)
    }
}
