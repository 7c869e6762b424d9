//! Checker of call events: `SequenceNumber` counts from 0 without a gap, states advance in order,
//! and a final state comes last and once.

use std::collections::{BTreeMap, BTreeSet};

use confab_terms::CallSid;

use crate::outcome::Checked;

/// States of a call before the final one, in order.
const WAY: [&str; 3] = ["initiated", "ringing", "in-progress"];
const OVER: [&str; 5] = ["completed", "busy", "failed", "no-answer", "canceled"];

#[derive(Clone, Default)]
pub(crate) struct CallEvents {
    calls: BTreeMap<CallSid, Told>,
}

#[derive(Clone, Default)]
struct Told {
    count: u64,
    way: usize,
    over: bool,
}

impl CallEvents {
    pub(crate) fn told(&mut self, call: CallSid, fields: &[(String, String)]) -> Checked {
        let field = |name: &str| {
            let mut fields = fields.iter();
            let found = fields.find_map(|(known, value)| (known == name).then_some(value.as_str()));
            found.unwrap_or_default()
        };
        let (status, number) = (field("CallStatus"), field("SequenceNumber"));
        let wrong = |why: &str| Err(format!("{status} {number} of {call}: {why}"));
        let told = self.calls.entry(call).or_default();
        if field("CallSid") != call.to_string() {
            return wrong("names another call");
        }
        if number != told.count.to_string() {
            return wrong(&format!("is the event after {} others", told.count));
        }
        told.count += 1;
        if told.over {
            return wrong("follows its end");
        }
        if OVER.contains(&status) {
            told.over = true;
            return Ok(());
        }
        match WAY.iter().position(|known| *known == status) {
            Some(at) if at == 0 && told.count != 1 => wrong("does not begin"),
            Some(at) if at < told.way => wrong("goes back"),
            Some(at) => {
                told.way = at + 1;
                Ok(())
            }
            None => wrong("is no status"),
        }
    }

    pub(crate) fn was_up(&self, call: CallSid) -> bool {
        let told = self.calls.get(&call);
        told.is_some_and(|told| told.way == WAY.len())
    }

    pub(crate) fn close(&self, ended: &BTreeSet<CallSid>) -> Checked {
        let told: BTreeSet<_> = self.calls.keys().copied().collect();
        if told != *ended {
            return Err(format!(
                "told of {} calls, {} ended",
                told.len(),
                ended.len()
            ));
        }
        match self.calls.iter().find(|(_, told)| !told.over) {
            None => Ok(()),
            Some((call, _)) => Err(format!("{call} never told its end")),
        }
    }
}
