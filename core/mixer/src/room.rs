//! Seats of a room and audibility of each voice, stored in the form that the sum uses: `audible`
//! always agrees with the mix. The summing is in `mix.rs`.

use confab_terms::limits::BEEPS_MAX;
use confab_terms::{Audibility, LegId, Rate, Voice};
use serde::{Deserialize, Serialize};

use crate::beep::BeepSound;
use crate::loudest::Voicing;
use crate::mix::{Frames, Part, Summed};

/// Place of a leg in its room: valid until the leg is unseated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seat(u32);

impl Seat {
    #[expect(clippy::cast_possible_truncation, reason = "a room has few seats")]
    pub(crate) fn from_index(index: usize) -> Self {
        Self(index as u32)
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Audio of one conference.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Room {
    pub(crate) rate: Rate,
    /// Previous rate, and the number of ticks for which the room still runs at both rates.
    pub(crate) rate_before: Option<(Rate, u8)>,
    /// Maximum number of summed voices; 0: no limit.
    pub(crate) voices_max: usize,
    pub(crate) seats: Vec<Option<Seated>>,
    /// Seats, sorted by leg.
    by_leg: Vec<(LegId, Seat)>,
    /// Whispers, sorted by (target, speaker). A voice is either in this list or in the sum.
    pub(crate) whispers: Vec<(LegId, Seat)>,
    pub(crate) beeps: Vec<BeepSound>,
    /// State of one tick, hence not serialized.
    #[serde(skip)]
    pub(crate) frames: [Frames; Rate::ALL.len()],
    #[serde(skip)]
    pub(crate) summed: Summed,
}

/// Properties of one leg that the sum uses.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Seated {
    pub(crate) leg: LegId,
    /// True if the voice is part of the sum.
    pub(crate) public: bool,
    pub(crate) hears: bool,
    /// True if the leg's samples of this tick are above the noise.
    pub(crate) spoke: bool,
    /// Part of these samples in the sum.
    pub(crate) part: Part,
    pub(crate) voicing: Voicing,
    /// Values of the previous tick: signals that were inaudible then fade in now.
    pub(crate) heard_before: bool,
    pub(crate) voice_before: Voice,
}

impl Room {
    /// Creates an empty room.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            rate_before: None,
            voices_max: 0,
            seats: Vec::new(),
            by_leg: Vec::new(),
            whispers: Vec::new(),
            beeps: Vec::with_capacity(BEEPS_MAX),
            frames: Default::default(),
            summed: Summed::default(),
        }
    }

    /// Limits the number of summed voices to the loudest ones; 0: no limit.
    pub fn limit_voices(&mut self, voices_max: usize) {
        self.voices_max = voices_max;
    }

    /// Changes the rate from the next tick on. For `ticks_at_both` ticks the room also runs at the
    /// old rate, so that filters fill and each listener can be cross-faded.
    pub fn set_rate(&mut self, rate: Rate, ticks_at_both: u8) {
        if rate == self.rate {
            return;
        }
        let before = core::mem::replace(&mut self.rate, rate);
        // After a second change during a transition, the rate heard so far counts as the old one.
        let before = self.rate_before.map_or(before, |(rate, _)| rate);
        self.rate_before = (before != rate).then_some((before, ticks_at_both));
        self.fit();
    }

    /// Returns the rates of the next tick, the room's current rate first.
    pub fn rates(&self) -> impl Iterator<Item = Rate> + use<> {
        let before = self.rate_before.map(|(rate, _)| rate);
        [Some(self.rate), before].into_iter().flatten()
    }

    /// Returns the previous rate and the number of ticks, this one included, for which the room
    /// still runs at both rates.
    #[must_use]
    pub fn rate_before(&self) -> Option<(Rate, u8)> {
        self.rate_before
    }

    /// Returns the sampling rate.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Returns the number of seated legs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_leg.len()
    }

    /// Returns whether no leg is seated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_leg.is_empty()
    }

    /// Returns the seated legs and their seats, sorted by leg.
    pub fn legs(&self) -> impl Iterator<Item = (LegId, Seat)> + '_ {
        self.by_leg.iter().copied()
    }

    /// Returns the seat of a leg.
    #[must_use]
    pub fn seat_of(&self, leg: LegId) -> Option<Seat> {
        let at = self.by_leg.binary_search_by_key(&leg, |&(leg, _)| leg);
        at.ok().map(|at| self.by_leg[at].1)
    }

    /// Seats a leg, or changes the audibility of a leg that is already seated.
    pub fn seat(&mut self, leg: LegId, audibility: Audibility) -> Seat {
        let seat = match self.by_leg.binary_search_by_key(&leg, |&(leg, _)| leg) {
            Ok(at) => self.by_leg[at].1,
            Err(at) => {
                let seat = self.free_seat();
                self.by_leg.insert(at, (leg, seat));
                self.seats[seat.index()] = Some(Seated {
                    leg,
                    public: false,
                    hears: false,
                    spoke: false,
                    part: Part::None,
                    voicing: Voicing::default(),
                    heard_before: false,
                    voice_before: Voice::ToNobody,
                });
                seat
            }
        };
        self.set_audibility(leg, audibility);
        seat
    }

    /// Removes a leg. From the next tick on, its voice and its whisper are gone. Returns false if
    /// the leg was not seated.
    pub fn unseat(&mut self, leg: LegId) -> bool {
        let Ok(at) = self.by_leg.binary_search_by_key(&leg, |&(leg, _)| leg) else {
            return false;
        };
        let (_, seat) = self.by_leg.remove(at);
        self.whispers.retain(|&(_, speaker)| speaker != seat);
        self.seats[seat.index()] = None;
        true
    }

    /// Sets the leg's audibility; takes effect on the next tick. A removed voice is cut, an added
    /// voice fades in. Returns false if the leg is not seated.
    pub fn set_audibility(&mut self, leg: LegId, audibility: Audibility) -> bool {
        let Some(seat) = self.seat_of(leg) else {
            return false;
        };
        self.whispers.retain(|&(_, speaker)| speaker != seat);
        let Some(seated) = &mut self.seats[seat.index()] else {
            return false;
        };
        seated.hears = audibility.hears;
        seated.public = audibility.voice == Voice::ToEveryone;
        // A leg never hears itself, not even by whispering to itself.
        if let Voice::Only(target) = audibility.voice
            && target != leg
        {
            let whisper = (target, seat);
            let at = self.whispers.partition_point(|&w| w < whisper);
            self.whispers.insert(at, whisper);
        }
        true
    }

    /// Returns whether `listener` hears `speaker`, according to the data used by the sum.
    #[must_use]
    pub fn audible(&self, listener: LegId, speaker: LegId) -> bool {
        let (Some(ear), Some(mouth)) = (self.seat_of(listener), self.seat_of(speaker)) else {
            return false;
        };
        listener != speaker && self.reaches((listener, ear), mouth)
    }

    /// Returns whether the leg at a seat hears the room.
    #[must_use]
    pub fn hears(&self, seat: Seat) -> bool {
        let seated = self.seats.get(seat.index()).and_then(Option::as_ref);
        seated.is_some_and(|seated| seated.hears)
    }

    /// Returns whether the voice at a seat is public or whispered to a leg.
    #[must_use]
    pub fn is_audible(&self, seat: Seat) -> bool {
        self.seats[seat.index()].is_some_and(|seated| seated.public)
            || self.whispers.iter().any(|&(_, speaker)| speaker == seat)
    }

    /// Returns whether the leg at a seat needs an individual signal, or may need one if it
    /// `speaks`: a whisper, or a mix-minus.
    #[must_use]
    pub fn sets_apart(&self, seat: Seat, speaks: bool) -> bool {
        let seated = self.seats.get(seat.index()).and_then(Option::as_ref);
        seated.is_some_and(|seated| {
            (speaks && seated.public) || self.whispers_to(seated.leg).next().is_some()
        })
    }

    /// Returns every ordered pair: (listener, speaker, audible).
    pub fn pairs(&self) -> impl Iterator<Item = (LegId, LegId, bool)> + '_ {
        self.by_leg.iter().flat_map(move |&(listener, ear)| {
            let others = self.by_leg.iter().filter(move |&&(leg, _)| leg != listener);
            others.map(move |&(speaker, mouth)| {
                (listener, speaker, self.reaches((listener, ear), mouth))
            })
        })
    }

    /// Makes a voice fade in again, after a gap of its own.
    pub fn fade_in(&mut self, seat: Seat) {
        if let Some(Some(seated)) = self.seats.get_mut(seat.index()) {
            seated.voice_before = Voice::ToNobody;
        }
    }

    /// Starts a tone for all legs that hear the room, except for one.
    pub fn beep(&mut self, hz: u16, except: Option<LegId>) {
        if self.beeps.len() == BEEPS_MAX {
            self.beeps.remove(0);
        }
        self.beeps.push(BeepSound {
            hz,
            except,
            position_ms: 0,
        });
    }

    fn reaches(&self, (listener, ear): (LegId, Seat), mouth: Seat) -> bool {
        let hears = self.seats[ear.index()].is_some_and(|seated| seated.hears);
        let public = self.seats[mouth.index()].is_some_and(|seated| seated.public);
        hears && (public || self.whispers.binary_search(&(listener, mouth)).is_ok())
    }

    fn free_seat(&mut self) -> Seat {
        let free = self.seats.iter().position(Option::is_none);
        let at = free.unwrap_or_else(|| {
            self.seats.push(None);
            // Audibility changes on the hot path: each seat can whisper without a reallocation.
            self.whispers.reserve(self.seats.len());
            self.seats.len() - 1
        });
        self.fit();
        Seat::from_index(at)
    }

    pub(crate) fn fit(&mut self) {
        let seats = self.seats.len();
        for rate in self.rates() {
            self.frames[rate as usize].fit(seats, rate);
        }
        self.summed.fit(seats);
    }
}
