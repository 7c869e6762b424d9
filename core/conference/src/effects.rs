//! Effects of a change of a conference, executed by the switchboard. The contents of one `Effects`
//! belong together: the changes of the room take effect on one tick.

use confab_terms::{Audibility, CallSid, LegId};
use serde::{Deserialize, Serialize};

use crate::{Music, RecordWish, Url};

/// Effects of one change; empty if nothing changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effects {
    /// Legs that leave the room.
    pub unseat: Vec<LegId>,
    /// Legs that take a seat, with their audibility from the first frame on.
    pub seat: Vec<(LegId, Audibility)>,
    /// Seated legs whose audibility changed.
    pub audibility: Vec<(LegId, Audibility)>,
    /// Calls and the sounds that they hear from now on besides the room, or instead of the room.
    pub hears: Vec<(CallSid, Hears)>,
    /// Tone for all legs that hear the room.
    pub beep: Option<Beep>,
    /// Settings of a recording that begins now, at the start of the conference.
    pub record: Option<RecordWish>,
    /// Announcements to queue.
    pub announcements: Vec<Announcement>,
    /// Events in order, sent to the application if subscribed.
    pub events: Vec<Event>,
    /// Calls that have left the conference and continue with their document.
    pub left: Vec<(CallSid, LeaveReason)>,
    /// Expected calls that cannot join, since the conference has ended. These calls never were
    /// seated; a call that still joins by name gets a new conference.
    pub no_longer_expected: Vec<crate::ParticipantState>,
    /// True if the conference has ended; no effects follow.
    pub ended: bool,
}

/// Sound that a call hears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hears {
    /// The room only; music that plays is stopped.
    Room,
    /// Music instead of the room.
    Music(MusicKind, Music),
}

/// Purpose of music, which determines the fields and the default method of the fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MusicKind {
    /// The participant is held.
    Hold,
    /// The conference has not started.
    Wait,
}

/// Tone in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Beep {
    /// A participant joined (or `Beep=true`); the leg, if any, does not hear the tone.
    Enter(Option<LegId>),
    /// A participant left.
    Exit,
}

/// An announcement for one participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Call that hears the announcement.
    pub to: CallSid,
    /// URL of the announcement.
    pub from: Url,
    /// True if an update of the conference requested the announcement: the fetch has no fields of a
    /// call.
    pub to_all: bool,
}

/// Event for the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Kind of the event.
    pub kind: EventKind,
    /// Participant at the time of the event, for the fields of the webhook.
    pub participant: Option<Box<crate::ParticipantState>>,
}

/// Kind of an event, with the name that the webhook has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// conference-start
    Start,
    /// conference-end
    End {
        /// Reason of the end.
        reason: EndReason,
        /// Call whose leave ended the conference.
        call: Option<CallSid>,
        /// Label of that participant.
        label: Option<String>,
    },
    /// participant-join
    Join,
    /// participant-leave
    Leave(LeaveReason),
    /// participant-mute
    Mute,
    /// participant-unmute
    Unmute,
    /// participant-hold
    Hold,
    /// participant-unhold
    Unhold,
    /// participant-modify
    Modify,
    /// participant-speech-start
    SpeechStart,
    /// participant-speech-stop
    SpeechStop,
    /// announcement-end
    AnnouncementEnd {
        /// URL of the announcement.
        url: String,
    },
    /// announcement-fail
    AnnouncementFail {
        /// URL of the announcement.
        url: String,
        /// Reason, as a text with the vendor's error code.
        reason: String,
    },
}

/// `ReasonConferenceEnded`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndReason {
    /// conference-ended-via-api
    EndedViaApi,
    /// last-participant-left
    LastParticipantLeft,
    /// last-participant-kicked
    LastParticipantKicked,
    /// participant-with-end-conference-on-exit-left
    EndOnExitLeft,
    /// participant-with-end-conference-on-exit-kicked
    EndOnExitKicked,
    /// server-shutdown
    ServerShutdown,
    /// server-restarted
    ServerRestarted,
}

/// `ReasonParticipantLeft`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeaveReason {
    /// conference_ended_via_api
    ConferenceEndedViaApi,
    /// moderator_ended_conference
    ModeratorEnded,
    /// participant_updated_via_api: removed by DELETE, or its call was updated
    UpdatedViaApi,
    /// participant_hung_up, `*` and timeLimit included
    HungUp,
    /// participant_add_failed
    AddFailed,
    /// media_timeout
    MediaTimeout,
    /// server_shutdown: the server ends every call
    ServerShutdown,
    /// server_restarted: the process was killed
    ServerRestarted,
}
