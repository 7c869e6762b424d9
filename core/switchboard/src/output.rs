//! Outputs of the switchboard.

use confab_media::Command as MediaCommand;
use confab_sip::{ConnectionId, ConnectionOrder, Lookup, Registration, Transport};
use confab_terms::{
    AudioId, CallSid, ConferenceSid, DecodeId, FetchId, LegId, Method, Now, RecordingSid,
    RequestId, SocketAddr, WallTime,
};
use serde::{Deserialize, Serialize};

use crate::{CallView, ConferenceView, Cookies, News, Notice, RecordingView, Reply, RowChange};

/// Output of the switchboard. The driver executes outputs in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// Sends a datagram on the SIP socket.
    Datagram {
        /// Destination.
        to: SocketAddr,
        /// Payload.
        bytes: Vec<u8>,
    },
    /// Executes an order on a SIP connection. Orders of one connection keep their sequence.
    Connection {
        /// The connection.
        connection: ConnectionId,
        /// The order.
        order: ConnectionOrder,
    },
    /// Resolves the SIP servers of a host name (RFC 3263 §4). Response: `Input::Resolved`.
    Resolve {
        /// Correlation id of the response.
        lookup: Lookup,
        /// The host name.
        host: String,
        /// Explicit port. `None`: port of the SRV records, else 5060.
        port: Option<u16>,
        /// Required transport. `None`: any transport, UDP before TCP.
        transport: Option<Transport>,
    },
    /// Sends a reply to the REST API.
    Reply {
        /// Correlation id of the request.
        request: RequestId,
        /// The reply.
        reply: Reply,
    },
    /// Binds an RTP and an RTCP socket on a media thread. Response: `Input::LegOpened`.
    /// `MediaCommand::RemoveLeg` closes both sockets.
    OpenLeg {
        /// The leg.
        leg: LegId,
        /// The media thread.
        thread: u16,
    },
    /// Moves a leg with its sockets from one media thread to another, between two ticks. Later
    /// commands to `to` find the leg there.
    MoveLeg {
        /// The leg.
        leg: LegId,
        /// Present media thread of the leg.
        from: u16,
        /// Media thread of the leg's room.
        to: u16,
    },
    /// Sends a command to a media thread. REST requests are refused beyond
    /// `limits::MEDIA_COMMANDS_MAX` unapplied changes of the thread.
    Media {
        /// The media thread.
        thread: u16,
        /// The command.
        command: MediaCommand,
    },
    /// Sends an HTTP request. Response: `Input::Fetched`.
    Fetch(Fetch),
    /// Cancels a fetch of audio whose response is no longer needed. A response may still arrive.
    CancelFetch {
        /// The fetch.
        fetch: FetchId,
    },
    /// Releases fetched audio that will not be decoded. One `Decode` or one `DropAudio` follows
    /// each `Fetched::Audio`.
    DropAudio {
        /// The audio.
        audio: AudioId,
    },
    /// Decodes fetched audio. Response: `Input::Decoded`.
    Decode {
        /// Correlation id of the response.
        decode: DecodeId,
        /// The audio.
        audio: AudioId,
        /// Call that the sound is played to. `None`: all participants of a conference.
        call: Option<CallSid>,
    },
    /// Releases the sound of a `Decode` or `Say`, with or without a response so far. Sent once per
    /// decoding.
    ReleaseSound {
        /// The decoding.
        decode: DecodeId,
    },
    /// Synthesizes speech. Response: `Input::Decoded`.
    Say {
        /// Correlation id of the response.
        decode: DecodeId,
        /// Plain text.
        text: String,
        /// `voice` attribute as written.
        voice: Option<String>,
        /// `language` attribute as written.
        language: Option<String>,
    },
    /// Sends an event to the application by POST or GET, in order within the same `about`.
    Callback {
        /// Ordering key.
        about: About,
        /// URL of the receiver, without the timeout fragment.
        url: String,
        /// HTTP method.
        method: Method,
        /// Form fields, in no particular order, without duplicate names.
        fields: Vec<(String, String)>,
        /// Timeouts of one attempt.
        time_outs: TimeOuts,
    },
    /// Event of a call or a conference, for the log.
    News(News),
    /// Final state of a call, for history.
    CallEnded(CallView),
    /// Final state of an ended call with the figures of its audio, for history.
    CallMeasured(CallView),
    /// Final state of a conference, for history.
    ConferenceEnded(ConferenceView),
    /// Change of a row of a live call or conference, for the store. `at` becomes the latest time at
    /// which the calls are known to have been up.
    Row {
        /// Time of the change.
        at: Now,
        /// The change.
        change: RowChange,
    },
    /// Change of the contacts of a registered user, for the store.
    Registration {
        /// Time of the change.
        at: WallTime,
        /// The contacts.
        registration: Registration,
    },
    /// Announces a recording before its first audio. The writer creates the file when audio
    /// arrives.
    OpenRecording {
        /// The recording.
        recording: RecordingSid,
        /// True if silence at both ends is removed.
        trim: bool,
    },
    /// Present state of a recording, for history.
    Recording(Box<RecordingView>),
    /// Problem to report to the account's owner, for the log and `/Notifications`.
    Notice(Notice),
}

/// Subject of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum About {
    /// A conference with its participants.
    Conference(ConferenceSid),
    /// A call.
    Call(CallSid),
}

/// HTTP request to the application or for audio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// Correlation id of the response.
    pub fetch: FetchId,
    /// Accepted types of response.
    pub kind: FetchKind,
    /// HTTP method.
    pub method: Method,
    /// URL without the timeout fragment.
    pub url: String,
    /// Fields of the request (query of a GET, form of a POST). Empty for the audio of `<Play>`.
    pub fields: Vec<(String, String)>,
    /// Timeouts of the request.
    pub time_outs: TimeOuts,
    /// Cookies of the call. Each cookie is sent to the host that set the cookie only.
    pub cookies: Cookies,
}

/// Accepted types of response, and caching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FetchKind {
    /// Document of a call (voice URL, action, `<Redirect>`), or audio or text in place of a
    /// document. Never cached.
    Document,
    /// HoldUrl, WaitUrl or AnnounceUrl: a document, audio or text. Audio is cached.
    DocumentOrAudio,
    /// Audio of `<Play>`: cached, by ETag, Last-Modified and Cache-Control.
    Audio,
}

/// Timeouts of a URL's fragment `#ot=…&rt=…&tt=…`, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeOuts {
    /// Connect timeout.
    pub open_ms: u32,
    /// Timeout until the first byte of the response.
    pub read_ms: u32,
    /// Total timeout of a document. Audio may stream longer while bytes arrive.
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
