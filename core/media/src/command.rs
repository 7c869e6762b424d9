//! What a media engine is told (`Command`), and what it tells (`Output`, `Event`).

use std::sync::Arc;

use confab_terms::{
    Audibility, Codec, Digit, IpAddr, LegId, OpusLimit, PauseBehavior, PlayerId, Rate,
    ReceivedTypes, RecordingSid, RequestId, RoomId, SocketAddr, SoundId, SrtpKeys, Track,
};
use serde::{Deserialize, Serialize};

use crate::LegFigures;

/// An order from the switchboard, or a chunk of sound from the sounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// A leg whose sockets are bound. Nothing is sent before `SetMedia`.
    AddLeg {
        /// Which.
        leg: LegId,
        /// Where its RTP stream begins: random (RFC 3550 §5.1).
        ssrc: u32,
        /// First sequence number.
        sequence: u16,
        /// First timestamp.
        timestamp: u32,
    },
    /// Agreement of offer and answer. Each one begins the learning of sources anew, also if nothing
    /// else has changed.
    SetMedia {
        /// Which.
        leg: LegId,
        /// The agreement.
        media: LegMedia,
    },
    /// The signalling has shown that this host is the peer's.
    VerifyHost {
        /// The leg.
        leg: LegId,
        /// Source of an ACK, for example.
        host: IpAddr,
    },
    /// The call is over: the leg leaves its room, its players are gone. Never fails.
    RemoveLeg {
        /// Which.
        leg: LegId,
    },
    /// A room without legs.
    OpenRoom {
        /// Which.
        room: RoomId,
        /// Its sampling rate.
        rate: Rate,
    },
    /// Unseats whoever is left in it.
    CloseRoom {
        /// Which.
        room: RoomId,
    },
    /// One change of one room: every part of it takes effect on one tick. Answered by `Applied`.
    Change {
        /// Which.
        room: RoomId,
        /// Counts up by one for each change of this room, from 1.
        number: u64,
        /// What.
        change: RoomChange,
    },
    /// What a leg hears under (or instead of) its room, outside a `RoomChange`.
    SetBackground {
        /// Which.
        leg: LegId,
        /// What.
        background: Background,
    },
    /// An announcement over everything else the leg hears, which is 12 dB down while this is set.
    /// A player that has ended stays set (silent, still ducking) until the next word: so a
    /// document of several verbs does not pump.
    SetAnnouncement {
        /// Which.
        leg: LegId,
        /// `None` ends it.
        player: Option<Player>,
    },
    /// Presses keys on the leg's phone, after those that wait: by packets (RFC 4733) if agreed on,
    /// else by tones that it alone hears. They wait while nothing is sent. Not one of them is sent
    /// if more than `limits::SEND_DIGITS_MAX` would wait. Answered by one `PlayerEnded` when the
    /// last is out, or at once if none is sent.
    SendDigits {
        /// Which.
        leg: LegId,
        /// Names them in `Event::PlayerEnded`.
        player: PlayerId,
        /// In order.
        keys: Vec<Key>,
    },
    /// Presses none of these any more; one that is half out is ended as it should. Their
    /// `PlayerEnded` does not come.
    StopDigits {
        /// Which.
        leg: LegId,
        /// Whose keys.
        player: PlayerId,
    },
    /// The answer to `Output::Wants`.
    Feed {
        /// Whose.
        leg: LegId,
        /// Which player.
        player: PlayerId,
        /// First sample's place in the sound, counted at 8 kHz.
        position: u64,
        /// Of the samples, as it was asked for.
        rate: Rate,
        /// Empty with `last` if the sound is gone.
        samples: Arc<[i16]>,
        /// The sound ends with these samples.
        last: bool,
    },
    /// From now on the room tells who in it begins and ends to speak, by `Event::Speech`.
    TellSpeech {
        /// Which.
        room: RoomId,
    },
    /// Hands on what is said from now on as `Output::Recorded`, until `StopRecording` or the end of
    /// what is recorded. Always answered by one `RecordingOver`, at once if there is nothing to
    /// record or it is recorded already.
    Record {
        /// Which.
        recording: RecordingSid,
        /// What.
        of: Recorded,
    },
    /// Takes no more of it for now, or goes on.
    PauseRecording {
        /// Which.
        recording: RecordingSid,
        /// What.
        of: Recorded,
        /// What stands for the pause; `None` goes on.
        pause: Option<PauseBehavior>,
    },
    /// Answered by `RecordingOver`, after the last of its audio.
    StopRecording {
        /// Which.
        recording: RecordingSid,
        /// What.
        of: Recorded,
    },
    /// Asks who hears whom, as the room has it. Answered by `Event::Audibility`.
    TellAudibility {
        /// Which.
        room: RoomId,
        /// Echoed.
        request: RequestId,
    },
}

/// One step of what `SendDigits` sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Key {
    /// 100 ms, and as long a pause after it.
    Press(Digit),
    /// The voice goes on for so many ticks.
    Wait {
        /// 20 ms each.
        ticks: u16,
    },
}

/// What is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recorded {
    /// What everybody in a room may hear: the public sum. No whisper, nothing that is played.
    Room(RoomId),
    /// What one leg says and what it is sent.
    Leg {
        /// Which.
        leg: LegId,
        /// What it says on one channel, what it is sent on the other; else both on one.
        dual: bool,
        /// Only one of the two.
        track: Track,
        /// Whether it is told when what the leg says begins and ends, by `Event::Voice`.
        tells_voice: bool,
    },
}

/// What offer and answer agreed on for a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegMedia {
    /// Where its SDP wants RTP.
    pub remote_rtp: SocketAddr,
    /// Where its SDP wants RTCP (`a=rtcp`, else port + 1).
    pub remote_rtcp: SocketAddr,
    /// Host of the signalling: RTP from there is accepted after a probation.
    pub signalling_address: IpAddr,
    /// False if the SDP's address cannot be that of the phone: a private one, while the signalling
    /// comes from a public one.
    pub trusts_sdp: bool,
    /// The signalling has shown that the SDP's host is the peer's or its trunk's. Otherwise packets
    /// go there for `limits::MEDIA_WITHOUT_CONSENT` only, until a valid packet comes.
    pub verified: bool,
    /// Both ways.
    pub codec: Codec,
    /// Payload type of the voice that is sent.
    pub payload_type: u8,
    /// Payload type of digits that are sent (RFC 4733), if agreed.
    pub digits_payload_type: Option<u8>,
    /// What their durations count: 8,000 a second beside many a phone's Opus.
    pub digits_clock_rate: u32,
    /// Payload types that are received; 13 is comfort noise besides.
    pub received: ReceivedTypes,
    /// What Opus may cost that is sent to it.
    pub opus_limit: OpusLimit,
    /// Whether we send (false while the phone holds us with `sendonly`/`inactive`).
    pub sends: bool,
    /// Whether we take what it says (false on `recvonly`/`inactive`).
    pub receives: bool,
    /// What both sides encrypt with; `None`: nothing is encrypted.
    pub srtp: Option<SrtpKeys>,
}

/// One change of a room. The order of application: unseat, seat, audibility, backgrounds, beep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoomChange {
    /// Legs that leave (each stays alive, with its background).
    pub unseat: Vec<LegId>,
    /// Legs that come in, each with what it hears and who hears it from its first frame.
    pub seat: Vec<(LegId, Audibility)>,
    /// New audibility of legs that are in.
    pub audibility: Vec<(LegId, Audibility)>,
    /// New backgrounds.
    pub backgrounds: Vec<(LegId, Background)>,
    /// A tone to those who hear the room.
    pub beep: Option<Beep>,
}

/// A short tone to everyone in the room who hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beep {
    /// Which.
    pub tone: BeepTone,
    /// The one who joins does not hear it.
    pub except: Option<LegId>,
}

/// The two tones, told apart by their pitch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BeepTone {
    /// Somebody came.
    Enter,
    /// Somebody left.
    Exit,
}

/// What a leg hears under its room's mix: music on hold, wait music, the verb of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Background {
    /// Nothing.
    #[default]
    None,
    /// A player.
    Playing(Player),
}

/// A (source, position): all there is to know of a playing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Player {
    /// Names it in `Event::PlayerEnded`.
    pub player: PlayerId,
    /// What it plays.
    pub source: Source,
    /// Where it begins, in samples at 8 kHz.
    pub position: u64,
    /// Starts over at its end, without a gap, for ever; `PlayerEnded` never comes.
    pub repeats: bool,
}

/// What a player plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The built-in music: always there, always repeats.
    Music,
    /// A tone that asks for a voice (`<Record>`), then `PlayerEnded`. Never repeats.
    Beep,
    /// So much silence (`<Pause>`), then `PlayerEnded`.
    Silence {
        /// How long, at 8 kHz.
        samples: u64,
    },
    /// A decoded sound, asked for in chunks by `Output::Wants`.
    Sound(SoundId),
}

/// Which of a leg's two sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Component {
    /// The even port.
    Rtp,
    /// The odd one above it.
    Rtcp,
}

/// What the engine wants done, by `poll_output`, after `apply`, `receive` or `tick`.
#[derive(Debug, PartialEq)]
pub enum Output<'a> {
    /// A packet to send from the leg's socket.
    Packet {
        /// From whose socket.
        leg: LegId,
        /// Which of the two.
        component: Component,
        /// To whom.
        to: SocketAddr,
        /// The packet.
        bytes: &'a [u8],
    },
    /// The peer's source address is locked: the socket may be connected to it.
    Locked {
        /// Whose socket.
        leg: LegId,
        /// Which of the two.
        component: Component,
        /// The peer.
        peer: SocketAddr,
    },
    /// A new offer or answer: a connected socket must be freed again.
    Unlocked {
        /// Whose sockets, both.
        leg: LegId,
    },
    /// A player needs the next chunk (a second at the most) of its sound.
    Wants {
        /// Whose.
        leg: LegId,
        /// Which player.
        player: PlayerId,
        /// Which sound.
        sound: SoundId,
        /// First sample wanted, counted at 8 kHz.
        position: u64,
        /// At which rate: the one that the leg's codec has use for, 16 kHz at the most.
        rate: Rate,
    },
    /// The next of a recording.
    Recorded(Chunk<'a>),
    /// Nothing more of this recording will come.
    RecordingOver(RecordingSid),
    /// Something for the switchboard to know.
    Event(Event),
}

/// A piece of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Which.
    pub recording: RecordingSid,
    /// The same for all of it.
    pub rate: Rate,
    /// One, or two whose samples alternate: what the leg says comes first.
    pub channels: u8,
    /// So many ticks were left out before it.
    pub missing: u32,
    /// 16 bits each.
    pub samples: &'a [i16],
}

/// Something for the switchboard to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A change holds from this tick on: the next packets carry it.
    Applied {
        /// Which room.
        room: RoomId,
        /// Which change.
        number: u64,
        /// The engine's count of ticks.
        tick: u64,
    },
    /// A player that does not repeat has played its last sample, or its sound is gone; or the
    /// last key of a `SendDigits` is out.
    PlayerEnded {
        /// Whose.
        leg: LegId,
        /// Which.
        player: PlayerId,
    },
    /// A key was pressed, told once: at its start (RFC 4733), or where its tones are recognised.
    Digit {
        /// Whose.
        leg: LegId,
        /// Which key.
        digit: Digit,
    },
    /// A voice that somebody may hear has begun, or has ended: for being quiet, or unheard.
    Speech {
        /// Whose.
        leg: LegId,
        /// Begun.
        speaks: bool,
    },
    /// The leg that this recording is of has begun to speak, or has been quiet for a second.
    Voice {
        /// Which, if it tells.
        recording: RecordingSid,
        /// Begun.
        speaks: bool,
    },
    /// The audio of a leg so far, about every five seconds.
    Figures {
        /// Leg that the figures are of.
        leg: LegId,
        /// Counted since its beginning.
        figures: LegFigures,
    },
    /// Neither RTP nor RTCP came from a leg for `EngineConfig::media_timeout`, though both sides
    /// agreed to send. Repeated after the same time.
    MediaTimeout {
        /// Silent leg.
        leg: LegId,
    },
    /// A leg is gone, and this is left to say of it. The answer to every `RemoveLeg`.
    LegRemoved {
        /// Which.
        leg: LegId,
        /// How its voice came and went.
        figures: LegFigures,
    },
    /// The answer to `TellAudibility`: every ordered pair of the room.
    Audibility {
        /// Echoed.
        request: RequestId,
        /// The tick it holds for.
        tick: u64,
        /// (listener, speaker, audible).
        pairs: Vec<(LegId, LegId, bool)>,
    },
}
