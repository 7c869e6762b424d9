//! Start after a kill: closes the calls and conferences of the previous process, with the webhooks
//! of a normal end.

use std::collections::BTreeMap;

use confab_conference::{EndReason, Event, EventKind, LeaveReason, ParticipantState, Status, Url};
use confab_media::LegFigures;
use confab_terms::{CallSid, ConferenceSid, Instant, Method, Now, WallTime};
use serde::{Deserialize, Serialize};

use crate::notifications::fields::{CallFacts, Fields};
use crate::notifications::{self, EventFields};
use crate::state::whole_seconds;
use crate::{About, CallEnd, CallEvent, CallRow, CallStatus, CallView, ConferenceRow};
use crate::{News, Output, OwedCallback, RecordingStatus, RecordingView, RowChange, SeatRow};

/// Rows that the previous process left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OpenRows {
    /// Last time at which the calls are known to have been up.
    pub alive: Option<Now>,
    /// Calls, in any order.
    pub calls: Vec<CallRow>,
    /// Conferences, in any order.
    pub conferences: Vec<ConferenceRow>,
}

/// Recording that the previous process left unfinished, in its repaired state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MendedRecording {
    /// The recording.
    pub view: RecordingView,
    /// Size of the file. `None`: no file exists.
    pub bytes: Option<u64>,
}

impl OpenRows {
    /// Closes every call and conference. The outputs of one call or conference are contiguous; the
    /// last of these outputs removes the row.
    #[must_use]
    pub fn close(
        mut self,
        now: WallTime,
        api_url: &str,
        recordings: &[MendedRecording],
    ) -> Vec<Output> {
        let mut closing = Closing {
            alive: self.alive.unwrap_or_default(),
            now,
            api_url,
            recordings,
            outputs: Vec::new(),
        };
        for call in self.calls.iter_mut().filter(|call| call.owed.is_none()) {
            closing.end(call);
        }
        self.conferences
            .sort_by_key(|row| (row.view.date_created, row.view.sid));
        let mut seated = seated(&self.calls);
        for row in self.conferences {
            let participants = seated.remove(&row.view.sid).unwrap_or_default();
            closing.conference(&row, &participants);
        }
        self.calls
            .sort_by_key(|row| (row.view.date_created, row.view.sid));
        for row in self.calls {
            closing.call(row);
        }
        closing.outputs
    }
}

/// Returns the participants of each conference, oldest first.
fn seated(calls: &[CallRow]) -> BTreeMap<ConferenceSid, Vec<(&SeatRow, &CallView)>> {
    let mut seated: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in calls {
        if let Some(seat) = &row.seat {
            let participants = seated.entry(seat.conference).or_default();
            participants.push((seat, &row.view));
        }
    }
    for participants in seated.values_mut() {
        // Leg ids increase: they decide between participants of the same millisecond.
        participants.sort_by_key(|(seat, _)| (seat.participant.date_created, seat.participant.leg));
    }
    seated
}

struct Closing<'a> {
    alive: Now,
    now: WallTime,
    api_url: &'a str,
    recordings: &'a [MendedRecording],
    outputs: Vec<Output>,
}

impl Closing<'_> {
    /// Sets the final state of a call that was up.
    fn end(&self, row: &mut CallRow) {
        let view = &mut row.view;
        view.status = match row.answered_at {
            Some(_) => CallStatus::Completed,
            None => CallStatus::Failed,
        };
        let begun = view.start_time.unwrap_or(view.date_created);
        view.end_time = Some(self.alive.wall.max(begun));
        view.date_updated = self.now;
        view.seconds = Some(row.answered_at.map_or(0, |since| self.seconds(since)));
    }

    /// Returns the whole seconds from a moment to the last time at which calls are known to have
    /// been up.
    fn seconds(&self, since: Instant) -> i64 {
        whole_seconds(since, self.alive.instant)
    }

    fn conference(&mut self, row: &ConferenceRow, participants: &[(&SeatRow, &CallView)]) {
        let sid = row.view.sid;
        let mut view = row.view.clone();
        match &row.owed {
            Some(owed) => self.owed_end(row, owed),
            None => {
                self.end_events(row, participants);
                view.status = Status::Completed;
                view.end_reason = Some(EndReason::ServerRestarted);
                view.date_updated = self.now;
                self.outputs.push(Output::News(News::ConferenceEnded {
                    conference: sid,
                    why: EndReason::ServerRestarted,
                    by: None,
                    seconds: self.seconds(row.since),
                }));
            }
        }
        self.outputs.push(Output::ConferenceEnded(view));
        self.row(RowChange::ConferenceClosed(sid));
    }

    /// Sends participant-leave for each participant, then conference-end.
    fn end_events(&mut self, row: &ConferenceRow, participants: &[(&SeatRow, &CallView)]) {
        let mut sequence = row.sequence;
        for (seat, view) in participants {
            let (left, is_speaking) = (&seat.participant, seat.speaks);
            let stop = is_speaking.then_some(EventKind::SpeechStop);
            let leave = EventKind::Leave(LeaveReason::ServerRestarted);
            for kind in stop.into_iter().chain([leave]) {
                self.event(row, &mut sequence, kind, Some((left, view)));
            }
        }
        let end = EventKind::End {
            reason: EndReason::ServerRestarted,
            call: None,
            label: None,
        };
        self.event(row, &mut sequence, end, None);
    }

    fn event(
        &mut self,
        row: &ConferenceRow,
        sequence: &mut u64,
        kind: EventKind,
        participant: Option<(&ParticipantState, &CallView)>,
    ) {
        let callback = row.callback.as_ref();
        let callback = callback.filter(|callback| callback.events.contains(&kind.word()));
        let is_end = matches!(kind, EventKind::End { .. });
        let also = row.event_callback_url.as_ref().filter(|_| is_end);
        let to: Vec<Url> = callback
            .map(|callback| callback.to.clone())
            .into_iter()
            .chain(also.map(|url| Url {
                url: url.clone(),
                method: Method::Post,
            }))
            .collect();
        if to.is_empty() {
            return;
        }
        *sequence += 1;
        let about = EventFields {
            account: row.view.account,
            conference: row.view.sid,
            friendly_name: &row.view.friendly_name,
            sequence: *sequence,
            at: self.now,
            seconds: self.seconds(row.since),
            call: participant.map(|(_, view)| CallFacts::of_view(view)),
        };
        let mut fields = about.of(&Event {
            kind,
            participant: participant.map(|(state, _)| Box::new(state.clone())),
        });
        if is_end {
            fields.extend(self.file(row));
        }
        self.send(About::Conference(row.view.sid), &to, &fields);
    }

    /// Sends a conference-end event that lacked the file of the recording only.
    fn owed_end(&mut self, row: &ConferenceRow, owed: &OwedCallback) {
        let mut fields = owed.fields.clone();
        fields.extend(self.file(row));
        self.send(About::Conference(row.view.sid), &owed.to, &fields);
    }

    fn call(&mut self, row: CallRow) {
        let about = About::Call(row.view.sid);
        match &row.owed {
            Some(OwedCallback { to, fields }) => {
                let mut fields = fields.clone();
                fields.extend(notifications::of_figures(&LegFigures::default()));
                self.send(about, to, &fields);
            }
            None => {
                let callback = row.status_callback.as_ref();
                let is_requested = |events: &[CallEvent]| events.contains(&CallEvent::Completed);
                if let Some(callback) = callback.filter(|one| is_requested(&one.events)) {
                    let fields = self.last_fields(&row);
                    self.send(about, core::slice::from_ref(&callback.to), &fields);
                }
                self.outputs.push(Output::News(News::CallEnded {
                    call: row.view.sid,
                    from: row.view.from.clone(),
                    how: CallEnd::ServerRestarted,
                    status: row.view.status,
                    sip: row.view.sip_result_code,
                    seconds: row.view.seconds.unwrap_or_default(),
                }));
            }
        }
        let sid: CallSid = row.view.sid;
        self.outputs.push(Output::CallEnded(row.view));
        self.row(RowChange::CallClosed(sid));
    }

    fn last_fields(&self, row: &CallRow) -> Fields {
        let (view, facts) = (&row.view, CallFacts::of_view(&row.view));
        let moment = (self.now, row.next_number, view.sip_result_code);
        let mut fields = notifications::event_fields(view.account, facts, moment);
        let seconds = view.seconds.unwrap_or_default();
        fields.extend(notifications::end_fields(
            facts,
            CallEnd::ServerRestarted,
            seconds,
        ));
        let recorded = self
            .recordings
            .iter()
            .find(|one| Some(one.view.sid) == row.recording);
        if let Some(one) = recorded.filter(|one| one.view.status == RecordingStatus::Completed) {
            let url = notifications::url_of(self.api_url, view.account, one.view.sid);
            let seconds = one.view.duration_ms / 1_000;
            fields.extend(notifications::recording_fields(url, one.view.sid, seconds));
        }
        fields.extend(notifications::of_figures(&LegFigures::default()));
        fields
    }

    /// Returns the fields of conference-end about the file of the recording.
    fn file(&self, row: &ConferenceRow) -> Fields {
        let recording = self
            .recordings
            .iter()
            .find(|one| Some(one.view.sid) == row.recording);
        let Some((recording, bytes)) = recording.and_then(|one| Some((one, one.bytes?))) else {
            return Fields::new();
        };
        let url = notifications::url_of(self.api_url, row.view.account, recording.view.sid);
        notifications::file_fields(url, bytes).into()
    }

    fn send(&mut self, about: About, to: &[Url], fields: &Fields) {
        for to in to {
            self.outputs
                .push(notifications::callback(about, to, fields.clone()));
        }
    }

    fn row(&mut self, change: RowChange) {
        let at = self.alive;
        self.outputs.push(Output::Row { at, change });
    }
}
