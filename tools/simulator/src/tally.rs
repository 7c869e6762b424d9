//! Number of occurrences of each kind of input. A kind that never occurs is untested.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $text:literal),+ $(,)?) => {
        /// Kind of input.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {$(
            #[doc = $text]
            $name,
        )+}

        impl Kind {
            /// All kinds with their descriptions.
            pub const ALL: &'static [(Kind, &'static str)] = &[$((Kind::$name, $text)),+];
        }
    };
}

kinds! {
    Call "a phone calls",
    Dial "the API calls a phone",
    DialNobody "the API calls nobody",
    PicksUp "a phone that rings is answered",
    DialRefused "a phone that rings refuses",
    RingsOn "a phone rings, and nobody answers",
    WalksOff "a phone vanishes while it rings",
    HangUp "a phone hangs up",
    Cancel "a phone gives up before the answer",
    LateCancel "a CANCEL after the answer",
    SecondBye "a BYE a second time",
    SecondByeAnew "a BYE again in a new transaction",
    Vanish "a phone vanishes",
    Hold "a phone holds (sendonly)",
    HoldInactive "a phone holds (inactive)",
    Resume "a phone resumes",
    ReinviteAtOnce "a re-INVITE at once after the answer",
    Move "a phone moves its RTP to another port",
    NonsenseOffer "a re-INVITE with nonsense for an offer",
    Silent "a phone falls silent",
    Talks "a phone talks again",
    Star "the key *",
    OtherDigit "another key",
    JunkDatagram "a datagram of junk",
    MutilatedDatagram "a mutilated SIP message",
    OptionsAsked "an OPTIONS",
    KeptOpen "an OPTIONS keeps the binding of a NAT open",
    StrayInvite "an INVITE that nobody will acknowledge",
    SipLost "a SIP datagram is lost",
    SipTwice "a SIP datagram comes twice",
    SipOvertaken "a SIP datagram takes its time",
    StreamOpened "a SIP stream is opened",
    StreamBroken "a SIP stream breaks",
    Encrypted "the media of a phone is encrypted",
    LossCounted "RTP packets of a leg were lost",
    RtpLost "an RTP packet is lost",
    RtpLate "an RTP packet is late",
    RtpTwice "an RTP packet comes twice",
    Intruder "RTP from a wrong address",
    Sprayed "RTP from ports behind a phone's NAT",
    JunkRtp "an RTP packet of junk",
    JunkRtcp "an RTCP packet of junk",
    DocumentServed "a document comes",
    JunkDocument "a document that is none",
    AudioServed "audio comes",
    KeysOrdered "keys are to be pressed on a phone",
    KeysStopped "keys are not wanted any more",
    WrongThing "audio for a document, or the reverse",
    FetchFailed "a fetch fails",
    FetchHung "a fetch hangs until its time is up",
    FetchLate "an answer comes late, after younger ones",
    AnsweredTwice "a fetch is answered twice",
    StaleAnswer "an answer that nobody waits for any more",
    HookUnreachable "a web hook cannot be reached",
    HookHangs "a web hook never answers, or too late",
    HookTrickles "a web hook answers bit by bit until its time is up",
    HookFails "a web hook answers with 500, 503 or 429",
    HookRetryAfter "a web hook names Retry-After",
    HookResets "a web hook breaks off",
    HookRefuses "a web hook refuses",
    HookForbidden "a web hook is where nobody may call",
    HookSlow "a web hook takes its time",
    GivenUp "an error of a callback is final",
    Expired "a callback expires",
    NoRoom "a callback finds no room",
    Decoded "a sound is decoded",
    DecodeFailed "a decoding fails",
    DecodeLate "a decoding takes its time",
    Said "speech is made",
    ChunkLate "a chunk of sound takes its time",
    SoundGone "a sound is gone",
    Mute "Muted=true",
    Unmute "Muted=false",
    HoldOn "Hold=true",
    HoldOff "Hold=false",
    HoldUrl "HoldUrl",
    SilentHold "HoldUrl=",
    Coach "Coaching=true with a target",
    CoachAlone "Coaching=true without a target",
    Barge "Coaching=false",
    Target "CallSidToCoach alone",
    NoTarget "CallSidToCoach=",
    WrongTarget "CallSidToCoach of nobody here",
    SelfTarget "CallSidToCoach of itself",
    Announce "AnnounceUrl",
    WaitUrl "WaitUrl",
    BeepAsked "Beep",
    BeepOnExit "BeepOnExit",
    EndOnExit "EndConferenceOnExit",
    NoFields "an update without a field",
    ManyFields "an update with five fields or more",
    ByLabel "a participant named by its label",
    WhileRinging "an update of one who still rings",
    UnknownParticipant "an update of nobody",
    OtherConference "an update in the wrong conference",
    FetchParticipant "a participant is fetched",
    ListParticipants "participants are listed",
    Remove "a participant is removed",
    ListConferences "conferences are listed",
    FetchConference "a conference is fetched",
    Complete "a conference is completed",
    AnnounceToAll "an announcement to a conference",
    FetchCall "a call is fetched",
    EndCall "a call is ended by the API",
    CancelCall "a call is cancelled by the API",
    CallToUrl "a call is sent to another document by its URL",
    CallToText "a call is sent to a document in the update itself",
    CallToJunk "a call is sent to a document that is none",
    CallUnchanged "an update of a call without a field",
    UnknownCall "an update of a call that is over",
    Audibility "who hears whom is asked",
    ThreadStalls "a media thread stalls",
    LegMoves "a leg goes to the thread of its room",
    NoPort "no port is free",
    FormerCaller "a phone goes on sending after its call",
    PortGivenUp "a packet arrives before the SDP",
    RecordingOver "a recording is over",
    Drain "a drain",
    HangUpAll "the drain's end",
    Restored "written out and read back",
}

/// Counts by kind.
#[derive(Clone, Debug)]
pub struct Tally(Vec<u64>);

impl Default for Tally {
    fn default() -> Self {
        Self(vec![0; Kind::ALL.len()])
    }
}

impl Tally {
    pub(crate) fn count(&mut self, kind: Kind) {
        self.0[kind as usize] += 1;
    }

    /// Returns the number of occurrences of a kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        self.0[kind as usize]
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        for (sum, count) in self.0.iter_mut().zip(&other.0) {
            *sum += count;
        }
    }
}
