//! Everything that can happen to the switchboard.

use confab_media::Event as MediaEvent;
use confab_sip::{ConnectionEvent, ConnectionId, Lookup, Target};
use confab_terms::{
    AudioId, DecodeId, FetchId, LegId, RecordingSid, RequestId, SocketAddr, SoundId,
};
use serde::{Deserialize, Serialize};

use crate::{Cookie, Exchange, RecordingEnd, Request};

/// Everything that can happen to the switchboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// A datagram on the SIP socket.
    Datagram {
        /// From whom.
        from: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// Something happened on a connection of the SIP port, or of one that we asked for.
    Connection {
        /// Which.
        connection: ConnectionId,
        /// What.
        event: ConnectionEvent,
    },
    /// The answer to `Output::Resolve`.
    Resolved {
        /// Echoed.
        lookup: Lookup,
        /// None: it is spoken nowhere, or nobody knows.
        targets: Vec<Target>,
    },
    /// The REST API asks. Each is answered by exactly one `Output::Reply`.
    Asked {
        /// Echoed in the reply.
        request: RequestId,
        /// What.
        what: Request,
    },
    /// The answer to `Output::OpenLeg`: the RTP port that was bound, or none was free.
    LegOpened {
        /// Which.
        leg: LegId,
        /// RTCP is one above.
        port: Option<u16>,
    },
    /// The answer to `Output::Fetch`.
    Fetched {
        /// Echoed.
        fetch: FetchId,
        /// What came.
        result: Result<Fetched, FetchError>,
        /// Cookies that the responses set, redirects included, in their order.
        cookies: Vec<Cookie>,
    },
    /// The answer to `Output::Decode` and `Output::Say`: a sound that can be played from now on.
    Decoded {
        /// Echoed.
        decode: DecodeId,
        /// The sound.
        result: Result<SoundId, DecodeError>,
    },
    /// From a media thread.
    Media {
        /// Which thread.
        thread: u16,
        /// What.
        event: MediaEvent,
    },
    /// The writing of a recording is over: the last that is said of it.
    Recorded {
        /// Which.
        recording: RecordingSid,
        /// How.
        end: RecordingEnd,
    },
    /// How much a media thread has to do, as often as that changes by much.
    Load {
        /// Which thread.
        thread: u16,
        /// How much of its ticks it works.
        busy_percent: u8,
        /// It is as busy as it may be: new calls are refused where it would have to take them.
        overloaded: bool,
    },
    /// SIGTERM: no new calls from now on.
    Drain,
    /// The drain's time is up: end every call.
    HangUpAll,
}

/// What a fetch brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fetched {
    /// A cXML document, recognized by its body under any text or XML content type.
    Document {
        /// Its bytes, at most `limits::DOCUMENT_BYTES_MAX`.
        body: Vec<u8>,
        /// The URL that it came from after redirects: relative URLs in it refer to this.
        url: String,
    },
    /// Plain text, to be spoken in place of a document.
    Text(String),
    /// Audio, still arriving perhaps.
    Audio {
        /// To name in `Output::Decode`.
        audio: AudioId,
    },
}

/// Why a fetch brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchError {
    /// The vendor's code: 11200 timeout or connection, 11205 forbidden address, 11210 DNS,
    /// 11215 redirects, 11217 4xx/5xx, 11220 TLS, 11750 too large, 12300 content type.
    pub code: u32,
    /// What was wrong and what would do.
    pub message: String,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What was said and answered.
    pub exchange: Option<Box<Exchange>>,
}

/// Why there is no sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodeError {
    /// 13420 not audio, 13520 cannot be spoken.
    pub code: u32,
    /// What was wrong.
    pub message: String,
}
