//! Words of the audio: rates, codecs, digits, and who is to hear a voice.

use serde::{Deserialize, Serialize};

use crate::LegId;

/// The sampling rate of a room or a sound. A frame is 20 ms of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rate {
    /// Narrowband: 160 samples a frame.
    #[default]
    Hz8000,
    /// Wideband: 320 samples a frame.
    Hz16000,
    /// Fullband: 960 samples a frame.
    Hz48000,
}

impl Rate {
    /// Samples a second.
    #[must_use]
    pub const fn hz(self) -> u32 {
        match self {
            Self::Hz8000 => 8_000,
            Self::Hz16000 => 16_000,
            Self::Hz48000 => 48_000,
        }
    }

    /// All of them, the lowest first.
    pub const ALL: [Self; 3] = [Self::Hz8000, Self::Hz16000, Self::Hz48000];

    /// Samples in a frame of 20 ms.
    #[must_use]
    pub const fn frame_samples(self) -> usize {
        self.hz() as usize / 50
    }

    /// Samples for each one at 8 kHz. Places in a sound are counted at 8 kHz, whatever its rate.
    #[must_use]
    pub const fn factor(self) -> usize {
        self.hz() as usize / 8_000
    }

    /// The rate of what is played to a leg whose codec has this one: wideband at the most.
    #[must_use]
    pub const fn of_sounds(self) -> Self {
        match self {
            Self::Hz8000 => Self::Hz8000,
            Self::Hz16000 | Self::Hz48000 => Self::Hz16000,
        }
    }
}

/// How a leg's voice is coded (RFC 3551 names).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Codec {
    /// G.711 µ-law, static payload type 0.
    Pcmu,
    /// G.711 A-law, static payload type 8.
    Pcma,
    /// G.722 at 64 kbit/s, static payload type 9.
    G722,
    /// Opus (RFC 7587), a dynamic payload type.
    Opus,
}

impl Codec {
    /// All that we speak.
    pub const ALL: [Self; 4] = [Self::Pcmu, Self::Pcma, Self::G722, Self::Opus];

    /// The encoding name of its `a=rtpmap`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
            Self::Opus => "opus",
        }
    }

    /// The RTP clock rate. G.722's is not its sampling rate, by an old mistake (RFC 3551 §4.5.2).
    #[must_use]
    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 8_000,
            Self::Opus => 48_000,
        }
    }

    /// The channels of its `a=rtpmap`: Opus always says two, whatever it carries (RFC 7587 §7).
    #[must_use]
    pub const fn channels(self) -> u8 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 1,
            Self::Opus => 2,
        }
    }

    /// The sampling rate of its voice.
    #[must_use]
    pub const fn rate(self) -> Rate {
        match self {
            Self::Pcmu | Self::Pcma => Rate::Hz8000,
            Self::G722 => Rate::Hz16000,
            Self::Opus => Rate::Hz48000,
        }
    }

    /// How far its timestamp goes in a frame of 20 ms.
    #[must_use]
    pub const fn frame_units(self) -> u32 {
        self.clock_rate() / 50
    }

    /// The payload type that we offer it with: the static one (RFC 3551 table 4), if it has one.
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
            Self::G722 => 9,
            Self::Opus => 111,
        }
    }
}

/// The most that `CONFAB_OPUS_BIT_RATE` can be.
const OPUS_BIT_RATE_MAX: u32 = 128_000;

/// The bits a second that a phone takes of Opus at most, in steps: those who are sent the same in
/// one room are to share one encoding, whatever numbers they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OpusLimit {
    /// The least that Opus does (RFC 7587 §6.1).
    Bits6000,
    /// 8 kbit/s.
    Bits8000,
    /// 12 kbit/s.
    Bits12000,
    /// 16 kbit/s.
    Bits16000,
    /// 24 kbit/s.
    Bits24000,
    /// 32 kbit/s.
    Bits32000,
    /// 48 kbit/s.
    Bits48000,
    /// 64 kbit/s.
    Bits64000,
    /// 96 kbit/s.
    Bits96000,
    /// As many as we like.
    #[default]
    None,
}

impl OpusLimit {
    const STEPS: [Self; 9] = [
        Self::Bits6000,
        Self::Bits8000,
        Self::Bits12000,
        Self::Bits16000,
        Self::Bits24000,
        Self::Bits32000,
        Self::Bits48000,
        Self::Bits64000,
        Self::Bits96000,
    ];

    /// The highest step within so many bits a second; there is none below the first. Who takes more
    /// than we can be set to send has no limit.
    #[must_use]
    pub fn within(bits: u32) -> Self {
        if bits >= OPUS_BIT_RATE_MAX {
            return Self::None;
        }
        let steps = Self::STEPS.into_iter().rev();
        let mut fitting = steps.filter(|step| step.bit_rate() <= bits);
        fitting.next().unwrap_or(Self::Bits6000)
    }

    /// Bits a second.
    #[must_use]
    pub const fn bit_rate(self) -> u32 {
        match self {
            Self::Bits6000 => 6_000,
            Self::Bits8000 => 8_000,
            Self::Bits12000 => 12_000,
            Self::Bits16000 => 16_000,
            Self::Bits24000 => 24_000,
            Self::Bits32000 => 32_000,
            Self::Bits48000 => 48_000,
            Self::Bits64000 => 64_000,
            Self::Bits96000 => 96_000,
            Self::None => u32::MAX,
        }
    }
}

/// One DTMF key: `0`–`9`, `*`, `#`, `A`–`D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digit(pub char);

/// Who may hear a voice, apart from its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Voice {
    /// Muted, held, coaching nobody, or the conference has not started.
    #[default]
    ToNobody,
    /// An ordinary voice.
    ToEveryone,
    /// A whisper: the coached leg alone.
    Only(LegId),
}

/// What the rules decide for one leg, and all that the room needs to know of them:
/// `hears(L, S) = L.hears && (S.voice == ToEveryone || S.voice == Only(L))`, for L ≠ S.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audibility {
    /// Who hears this leg.
    pub voice: Voice,
    /// Whether this leg hears the room: false while held or before the start.
    pub hears: bool,
}
