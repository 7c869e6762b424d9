//! Everything that the switchboard wants done.

use confab_media::Command as MediaCommand;
use confab_sip::{ConnectionId, ConnectionOrder, Lookup, Registration, Transport};
use confab_terms::{
    AudioId, CallSid, ConferenceSid, DecodeId, FetchId, LegId, Method, Now, RecordingSid,
    RequestId, SocketAddr, WallTime,
};
use serde::{Deserialize, Serialize};

use crate::{CallView, ConferenceView, Cookies, News, Notice, RecordingView, Reply, RowChange};

/// Everything that the switchboard wants done. Outputs are carried out in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// Send on the SIP socket.
    Datagram {
        /// To whom.
        to: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// To be done with a connection, in this order.
    Connection {
        /// Which.
        connection: ConnectionId,
        /// What.
        order: ConnectionOrder,
    },
    /// Find where a name's SIP is spoken (RFC 3263 §4); answered by `Input::Resolved`.
    Resolve {
        /// Echoed.
        lookup: Lookup,
        /// The name.
        host: String,
        /// Its port; `None`: those of its SRV records, else 5060.
        port: Option<u16>,
        /// For which transport; `None`: for any, UDP before TCP.
        transport: Option<Transport>,
    },
    /// Answer the REST API.
    Reply {
        /// Whose question.
        request: RequestId,
        /// The answer.
        reply: Reply,
    },
    /// Bind an RTP and an RTCP socket on this thread; answered by `Input::LegOpened`.
    /// They are closed when the leg is removed (`MediaCommand::RemoveLeg`).
    OpenLeg {
        /// Which.
        leg: LegId,
        /// On which media thread.
        thread: u16,
    },
    /// Take a leg with its sockets from one media thread to another, between two ticks. What is
    /// ordered of `to` afterwards finds it there.
    MoveLeg {
        /// Which.
        leg: LegId,
        /// Where it is.
        from: u16,
        /// Where its room is.
        to: u16,
    },
    /// Tell a media thread. At most `limits::MEDIA_COMMANDS_MAX` unapplied changes at once.
    Media {
        /// Which.
        thread: u16,
        /// What.
        command: MediaCommand,
    },
    /// Ask the web; answered by `Input::Fetched`.
    Fetch(Fetch),
    /// Cancels a fetch of audio whose answer has no use any more. An answer may still come.
    CancelFetch {
        /// The fetch.
        fetch: FetchId,
    },
    /// Gives back audio that a fetch brought and that will not be decoded. Every
    /// `Fetched::Audio` is followed by one `Decode` or one `DropAudio`.
    DropAudio {
        /// The audio.
        audio: AudioId,
    },
    /// Decode audio that a fetch brought; answered by `Input::Decoded`.
    Decode {
        /// Echoed.
        decode: DecodeId,
        /// Which.
        audio: AudioId,
        /// The call that hears the sound; `None`: all of a conference.
        call: Option<CallSid>,
    },
    /// Gives back the sound of a `Decode` or `Say`, answered or not. Sent once for each of them.
    ReleaseSound {
        /// The decoding.
        decode: DecodeId,
    },
    /// Synthesise speech; answered by `Input::Decoded`.
    Say {
        /// Echoed.
        decode: DecodeId,
        /// Plain text.
        text: String,
        /// `voice` as written, if any.
        voice: Option<String>,
        /// `language` as written, if any.
        language: Option<String>,
    },
    /// POST or GET an event to the application, in order with the others about the same.
    Callback {
        /// The order is kept within this.
        about: About,
        /// Whom to tell; any fragment with time-outs already removed.
        url: String,
        /// How.
        method: Method,
        /// The form's fields, in no particular order, no name twice.
        fields: Vec<(String, String)>,
        /// How long an attempt may take.
        time_outs: TimeOuts,
    },
    /// Something happened to a call or a conference: the log.
    News(News),
    /// A call is over: history.
    CallEnded(CallView),
    /// An ended call once more, with the figures of its audio.
    CallMeasured(CallView),
    /// A conference is over: history.
    ConferenceEnded(ConferenceView),
    /// The row of a live call or conference changes: the store. Its time is the latest at which
    /// the calls are known to have been up.
    Row {
        /// Time of the change.
        at: Now,
        /// The change.
        change: RowChange,
    },
    /// The contacts of a registered user have changed: the store.
    Registration {
        /// Time of the change.
        at: WallTime,
        /// The contacts.
        registration: Registration,
    },
    /// A recording begins: its file is to be made once its audio comes. Before anything of it does.
    OpenRecording {
        /// Which.
        recording: RecordingSid,
        /// Without the silence at its ends.
        trim: bool,
    },
    /// A recording as it is now: history.
    Recording(Box<RecordingView>),
    /// Something went wrong that its owner should know: the log, and Notifications.
    Notice(Notice),
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum About {
    /// A conference and who is in it.
    Conference(ConferenceSid),
    /// A call.
    Call(CallSid),
}

/// A request to the application or for audio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// Echoed.
    pub fetch: FetchId,
    /// What may come back.
    pub kind: FetchKind,
    /// How.
    pub method: Method,
    /// Where; any fragment with time-outs already removed.
    pub url: String,
    /// The request's fields (query of a GET, form of a POST); empty for `<Play>`'s audio.
    pub fields: Vec<(String, String)>,
    /// How long.
    pub time_outs: TimeOuts,
    /// Cookies of the call; each goes to its own host only.
    pub cookies: Cookies,
}

/// What may come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FetchKind {
    /// Document of a call (voice URL, action, `<Redirect>`), or audio or text in its stead; always
    /// requested anew.
    Document,
    /// HoldUrl, WaitUrl, AnnounceUrl: a document, audio or text. Audio is cached.
    DocumentOrAudio,
    /// `<Play>`: cached, by ETag, Last-Modified and Cache-Control.
    Audio,
}

/// `#ot=…&rt=…&tt=…` of a URL, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeOuts {
    /// To connect.
    pub open_ms: u32,
    /// To the first byte.
    pub read_ms: u32,
    /// In all (documents; audio streams on while bytes come).
    pub total_ms: u32,
}

impl Default for TimeOuts {
    fn default() -> Self {
        Self {
            open_ms: 2_000,
            read_ms: 5_000,
            total_ms: 15_000,
        }
    }
}
