//! Checker of the fields of each callback against the model of the call and of the conference:
//! state, label, direction, numbers of the phone, times, reasons.

use std::collections::{BTreeMap, BTreeSet};

use confab_media::RoomChange;
use confab_switchboard::{About, CallView};
use confab_terms::{CallSid, ConferenceSid, Instant, Now, RoomId};

use crate::oracle::Person;
use crate::outcome::Checked;
use crate::world::{World, account};

/// Events without a participant.
const OF_CONFERENCE: [&str; 2] = ["conference-start", "conference-end"];
const REASONS_LEFT: [&str; 6] = [
    "conference_ended_via_api",
    "moderator_ended_conference",
    "participant_updated_via_api",
    "participant_hung_up",
    "participant_add_failed",
    "server_shutdown",
];
/// Number of audio figures in each event of a call.
const FIGURES: usize = 11;

pub(crate) type Fields<'a> = BTreeMap<&'a str, &'a str>;

/// Facts for the checks of later callbacks.
#[derive(Default)]
pub(crate) struct CallbackFields {
    /// `From` and `To` of each call; they never change.
    parties: BTreeMap<CallSid, (String, String)>,
    /// Participants as they were when they left a room, oldest first.
    left: BTreeMap<CallSid, Vec<(RoomId, Person)>>,
    /// Start of each conference.
    started: BTreeMap<RoomId, Instant>,
    /// Time at which each room lost its last participant.
    emptied: BTreeMap<RoomId, Now>,
    /// Call that an API request removes at this instant.
    pub(crate) removing: Option<CallSid>,
    /// True while the server ends all calls at this instant; and true if it ever did.
    pub(crate) shuts_down: bool,
    pub(crate) was_shut_down: bool,
    ended: BTreeMap<CallSid, Ended>,
}

/// View and last callback of an ended call, in either order.
#[derive(Default)]
struct Ended {
    view: Option<CallView>,
    fields: Option<BTreeMap<String, String>>,
}

impl World {
    /// Checks the fields of a callback.
    pub(crate) fn check_fields(&mut self, about: About, fields: &[(String, String)]) -> Checked {
        let all = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let by_name: Fields<'_> = all.collect();
        let checked = if by_name.len() != fields.len() {
            Err("a field twice".to_owned())
        } else {
            is(&by_name, "AccountSid", &account().to_string()).and_then(|()| match about {
                _ if is_of_recording(fields) => self.books.recordings.told(&by_name),
                About::Conference(conference) => self.check_conference(conference, &by_name),
                About::Call(call) => self.check_call(call, &by_name),
            })
        };
        checked.map_err(|why| format!("callback of {about:?}: {why}: {fields:?}"))
    }

    /// Records the participants that a change removes, before the change is applied to the oracle.
    pub(crate) fn note_change(&mut self, room: RoomId, change: &RoomChange) {
        for leg in &change.unseat {
            let picture = self.oracle.rooms.get(&room).map(|room| &room.now);
            let person = picture.and_then(|picture| picture.person(*leg));
            let call = self.oracle.call_of.get(leg);
            if let Some((call, person)) = call.zip(person) {
                let left = self.books.fields.left.entry(*call).or_default();
                left.push((room, person.clone()));
            }
        }
    }

    /// Records the state of a room after a change was applied to the oracle.
    pub(crate) fn note_changed(&mut self, id: RoomId) {
        let now = self.both();
        let Some(room) = self.oracle.rooms.get(&id) else {
            return;
        };
        let kept = &mut self.books.fields;
        if room.now.started {
            kept.started.entry(id).or_insert(now.instant);
        }
        if room.now.seated.is_empty() {
            kept.emptied.insert(id, now);
        } else {
            kept.emptied.remove(&id);
        }
    }

    fn check_conference(&mut self, sid: ConferenceSid, fields: &Fields<'_>) -> Checked {
        let event = at(fields, "StatusCallbackEvent")?;
        is(fields, "EventName", event)?;
        let room = self.oracle.of_sid(sid);
        let name = room.and_then(|room| self.oracle.rooms[&room].name.as_deref());
        is(
            fields,
            "FriendlyName",
            name.unwrap_or(at(fields, "FriendlyName")?),
        )?;
        if event == "conference-end" {
            return self.check_end(room, fields);
        }
        is(fields, "Timestamp", &self.both().wall.to_string())?;
        if OF_CONFERENCE.contains(&event) || !fields.contains_key("CallSid") {
            return match event {
                "conference-start" | "announcement-end" | "announcement-fail" => Ok(()),
                _ => Err("no CallSid".to_owned()),
            };
        }
        let call = self.check_standard(fields)?;
        self.check_participant((room, call), event, fields)?;
        match event {
            "participant-leave" => self.check_leave(call, fields),
            "announcement-end" => at(fields, "AnnounceUrl").map(drop),
            "announcement-fail" => at(fields, "ReasonAnnouncementFailed").map(drop),
            _ => Ok(()),
        }
    }

    /// Checks the standard fields of each callback about a call; returns its SID.
    fn check_standard(&mut self, fields: &Fields<'_>) -> Result<CallSid, String> {
        is(fields, "ApiVersion", "2010-04-01")?;
        let call = at(fields, "CallSid")?;
        let call = call.parse().map_err(|_| format!("CallSid {call:?}"))?;
        let ours = self.books.dialled.is_ours(call);
        let direction = if ours { "outbound-api" } else { "inbound" };
        is(fields, "Direction", direction)?;
        let (from, to) = (at(fields, "From")?, at(fields, "To")?);
        if ours {
            is(fields, "From", "+4912345")?;
        } else {
            let is_stray = from.trim_start_matches("sip:").starts_with("stray");
            let number = number_in(from);
            if number.is_none() && !is_stray {
                return Err("From is no phone's".to_owned());
            }
            let known = self.books.number_of(call).or(number);
            let mut others = self.books.fields.parties.iter();
            let others = others.find(|(other, told)| **other != call && told.0 == from);
            if known != number || (others.is_some() && !is_stray) {
                return Err(format!("From {from:?} is another phone's"));
            }
        }
        let told = (from.to_owned(), to.to_owned());
        let parties = &mut self.books.fields.parties;
        let known = parties.entry(call).or_insert_with(|| told.clone());
        if *known != told {
            return Err(format!("From and To were {known:?}"));
        }
        Ok(call)
    }

    /// Checks the state of the participant after the event; for a leave, before the event.
    fn check_participant(
        &self,
        (room, call): (Option<RoomId>, CallSid),
        event: &str,
        fields: &Fields<'_>,
    ) -> Checked {
        let leaves = matches!(event, "participant-leave" | "participant-speech-stop");
        let Some(person) = self.person(room, call, leaves) else {
            return Ok(());
        };
        let coaching = person.coaches.is_some();
        for (name, state) in [
            ("Muted", person.muted),
            ("Hold", person.held),
            ("Coaching", coaching),
            ("EndConferenceOnExit", person.ends),
            ("StartConferenceOnEnter", person.starts),
        ] {
            is(fields, name, &state.to_string())?;
        }
        if !person.label.is_empty() {
            is(fields, "ParticipantLabel", &person.label)?;
        }
        let means = match event {
            "participant-mute" => person.muted,
            "participant-unmute" => !person.muted,
            "participant-hold" => person.held,
            "participant-unhold" => !person.held,
            _ => true,
        };
        match means {
            true => Ok(()),
            false => Err(format!("it is not so: {person:?}")),
        }
    }

    /// Returns the participant in this room; in any room if the room of the conference is unknown.
    fn person(&self, room: Option<RoomId>, call: CallSid, leaves: bool) -> Option<&Person> {
        let is_there = |id: &RoomId| room.is_none_or(|room| room == *id);
        let leg = self.oracle.leg_of.get(&call).copied();
        let mut rooms = self.oracle.rooms.iter().filter(|(id, _)| is_there(id));
        let seated = rooms.find_map(|(_, room)| room.now.person(leg?));
        let left = self.books.fields.left.get(&call).filter(|_| leaves);
        let mut left = left.into_iter().flatten().rev();
        let left = left.find(|(id, _)| is_there(id)).map(|(_, person)| person);
        seated.or(left)
    }

    fn check_leave(&self, call: CallSid, fields: &Fields<'_>) -> Checked {
        let status = at(fields, "ParticipantCallStatus")?;
        is(fields, "CallStatus", status)?;
        let reason = at(fields, "ReasonParticipantLeft")?;
        if self.books.fields.shuts_down != (reason == "server_shutdown") {
            return Err("the server ends its calls, or does not".to_owned());
        }
        let removed = self.books.fields.removing == Some(call);
        if removed && reason != "participant_updated_via_api" {
            return Err("the API removed it".to_owned());
        }
        match REASONS_LEFT.contains(&reason) {
            true => Ok(()),
            false => Err(format!("ReasonParticipantLeft {reason:?}")),
        }
    }

    fn check_end(&self, room: Option<RoomId>, fields: &Fields<'_>) -> Checked {
        // The callback waits for the file of a recording; its timestamp does not.
        let emptied = room.and_then(|room| self.books.fields.emptied.get(&room));
        let ended = *emptied.unwrap_or(&self.both());
        is(fields, "Timestamp", &ended.wall.to_string())?;
        at(fields, "Reason")?;
        let reason = at(fields, "ReasonConferenceEnded")?;
        let by = fields.get("CallSidEndingConference");
        let by = by.and_then(|call| call.parse::<CallSid>().ok());
        let by = by.and_then(|call| self.person(room, call, true));
        let ends = match reason {
            "conference-ended-via-api" => None,
            "server-shutdown" if self.books.fields.was_shut_down => None,
            "last-participant-left" | "last-participant-kicked" => Some(false),
            "participant-with-end-conference-on-exit-left"
            | "participant-with-end-conference-on-exit-kicked" => Some(true),
            _ => return Err(format!("ReasonConferenceEnded {reason:?}")),
        };
        if ends != by.map(|person| person.ends) {
            return Err(format!("it was ended by {by:?}"));
        }
        if let Some(person) = by.filter(|person| !person.label.is_empty()) {
            is(fields, "ParticipantLabelEndingConference", &person.label)?;
        }
        let seconds = at(fields, "Duration")?.parse::<u64>().ok();
        let started = room.and_then(|room| self.books.fields.started.get(&room));
        let lasted = started.map(|started| ended.instant.saturating_since(*started).as_secs());
        match lasted {
            Some(lasted) if seconds != Some(lasted) => Err(format!("it lasted {lasted} s")),
            _ => seconds.map(drop).ok_or_else(|| "Duration".to_owned()),
        }
    }

    fn check_call(&mut self, call: CallSid, fields: &Fields<'_>) -> Checked {
        is(fields, "CallbackSource", "call-progress-events")?;
        is(fields, "CallSid", &call.to_string())?;
        self.check_standard(fields)?;
        let figures = fields.keys().filter(|name| name.starts_with("Audio"));
        if figures.count() != FIGURES {
            return Err(format!("not {FIGURES} figures of its audio"));
        }
        if !fields.contains_key("CallDuration") {
            return is(fields, "Timestamp", &self.both().wall.to_string());
        }
        if let Some(leg) = self.oracle.leg_of.get(&call) {
            self.books.audio.check(*leg, fields)?;
        }
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let ended = self.books.fields.ended.entry(call).or_default();
        ended.fields = Some(fields.collect());
        ended.check()
    }
}

impl CallbackFields {
    /// Records the view of an ended call.
    pub(crate) fn call_ended(&mut self, view: &CallView) -> Checked {
        let ended = self.ended.entry(view.sid).or_default();
        ended.view = Some(view.clone());
        let checked = ended.check();
        checked.map_err(|why| format!("last callback of {}: {why}", view.sid))
    }

    /// Checks that each ended call has a view and a last callback.
    pub(crate) fn close(&self, calls: &BTreeSet<CallSid>) -> Checked {
        let is_whole = |call| {
            let ended = self.ended.get(call);
            ended.is_some_and(|ended| ended.view.is_some() && ended.fields.is_some())
        };
        match calls.iter().find(|call| !is_whole(call)) {
            None => Ok(()),
            Some(call) => Err(format!("{call} has no last callback, or no view")),
        }
    }
}

impl Ended {
    fn check(&self) -> Checked {
        let (Some(view), Some(fields)) = (&self.view, &self.fields) else {
            return Ok(());
        };
        let fields = fields.iter();
        let fields: Fields<'_> = fields.map(|(a, b)| (a.as_str(), b.as_str())).collect();
        is(&fields, "From", &view.from)?;
        is(&fields, "To", &view.to)?;
        is(&fields, "CallStatus", status(view))?;
        let end = view.end_time.ok_or("no end")?;
        is(&fields, "Timestamp", &end.to_string())?;
        let lasted_ms = view.start_time.map_or(0, |start| end.0 - start.0);
        let told = at(&fields, "CallDuration")?.parse().unwrap_or(-1);
        // Times are truncated to milliseconds.
        if (lasted_ms - 1) / 1_000 != told && (lasted_ms + 1) / 1_000 != told {
            return Err(format!(
                "CallDuration {told}, the call lasted {lasted_ms} ms"
            ));
        }
        if let Some(code) = view.sip_result_code {
            is(&fields, "SipResultCode", &code.to_string())?;
        }
        let by = at(&fields, "HangupBy")?;
        let inbound = at(&fields, "Direction")? == "inbound";
        let they = at(&fields, if inbound { "From" } else { "To" })?;
        let direction = if by == they { "inbound" } else { "outbound" };
        is(&fields, "HangupDirection", direction)
    }
}

fn status(view: &CallView) -> &'static str {
    use confab_switchboard::CallStatus as Status;
    match view.status {
        Status::Completed => "completed",
        Status::Busy => "busy",
        Status::Failed => "failed",
        Status::NoAnswer => "no-answer",
        Status::Canceled => "canceled",
        Status::Queued | Status::Ringing | Status::InProgress => "not over",
    }
}

/// True if the callback is about a recording, which has no number.
pub(crate) fn is_of_recording(fields: &[(String, String)]) -> bool {
    let has = |name: &str| fields.iter().any(|(known, _)| known == name);
    has("RecordingStatus") && !has("SequenceNumber")
}

/// Parses the number of a phone's call from `sip:c17@phones.example` or `c17`.
pub(crate) fn number_in(from: &str) -> Option<u64> {
    let rest = from
        .strip_prefix("sip:")
        .unwrap_or(from)
        .strip_prefix('c')?;
    rest.split('@').next()?.parse().ok()
}

pub(crate) fn at<'a>(fields: &Fields<'a>, name: &str) -> Result<&'a str, String> {
    let value = fields.get(name).copied().filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("no {name}"))
}

pub(crate) fn is(fields: &Fields<'_>, name: &str, expected: &str) -> Checked {
    match at(fields, name)? {
        value if value == expected => Ok(()),
        value => Err(format!("{name} {value:?}, expected {expected:?}")),
    }
}
