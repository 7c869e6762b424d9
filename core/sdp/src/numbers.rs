//! Payload type numbers of one session. From one offer to the next, a dynamic number keeps its
//! format, and a format its number (RFC 3264 §8.3.2).

use confab_terms::{Codec, ReceivedTypes};
use serde::{Deserialize, Serialize};

use crate::{Media, RtpMap};

/// Dynamic payload types (RFC 3551 §6).
const DYNAMIC: core::ops::RangeInclusive<u8> = 96..=127;
/// Clock rates of digits in an offer, each with its payload type if none is bound.
const DIGITS: [(u32, u8); 2] = [(8_000, 101), (48_000, 110)];

/// Payload type numbers that offers and answers of a session have bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayloadNumbers {
    /// Numbers of voice, in the order of `Codec::ALL`.
    voice: [Option<u8>; Codec::ALL.len()],
    /// Numbers of digits, in the order of `DIGITS`.
    digits: [Option<u8>; DIGITS.len()],
    /// Numbers in use for any format, known or not.
    bound: Numbers,
}

/// Set of numbers from 0 to 127.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Numbers(u128);

impl Numbers {
    fn contains(self, number: u8) -> bool {
        number < 128 && self.0 >> number & 1 == 1
    }

    fn insert(&mut self, number: u8) {
        self.0 |= 1_u128.checked_shl(number.into()).unwrap_or(0);
    }
}

/// Numbers of one local offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OfferedNumbers {
    /// Codecs and numbers, in the order of the offer.
    pub(crate) voice: Vec<(Codec, u8)>,
    /// Numbers and clock rates of digits.
    pub(crate) digits: Vec<(u8, u32)>,
}

impl PayloadNumbers {
    /// Binds the numbers of a section of the peer. A format under several numbers keeps the bound
    /// number if the section still contains that number.
    pub(crate) fn bind(&mut self, media: &Media) {
        media
            .payload_types()
            .for_each(|number| self.bound.insert(number));
        for (codec, slot) in Codec::ALL.into_iter().zip(&mut self.voice) {
            keep_or_bind(slot, media, |number| media.codec(number) == Some(codec));
        }
        for ((rate, _), slot) in DIGITS.into_iter().zip(&mut self.digits) {
            keep_or_bind(slot, media, |number| media.is_digits(number, rate));
        }
    }

    /// Binds the numbers of a local offer, and reserves those of its answer.
    pub(crate) fn bind_offered(&mut self, offered: &OfferedNumbers, answer: &Media) {
        for (codec, slot) in Codec::ALL.into_iter().zip(&mut self.voice) {
            *slot = offered.of(codec).or(*slot);
        }
        for ((rate, _), slot) in DIGITS.into_iter().zip(&mut self.digits) {
            let found = offered.digits.iter().find(|(_, clock)| *clock == rate);
            *slot = found.map(|(number, _)| *number).or(*slot);
        }
        let ours = self.voice.iter().chain(&self.digits).flatten().copied();
        for number in ours.chain(answer.payload_types()) {
            self.bound.insert(number);
        }
    }

    /// Chooses the numbers of an offer: bound ones, else the usual ones, else free ones. Equal
    /// codecs give equal numbers until further numbers are bound.
    pub(crate) fn offered(&self, codecs: &[Codec]) -> OfferedNumbers {
        let mut taken = self.bound;
        let fixed = self.voice.iter().chain(&self.digits).flatten();
        fixed.for_each(|number| taken.insert(*number));
        let mut number = |bound: Option<u8>, usual: u8| {
            let free = |number: &u8| !taken.contains(*number);
            let found = bound
                .or(Some(usual).filter(free))
                .or_else(|| DYNAMIC.into_iter().find(free))?;
            taken.insert(found);
            Some(found)
        };
        let place = |codec: Codec| Codec::ALL.iter().position(|known| *known == codec);
        let voice = codecs.iter().filter_map(|&codec| {
            let bound = place(codec).and_then(|at| self.voice[at]);
            Some((codec, number(bound, codec.payload_type())?))
        });
        let voice: Vec<(Codec, u8)> = voice.collect();
        let wide = codecs.contains(&Codec::Opus);
        let rates = DIGITS.into_iter().zip(self.digits);
        let rates = rates.filter(|((rate, _), _)| *rate == 8_000 || wide);
        let digits = rates.filter_map(|((rate, usual), bound)| Some((number(bound, usual)?, rate)));
        let digits = digits.collect();
        OfferedNumbers { voice, digits }
    }
}

/// Sets a format's number to the first of the section, unless the section still has the old one. An
/// old number to which the section gives another format is forgotten.
fn keep_or_bind(slot: &mut Option<u8>, media: &Media, is: impl Fn(u8) -> bool) {
    let still = |old: &u8| media.payload_types().any(|number| number == *old);
    if slot.filter(still).is_some_and(&is) {
        return;
    }
    let first = media.payload_types().find(|number| is(*number));
    *slot = first.or(slot.filter(|old| !still(old)));
}

impl OfferedNumbers {
    pub(crate) fn of(&self, codec: Codec) -> Option<u8> {
        let found = self.voice.iter().find(|(offered, _)| *offered == codec);
        found.map(|(_, number)| *number)
    }

    /// Returns the types to be received after the answer: those of the offer (RFC 3264 §5.1). The
    /// answer's own types are added if the offer does not assign their numbers.
    pub(crate) fn received(
        &self,
        (codec, voice): (Codec, u8),
        digits: Option<u8>,
        noise: Option<u8>,
    ) -> ReceivedTypes {
        let is_voice = |number: u8| self.voice.iter().any(|(_, offered)| *offered == number);
        let is_digits = |number: u8| self.digits.iter().any(|(offered, _)| *offered == number);
        let own = |number: &u8| !is_voice(*number) && !is_digits(*number);
        let offered = self.digits.iter().map(|(number, _)| *number);
        ReceivedTypes {
            voice: self
                .of(codec)
                .into_iter()
                .chain(Some(voice).filter(own))
                .collect(),
            digits: offered
                .filter(|_| digits.is_some())
                .chain(digits.filter(own))
                .collect(),
            noise: noise.filter(own).into_iter().collect(),
        }
    }

    /// Adds the maps of the offer to an answer that repeats the offer's numbers without maps.
    pub(crate) fn complete(&self, answer: &Media) -> Media {
        let mut media = answer.clone();
        let unmapped = answer
            .payload_types()
            .filter(|number| DYNAMIC.contains(number) && answer.encoding(*number).is_none());
        for payload_type in unmapped {
            let voice = self.voice.iter().find(|(_, n)| *n == payload_type);
            let voice =
                voice.map(|(codec, _)| (codec.name(), codec.clock_rate(), codec.channels()));
            let digits = self.digits.iter().find(|(n, _)| *n == payload_type);
            let digits = digits.map(|(_, rate)| ("telephone-event", *rate, 1));
            let map = voice
                .or(digits)
                .map(|(encoding, clock_rate, channels)| RtpMap {
                    payload_type,
                    encoding: encoding.to_owned(),
                    clock_rate,
                    channels,
                });
            media.rtp_maps.extend(map);
        }
        media
    }
}
