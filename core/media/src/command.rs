//! Interface of a media engine: `Command` in, `Output` and `Event` out.

use std::sync::Arc;

use confab_terms::{
    Audibility, Codec, Digit, IpAddr, LegId, OpusLimit, PauseBehavior, PlayerId, Rate,
    ReceivedTypes, RecordingSid, RequestId, RoomId, SocketAddr, SoundId, SrtpKeys, Track,
};
use serde::{Deserialize, Serialize};

use crate::LegFigures;

/// Order of the switchboard, or a chunk of sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// New leg with bound sockets. No packet is sent before `SetMedia`.
    AddLeg {
        /// Leg to add.
        leg: LegId,
        /// SSRC of the leg's RTP stream, random (RFC 3550 §5.1).
        ssrc: u32,
        /// First sequence number.
        sequence: u16,
        /// First timestamp.
        timestamp: u32,
    },
    /// New agreement of offer and answer. Each agreement restarts the learning of sources, even if
    /// nothing else has changed.
    SetMedia {
        /// Leg of the agreement.
        leg: LegId,
        /// Agreement of offer and answer.
        media: LegMedia,
    },
    /// Verification of a host: the signaling has shown that the host is the peer's.
    VerifyHost {
        /// Leg of the peer.
        leg: LegId,
        /// Verified host, such as the source of an ACK.
        host: IpAddr,
    },
    /// Removal of a leg at the end of its call, with its seat and its players. Never fails.
    RemoveLeg {
        /// Leg to remove.
        leg: LegId,
    },
    /// New room without legs.
    OpenRoom {
        /// Room to open.
        room: RoomId,
        /// Lowest sampling rate of the room.
        rate: Rate,
    },
    /// Removal of a room; all legs in the room are unseated.
    CloseRoom {
        /// Room to close.
        room: RoomId,
    },
    /// Change of a room: all parts take effect on the same tick. The response is `Applied`.
    Change {
        /// Room to change.
        room: RoomId,
        /// Number of the change: incremented for each change of this room, from 1.
        number: u64,
        /// Parts of the change.
        change: RoomChange,
    },
    /// New background of a leg, outside a `RoomChange`.
    SetBackground {
        /// Leg of the background.
        leg: LegId,
        /// Background to set.
        background: Background,
    },
    /// New announcement to a leg, over everything else, which is attenuated by 12 dB meanwhile. A
    /// player that has ended remains set (silent, still attenuating) until the next command. So the
    /// level does not vary between the verbs of a document.
    SetAnnouncement {
        /// Leg of the announcement.
        leg: LegId,
        /// Player of the announcement; `None` ends it.
        player: Option<Player>,
    },
    /// Digits to the leg's phone, after queued digits: as packets (RFC 4733) if agreed, else as
    /// tones that only the phone receives. Digits wait while no packets are sent. If more than
    /// `limits::SEND_DIGITS_MAX` would be queued, none is sent. The response is a `PlayerEnded`
    /// after the last digit, or immediately if none is sent.
    SendDigits {
        /// Leg of the phone.
        leg: LegId,
        /// Id of the order in `Event::PlayerEnded`.
        player: PlayerId,
        /// Digits and pauses in order.
        keys: Vec<Key>,
    },
    /// Cancellation of an order of digits; a digit in progress is completed. No `PlayerEnded`
    /// follows.
    StopDigits {
        /// Leg of the phone.
        leg: LegId,
        /// Id of the order.
        player: PlayerId,
    },
    /// Chunk of sound, the response to `Output::Wants`.
    Feed {
        /// Leg of the player.
        leg: LegId,
        /// Player of the sound.
        player: PlayerId,
        /// Position of the first sample in the sound, counted at 8 kHz.
        position: u64,
        /// Sampling rate, as requested.
        rate: Rate,
        /// Samples; empty with `last` if the sound no longer exists.
        samples: Arc<[i16]>,
        /// True if the sound ends with these samples.
        last: bool,
    },
    /// Request to report speech in a room with `Event::Speech`, at its start and its end.
    TellSpeech {
        /// Room to report.
        room: RoomId,
    },
    /// Start of a recording, delivered as `Output::Recorded` until `StopRecording` or the end of
    /// its source. Each recording ends with a `RecordingOver`: immediately if the source does not
    /// exist or is already recorded.
    Record {
        /// Recording to start.
        recording: RecordingSid,
        /// Source of the recording.
        of: Recorded,
    },
    /// Pause of a recording, or its continuation.
    PauseRecording {
        /// Recording to pause or resume.
        recording: RecordingSid,
        /// Source of the recording.
        of: Recorded,
        /// Content of the pause; `None` resumes.
        pause: Option<PauseBehavior>,
    },
    /// End of a recording. The response is `RecordingOver`, after the last audio.
    StopRecording {
        /// Recording to stop.
        recording: RecordingSid,
        /// Source of the recording.
        of: Recorded,
    },
    /// Request for the audibility matrix of a room. The response is `Event::Audibility`.
    TellAudibility {
        /// Room of the matrix.
        room: RoomId,
        /// Id of the request, repeated in the response.
        request: RequestId,
    },
}

/// Step of `SendDigits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Key {
    /// Digit of 100 ms, followed by a pause of at least 100 ms.
    Press(Digit),
    /// Pause, in which the voice continues.
    Wait {
        /// Length of the pause, in ticks of 20 ms.
        ticks: u16,
    },
}

/// Source of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recorded {
    /// Public sum of a room: audio that everybody in the room may hear. Without whispers and
    /// sounds.
    Room(RoomId),
    /// Ingress and egress audio of a leg.
    Leg {
        /// Recorded leg.
        leg: LegId,
        /// True for two channels, ingress and egress; false for the sum of both in a single
        /// channel.
        dual: bool,
        /// Recorded directions.
        track: Track,
        /// True if the start and end of the leg's speech are reported with `Event::Voice`.
        tells_voice: bool,
    },
}

/// Agreement of offer and answer for a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegMedia {
    /// Address of RTP in the peer's SDP.
    pub remote_rtp: SocketAddr,
    /// Address of RTCP in the peer's SDP (`a=rtcp`, else port + 1).
    pub remote_rtcp: SocketAddr,
    /// Host of the signaling: RTP from this host is accepted after a probation.
    pub signalling_address: IpAddr,
    /// False if the SDP's address cannot be that of the phone: a private address, while the
    /// signaling comes from a public address.
    pub trusts_sdp: bool,
    /// True if the signaling has shown that the SDP's host is the peer's or its trunk's. Otherwise
    /// packets are sent there for `limits::MEDIA_WITHOUT_CONSENT` only, until a valid packet
    /// arrives.
    pub verified: bool,
    /// Codec of both directions.
    pub codec: Codec,
    /// Payload type of sent audio.
    pub payload_type: u8,
    /// Payload type of sent digits (RFC 4733), if agreed.
    pub digits_payload_type: Option<u8>,
    /// Clock rate of the durations of digits, in Hz: 8,000 for many phones even with Opus.
    pub digits_clock_rate: u32,
    /// Payload types of received packets; 13 is comfort noise in addition.
    pub received: ReceivedTypes,
    /// Limit of the bit rate of sent Opus.
    pub opus_limit: OpusLimit,
    /// True if audio is sent; false while the phone holds the call (`sendonly` or `inactive`).
    pub sends: bool,
    /// True if received audio is used; false for `recvonly` or `inactive`.
    pub receives: bool,
    /// SRTP keys of both directions; `None`: media is not encrypted.
    pub srtp: Option<SrtpKeys>,
}

/// Change of a room. The order of application: unseat, seat, audibility, backgrounds, beep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoomChange {
    /// Legs to unseat; each remains, with its background.
    pub unseat: Vec<LegId>,
    /// Legs to seat, with their audibility from the first frame.
    pub seat: Vec<(LegId, Audibility)>,
    /// New audibility of seated legs.
    pub audibility: Vec<(LegId, Audibility)>,
    /// New backgrounds.
    pub backgrounds: Vec<(LegId, Background)>,
    /// Tone for all listeners of the room.
    pub beep: Option<Beep>,
}

/// Short tone for all legs that hear the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beep {
    /// Kind of the tone.
    pub tone: BeepTone,
    /// Leg that does not receive the tone: the joining participant.
    pub except: Option<LegId>,
}

/// Kinds of tones, with different pitches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BeepTone {
    /// Tone of a participant who joins.
    Enter,
    /// Tone of a participant who leaves.
    Exit,
}

/// Background under a leg's room mix: hold music, wait music, the verb of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Background {
    /// No background.
    #[default]
    None,
    /// Background from a player.
    Playing(Player),
}

/// Player of a source from a position: the complete state of playing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Player {
    /// Id in `Event::PlayerEnded`.
    pub player: PlayerId,
    /// Source of the audio.
    pub source: Source,
    /// Start position, in samples at 8 kHz.
    pub position: u64,
    /// True if the sound repeats without a gap and without an end; no `PlayerEnded` follows.
    pub repeats: bool,
}

/// Source of a player.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Built-in music: always available, always repeats.
    Music,
    /// Beep before a recording (`<Record>`), then `PlayerEnded`. Never repeats.
    Beep,
    /// Silence of a fixed length (`<Pause>`), then `PlayerEnded`.
    Silence {
        /// Length in samples at 8 kHz.
        samples: u64,
    },
    /// Decoded sound, requested in chunks with `Output::Wants`.
    Sound(SoundId),
}

/// Socket of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Component {
    /// RTP, the even port.
    Rtp,
    /// RTCP, the odd port above.
    Rtcp,
}

/// Output of the engine, returned by `poll_output` after `apply`, `receive` or `tick`.
#[derive(Debug, PartialEq)]
pub enum Output<'a> {
    /// Packet to send from the leg's socket.
    Packet {
        /// Leg of the socket.
        leg: LegId,
        /// Socket of the leg.
        component: Component,
        /// Destination.
        to: SocketAddr,
        /// Content of the packet.
        bytes: &'a [u8],
    },
    /// Locked source of the peer: the socket may be connected to it.
    Locked {
        /// Leg of the socket.
        leg: LegId,
        /// Socket of the leg.
        component: Component,
        /// Address of the peer.
        peer: SocketAddr,
    },
    /// New offer or answer: connected sockets must be disconnected.
    Unlocked {
        /// Leg of both sockets.
        leg: LegId,
    },
    /// Request of a player for the next chunk of its sound, at most a second.
    Wants {
        /// Leg of the player.
        leg: LegId,
        /// Player of the sound.
        player: PlayerId,
        /// Sound of the chunk.
        sound: SoundId,
        /// Position of the first requested sample, counted at 8 kHz.
        position: u64,
        /// Requested sampling rate: suitable for the leg's codec, at most 16 kHz.
        rate: Rate,
    },
    /// Next chunk of a recording.
    Recorded(Chunk<'a>),
    /// End of a recording: no further chunk follows.
    RecordingOver(RecordingSid),
    /// Event for the switchboard.
    Event(Event),
}

/// Chunk of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Recording of the chunk.
    pub recording: RecordingSid,
    /// Sampling rate, equal for the whole recording.
    pub rate: Rate,
    /// Number of channels: 1, or 2 with interleaved samples, ingress first.
    pub channels: u8,
    /// Number of ticks left out before this chunk.
    pub missing: u32,
    /// Samples of 16 bits.
    pub samples: &'a [i16],
}

/// Event for the switchboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// First tick of a change: the packets of this tick are the first with it.
    Applied {
        /// Changed room.
        room: RoomId,
        /// Number of the change.
        number: u64,
        /// Number of the tick.
        tick: u64,
    },
    /// End of a player without repetition: its last sample was played, or its sound no longer
    /// exists. Also the end of a `SendDigits`, after its last digit.
    PlayerEnded {
        /// Leg of the player.
        leg: LegId,
        /// Player, or order of digits.
        player: PlayerId,
    },
    /// Received digit, reported once: at its start (RFC 4733), or on recognition of its tones.
    Digit {
        /// Leg of the phone.
        leg: LegId,
        /// Received digit.
        digit: Digit,
    },
    /// Start or end of an audible voice. A voice ends when its leg is quiet, or becomes inaudible.
    Speech {
        /// Leg of the voice.
        leg: LegId,
        /// True for the start, false for the end.
        speaks: bool,
    },
    /// Start of speech in a leg's recording, or its end after a quiet second.
    Voice {
        /// Recording with `tells_voice`.
        recording: RecordingSid,
        /// True for the start, false for the end.
        speaks: bool,
    },
    /// Audio statistics of a leg so far, about every five seconds.
    Figures {
        /// Leg of the figures.
        leg: LegId,
        /// Figures since the leg was added.
        figures: LegFigures,
    },
    /// Silence of a leg: neither RTP nor RTCP arrived for `EngineConfig::media_timeout`, although
    /// both sides agreed to send. Repeated after the same time.
    MediaTimeout {
        /// Silent leg.
        leg: LegId,
    },
    /// Removal of a leg, with its final figures; the response to every `RemoveLeg`.
    LegRemoved {
        /// Removed leg.
        leg: LegId,
        /// Final audio statistics.
        figures: LegFigures,
    },
    /// Audibility of every ordered pair of a room; the response to `TellAudibility`.
    Audibility {
        /// Id of the request.
        request: RequestId,
        /// Number of the tick for which the matrix is valid.
        tick: u64,
        /// Triples of listener, speaker, and true if audible.
        pairs: Vec<(LegId, LegId, bool)>,
    },
}
