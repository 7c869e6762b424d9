//! Who sits in a room and whom each voice reaches. Kept in the form that the sum uses, so that
//! `audible` cannot say anything but what is mixed. The summing itself is in `mix.rs`.

use confab_terms::limits::BEEPS_MAX;
use confab_terms::{Audibility, LegId, Rate, Voice};
use serde::{Deserialize, Serialize};

use crate::beep::BeepSound;
use crate::loudest::Voicing;
use crate::mix::{Frames, Part, Summed};

/// The place of a leg in its room: valid until it is unseated.
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

/// The audio of one conference.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Room {
    pub(crate) rate: Rate,
    /// The rate that it ran at before, and for how many ticks it still runs at both.
    pub(crate) rate_before: Option<(Rate, u8)>,
    /// So many voices at most are summed; 0: all.
    pub(crate) voices_max: usize,
    pub(crate) seats: Vec<Option<Seated>>,
    /// In order of the legs.
    by_leg: Vec<(LegId, Seat)>,
    /// In order of (target, speaker). A voice is in here or in the sum, never in both.
    pub(crate) whispers: Vec<(LegId, Seat)>,
    pub(crate) beeps: Vec<BeepSound>,
    /// Of one tick only, so never written out.
    #[serde(skip)]
    pub(crate) frames: [Frames; Rate::ALL.len()],
    #[serde(skip)]
    pub(crate) summed: Summed,
}

/// What the sum has to know of one leg.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Seated {
    pub(crate) leg: LegId,
    /// Its voice goes into the sum.
    pub(crate) public: bool,
    pub(crate) hears: bool,
    /// It said something this tick that is worth summing.
    pub(crate) spoke: bool,
    /// What of that is in the sum.
    pub(crate) part: Part,
    pub(crate) voicing: Voicing,
    /// As of the tick before: what was not heard then fades in now.
    pub(crate) heard_before: bool,
    pub(crate) voice_before: Voice,
}

impl Room {
    /// An empty room.
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

    /// Sums so many voices at most, the loudest; 0: all.
    pub fn limit_voices(&mut self, voices_max: usize) {
        self.voices_max = voices_max;
    }

    /// Runs at another rate from the next tick on; and for so many ticks at the old one too, so
    /// that filters can fill and each listener can be led over.
    pub fn set_rate(&mut self, rate: Rate, ticks_at_both: u8) {
        if rate == self.rate {
            return;
        }
        let before = core::mem::replace(&mut self.rate, rate);
        // Changed again before it was led over: what was heard so far counts.
        let before = self.rate_before.map_or(before, |(rate, _)| rate);
        self.rate_before = (before != rate).then_some((before, ticks_at_both));
        self.fit();
    }

    /// The rates that the next tick runs at: its own first.
    pub fn rates(&self) -> impl Iterator<Item = Rate> + use<> {
        let before = self.rate_before.map(|(rate, _)| rate);
        [Some(self.rate), before].into_iter().flatten()
    }

    /// The rate that it ran at before, and for how many ticks, this one included, it still runs
    /// at both.
    #[must_use]
    pub fn rate_before(&self) -> Option<(Rate, u8)> {
        self.rate_before
    }

    /// Its sampling rate.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// How many are seated.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_leg.len()
    }

    /// Whether nobody is seated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_leg.is_empty()
    }

    /// Who is seated, in their order.
    pub fn legs(&self) -> impl Iterator<Item = (LegId, Seat)> + '_ {
        self.by_leg.iter().copied()
    }

    /// Where a leg sits.
    #[must_use]
    pub fn seat_of(&self, leg: LegId) -> Option<Seat> {
        let at = self.by_leg.binary_search_by_key(&leg, |&(leg, _)| leg);
        at.ok().map(|at| self.by_leg[at].1)
    }

    /// Seats a leg, or gives one that is seated already its new audibility.
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

    /// The leg leaves: from the next tick on its voice is gone, its whisper too.
    /// False if it was not seated.
    pub fn unseat(&mut self, leg: LegId) -> bool {
        let Ok(at) = self.by_leg.binary_search_by_key(&leg, |&(leg, _)| leg) else {
            return false;
        };
        let (_, seat) = self.by_leg.remove(at);
        self.whispers.retain(|&(_, speaker)| speaker != seat);
        self.seats[seat.index()] = None;
        true
    }

    /// Whom the leg reaches and whether it hears, from the next tick on. A voice that is taken
    /// away is cut there; one that is given fades in. False if the leg is not seated.
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
        // Nobody hears himself, not even by whispering to himself.
        if let Voice::Only(target) = audibility.voice
            && target != leg
        {
            let whisper = (target, seat);
            let at = self.whispers.partition_point(|&w| w < whisper);
            self.whispers.insert(at, whisper);
        }
        true
    }

    /// Whether what `speaker` says reaches `listener`: read from what the sum is made of.
    #[must_use]
    pub fn audible(&self, listener: LegId, speaker: LegId) -> bool {
        let (Some(ear), Some(mouth)) = (self.seat_of(listener), self.seat_of(speaker)) else {
            return false;
        };
        listener != speaker && self.reaches((listener, ear), mouth)
    }

    /// Whether the leg that sits there hears the room.
    #[must_use]
    pub fn hears(&self, seat: Seat) -> bool {
        let seated = self.seats.get(seat.index()).and_then(Option::as_ref);
        seated.is_some_and(|seated| seated.hears)
    }

    /// Whether what is said there reaches anybody who listens, or would.
    #[must_use]
    pub fn is_audible(&self, seat: Seat) -> bool {
        self.seats[seat.index()].is_some_and(|seated| seated.public)
            || self.whispers.iter().any(|&(_, speaker)| speaker == seat)
    }

    /// Whether the leg that sits there hears, or may when somebody speaks, what not everybody
    /// hears: a whisper, or the others without itself.
    #[must_use]
    pub fn sets_apart(&self, seat: Seat, speaks: bool) -> bool {
        let seated = self.seats.get(seat.index()).and_then(Option::as_ref);
        seated.is_some_and(|seated| {
            (speaks && seated.public) || self.whispers_to(seated.leg).next().is_some()
        })
    }

    /// Every ordered pair: (listener, speaker, whether it is audible).
    pub fn pairs(&self) -> impl Iterator<Item = (LegId, LegId, bool)> + '_ {
        self.by_leg.iter().flat_map(move |&(listener, ear)| {
            let others = self.by_leg.iter().filter(move |&&(leg, _)| leg != listener);
            others.map(move |&(speaker, mouth)| {
                (listener, speaker, self.reaches((listener, ear), mouth))
            })
        })
    }

    /// Forgets that a voice was heard, so that it fades in again: after a gap of its own.
    pub fn fade_in(&mut self, seat: Seat) {
        if let Some(Some(seated)) = self.seats.get_mut(seat.index()) {
            seated.voice_before = Voice::ToNobody;
        }
    }

    /// A tone for everyone who hears the room, but one.
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
            // Whispers are given on the hot path: each seat can have one without growing.
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
