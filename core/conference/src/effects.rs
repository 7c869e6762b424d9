//! What follows from a change of a conference, for the switchboard to carry out.
//! All of one `Effects` belongs together: its room part takes effect on one tick.

use confab_terms::{Audibility, CallSid, LegId};
use serde::{Deserialize, Serialize};

use crate::{Music, RecordWish, Url};

/// What follows from one change. Empty means: nothing changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effects {
    /// Legs that leave the room.
    pub unseat: Vec<LegId>,
    /// Legs that take a seat, each with its audibility from the first frame.
    pub seat: Vec<(LegId, Audibility)>,
    /// Seated legs whose audibility changed.
    pub audibility: Vec<(LegId, Audibility)>,
    /// What each of these calls is to hear besides the room from now on.
    pub hears: Vec<(CallSid, Hears)>,
    /// A tone to those who hear the room.
    pub beep: Option<Beep>,
    /// The conference has started and is recorded from now on, to its end.
    pub record: Option<RecordWish>,
    /// Announcements to queue.
    pub announcements: Vec<Announcement>,
    /// What happened, in order: told to the application if it asked for the word.
    pub events: Vec<Event>,
    /// Calls that are no longer in the conference and go on with their document.
    pub left: Vec<(CallSid, LeaveReason)>,
    /// Expected calls that can't join any more, since the conference is over. They never were in
    /// it; whoever still wants its name gets a new conference.
    pub no_longer_expected: Vec<crate::ParticipantState>,
    /// The conference is over; nothing will follow.
    pub ended: bool,
}

/// What a call hears besides its room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hears {
    /// Only the room: whatever music played stops.
    Room,
    /// This music, instead of the room.
    Music(MusicKind, Music),
}

/// Why music is played: it decides the fields and default method of the fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MusicKind {
    /// The participant is held.
    Hold,
    /// The conference has not started.
    Wait,
}

/// A tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Beep {
    /// Somebody joined (or `Beep=true`); this leg does not hear it.
    Enter(Option<LegId>),
    /// Somebody left.
    Exit,
}

/// An announcement for one participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Who hears it.
    pub to: CallSid,
    /// What.
    pub from: Url,
    /// It was asked for by an update of the conference: no call's fields in the fetch.
    pub to_all: bool,
}

/// Something that happened, as the application is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// The participant as it was at that moment, for the fields of the webhook.
    pub participant: Option<Box<crate::ParticipantState>>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// conference-start
    Start,
    /// conference-end
    End {
        /// Why.
        reason: EndReason,
        /// By whose leaving.
        call: Option<CallSid>,
        /// That one's label.
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
        /// What was played.
        url: String,
    },
    /// announcement-fail
    AnnouncementFail {
        /// What was not played.
        url: String,
        /// Why, in words with the vendor's code.
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
