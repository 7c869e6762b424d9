//! Inputs of the switchboard.

use confab_media::Event as MediaEvent;
use confab_sip::{ConnectionEvent, ConnectionId, Lookup, Target};
use confab_terms::{
    AudioId, DecodeId, FetchId, LegId, RecordingSid, RequestId, SocketAddr, SoundId,
};
use serde::{Deserialize, Serialize};

use crate::{Cookie, Exchange, RecordingEnd, Request};

/// Input of the switchboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// Datagram received on the SIP socket.
    Datagram {
        /// Source address.
        from: SocketAddr,
        /// Payload.
        bytes: Vec<u8>,
    },
    /// Event of a connection on the SIP port, or of a connection that the switchboard requested.
    Connection {
        /// The connection.
        connection: ConnectionId,
        /// The event.
        event: ConnectionEvent,
    },
    /// Response to `Output::Resolve`.
    Resolved {
        /// Correlation id of the request.
        lookup: Lookup,
        /// Addresses to try in order. Empty: no SIP server found, or the lookup failed.
        targets: Vec<Target>,
    },
    /// Request of the REST API. Exactly one `Output::Reply` answers each request.
    Asked {
        /// Correlation id of the reply.
        request: RequestId,
        /// The request.
        what: Request,
    },
    /// Response to `Output::OpenLeg`.
    LegOpened {
        /// The leg.
        leg: LegId,
        /// Bound RTP port; RTCP uses the next port. `None`: no port was free.
        port: Option<u16>,
    },
    /// Response to `Output::Fetch`.
    Fetched {
        /// Correlation id of the request.
        fetch: FetchId,
        /// Response or failure.
        result: Result<Fetched, FetchError>,
        /// Cookies set by the responses, redirects included, in their order.
        cookies: Vec<Cookie>,
    },
    /// Response to `Output::Decode` and `Output::Say`. The sound is playable from now on.
    Decoded {
        /// Correlation id of the request.
        decode: DecodeId,
        /// The sound, or the failure.
        result: Result<SoundId, DecodeError>,
    },
    /// Event of a media thread.
    Media {
        /// The media thread.
        thread: u16,
        /// The event.
        event: MediaEvent,
    },
    /// Final report about the file of a recording.
    Recorded {
        /// The recording.
        recording: RecordingSid,
        /// Result.
        end: RecordingEnd,
    },
    /// Load of a media thread, reported after a substantial change.
    Load {
        /// The media thread.
        thread: u16,
        /// Share of each tick spent working, in percent.
        busy_percent: u8,
        /// True if the thread accepts no more load. New calls that need this thread are rejected.
        overloaded: bool,
    },
    /// Drain (SIGTERM): new calls are rejected from now on.
    Drain,
    /// End of the drain period: every call is ended.
    HangUpAll,
}

/// Content of a successful fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fetched {
    /// A cXML document, recognized by its body under any text or XML content type.
    Document {
        /// Bytes of the document, at most `limits::DOCUMENT_BYTES_MAX`.
        body: Vec<u8>,
        /// URL of the document after redirects, base of relative URLs in the document.
        url: String,
    },
    /// Plain text, spoken in place of a document.
    Text(String),
    /// Audio, possibly still arriving.
    Audio {
        /// Id for `Output::Decode`.
        audio: AudioId,
    },
}

/// Failure of a fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchError {
    /// Code of the vendor: 11200 timeout or connection, 11205 forbidden address, 11210 DNS, 11215
    /// redirects, 11217 4xx/5xx, 11220 TLS, 11750 too large, 12300 content type.
    pub code: u32,
    /// Problem and expectation.
    pub message: String,
    /// HTTP status, if a response arrived.
    pub status: Option<u16>,
    /// Request and response.
    pub exchange: Option<Box<Exchange>>,
}

/// Failure of decoding or speech synthesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodeError {
    /// Code of the vendor: 13420 not audio, 13520 not speakable.
    pub code: u32,
    /// Problem found.
    pub message: String,
}
