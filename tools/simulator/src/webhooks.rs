//! Checker of conference events: numbered per conference from 1 without a gap, in order and once;
//! each join has a leave; nothing follows the end.

use std::collections::{BTreeMap, BTreeSet};

use confab_terms::ConferenceSid;

use crate::outcome::Checked;

#[derive(Clone, Default)]
pub(crate) struct Webhooks {
    conferences: BTreeMap<ConferenceSid, Told>,
}

#[derive(Clone, Default)]
struct Told {
    last: u64,
    last_urls: Vec<String>,
    inside: BTreeSet<String>,
    speaking: BTreeSet<String>,
    over: bool,
}

impl Webhooks {
    /// Checks a callback of a conference against the former ones.
    pub(crate) fn told(
        &mut self,
        conference: ConferenceSid,
        url: &str,
        fields: &[(String, String)],
    ) -> Checked {
        let fields: BTreeMap<&str, &str> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let field = |name: &str| fields.get(name).copied().unwrap_or_default();
        let event = field("StatusCallbackEvent");
        let number = field("SequenceNumber").parse().unwrap_or(0);
        let wrong = |why: &str| Err(format!("{event} {number} of {conference}: {why}"));
        let told = self.conferences.entry(conference).or_default();
        if field("ConferenceSid") != conference.to_string() {
            return wrong("names another conference");
        }
        if number == told.last && number > 0 {
            // conference-end is sent to two URLs.
            if event != "conference-end" || told.last_urls.iter().any(|known| known == url) {
                return wrong("told twice");
            }
            told.last_urls.push(url.to_owned());
            return Ok(());
        }
        if told.over {
            return wrong("follows conference-end");
        }
        if number != told.last + 1 {
            return wrong(&format!("follows {}", told.last));
        }
        told.last = number;
        told.last_urls = vec![url.to_owned()];
        let call = field("CallSid");
        let failed = field("ReasonParticipantLeft") == "participant_add_failed";
        match event {
            "participant-join" if !told.inside.insert(call.to_owned()) => wrong("joined twice"),
            "participant-leave" if !told.inside.remove(call) && !failed => {
                wrong("leaves and is not in it")
            }
            "participant-leave" if told.speaking.contains(call) => wrong("leaves and still speaks"),
            "participant-speech-start" if !told.inside.contains(call) => {
                wrong("speaks and is not in it")
            }
            "participant-speech-start" if !told.speaking.insert(call.to_owned()) => {
                wrong("began twice")
            }
            "participant-speech-stop" if !told.speaking.remove(call) => wrong("had not begun"),
            "conference-end" => {
                told.over = true;
                if told.inside.is_empty() {
                    Ok(())
                } else {
                    wrong(&format!("{:?} have not left", told.inside))
                }
            }
            "" => wrong("no event"),
            _ => Ok(()),
        }
    }

    pub(crate) fn close(&self) -> Checked {
        match self.conferences.iter().find(|(_, told)| !told.over) {
            None => Ok(()),
            Some((conference, _)) => Err(format!("{conference} never told its end")),
        }
    }
}
