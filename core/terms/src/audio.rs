//! Audio terms: sampling rates, codecs, DTMF digits, audibility.

use serde::{Deserialize, Serialize};

use crate::LegId;

/// Sampling rate of a room or a sound. A frame holds 20 ms of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rate {
    /// Narrowband: 160 samples per frame.
    #[default]
    Hz8000,
    /// Wideband: 320 samples per frame.
    Hz16000,
    /// Fullband: 960 samples per frame.
    Hz48000,
}

impl Rate {
    /// Returns the rate in samples per second.
    #[must_use]
    pub const fn hz(self) -> u32 {
        match self {
            Self::Hz8000 => 8_000,
            Self::Hz16000 => 16_000,
            Self::Hz48000 => 48_000,
        }
    }

    /// All rates, lowest first.
    pub const ALL: [Self; 3] = [Self::Hz8000, Self::Hz16000, Self::Hz48000];

    /// Returns the number of samples in a frame of 20 ms.
    #[must_use]
    pub const fn frame_samples(self) -> usize {
        self.hz() as usize / 50
    }

    /// Returns the number of samples for each sample at 8 kHz. Positions in a sound of any rate are
    /// counted at 8 kHz.
    #[must_use]
    pub const fn factor(self) -> usize {
        self.hz() as usize / 8_000
    }

    /// Returns the rate of sounds played to a leg whose codec has this rate: at most wideband.
    #[must_use]
    pub const fn of_sounds(self) -> Self {
        match self {
            Self::Hz8000 => Self::Hz8000,
            Self::Hz16000 | Self::Hz48000 => Self::Hz16000,
        }
    }
}

/// Codec of a leg's voice (RFC 3551 names).
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
    /// All supported codecs.
    pub const ALL: [Self; 4] = [Self::Pcmu, Self::Pcma, Self::G722, Self::Opus];

    /// Returns the encoding name for `a=rtpmap`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
            Self::Opus => "opus",
        }
    }

    /// Returns the RTP clock rate in Hz. The clock rate of G.722 differs from its sampling rate for
    /// historical reasons (RFC 3551 §4.5.2).
    #[must_use]
    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 8_000,
            Self::Opus => 48_000,
        }
    }

    /// Returns the number of channels for `a=rtpmap`. For Opus the number is always two, even for
    /// mono packets (RFC 7587 §7).
    #[must_use]
    pub const fn channels(self) -> u8 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 1,
            Self::Opus => 2,
        }
    }

    /// Returns the sampling rate of the decoded voice.
    #[must_use]
    pub const fn rate(self) -> Rate {
        match self {
            Self::Pcmu | Self::Pcma => Rate::Hz8000,
            Self::G722 => Rate::Hz16000,
            Self::Opus => Rate::Hz48000,
        }
    }

    /// Returns the advance of the RTP timestamp in a frame of 20 ms.
    #[must_use]
    pub const fn frame_units(self) -> u32 {
        self.clock_rate() / 50
    }

    /// Returns the payload type in offers: the static one (RFC 3551 table 4) if the codec has one.
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

/// Largest accepted value of `CONFAB_OPUS_BIT_RATE`, in bit/s.
const OPUS_BIT_RATE_MAX: u32 = 128_000;

/// Maximum Opus bit rate that a phone accepts, in steps. Steps let listeners of the same signal in
/// one room share one encoding although their SDPs contain different numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OpusLimit {
    /// 6 kbit/s, the minimum of Opus (RFC 7587 §6.1).
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
    /// No limit.
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

    /// Returns the highest step within a rate in bit/s; `Bits6000` for a rate below the first step.
    ///
    /// Returns `None` (no limit) from the largest configurable bit rate upwards.
    #[must_use]
    pub fn within(bits: u32) -> Self {
        if bits >= OPUS_BIT_RATE_MAX {
            return Self::None;
        }
        let steps = Self::STEPS.into_iter().rev();
        let mut fitting = steps.filter(|step| step.bit_rate() <= bits);
        fitting.next().unwrap_or(Self::Bits6000)
    }

    /// Returns the step in bit/s; `u32::MAX` without a limit.
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

/// DTMF digit: `0`–`9`, `*`, `#`, `A`–`D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digit(pub char);

/// Listeners of a voice, apart from its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Voice {
    /// No listener: the leg is muted, held, coaching nobody, or the conference has not started.
    #[default]
    ToNobody,
    /// All listeners: an ordinary voice.
    ToEveryone,
    /// The coached leg only: a whisper.
    Only(LegId),
}

/// Audibility of one leg as defined by the rules; the room uses no other input.
///
/// `hears(L, S) = L.hears && (S.voice == ToEveryone || S.voice == Only(L))`, for L ≠ S.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audibility {
    /// Listeners of this leg.
    pub voice: Voice,
    /// True if this leg hears the room; false while held or before the conference starts.
    pub hears: bool,
}
