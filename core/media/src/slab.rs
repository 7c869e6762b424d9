//! Map of ids to values in slots that never move: found by binary search, iterated without a
//! search. Ids only increase, so a new id is nearly always the last.

use serde::{Deserialize, Serialize};

/// Slot in a `Slab`, valid until its value is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Slot(u32);

/// Map of ids to boxed values, so that growing moves pointers only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Slab<T> {
    slots: Vec<Option<Box<T>>>,
    by_id: Vec<(u64, Slot)>,
    free: Vec<Slot>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            by_id: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Slab<T> {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn slot_of(&self, id: u64) -> Option<Slot> {
        let at = self.by_id.binary_search_by_key(&id, |&(id, _)| id).ok()?;
        Some(self.by_id[at].1)
    }

    /// Adds a value; returns the value if the id exists.
    pub(crate) fn insert(&mut self, id: u64, thing: T) -> Result<Slot, Box<T>> {
        self.insert_boxed(id, Box::new(thing))
    }

    /// Adds a boxed value; returns the value if the id exists.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "bounded by limits::CALLS_MAX"
    )]
    pub(crate) fn insert_boxed(&mut self, id: u64, thing: Box<T>) -> Result<Slot, Box<T>> {
        let Err(at) = self.by_id.binary_search_by_key(&id, |&(id, _)| id) else {
            return Err(thing);
        };
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.free.reserve(self.slots.len());
            Slot(self.slots.len() as u32 - 1)
        });
        self.slots[slot.0 as usize] = Some(thing);
        self.by_id.insert(at, (id, slot));
        Ok(slot)
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<Box<T>> {
        let at = self.by_id.binary_search_by_key(&id, |&(id, _)| id).ok()?;
        let (_, slot) = self.by_id.remove(at);
        self.free.push(slot);
        self.slots[slot.0 as usize].take()
    }

    pub(crate) fn get(&self, id: u64) -> Option<&T> {
        self.at(self.slot_of(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        self.at_mut(self.slot_of(id)?)
    }

    pub(crate) fn at(&self, slot: Slot) -> Option<&T> {
        self.slots.get(slot.0 as usize)?.as_deref()
    }

    pub(crate) fn at_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.slots.get_mut(slot.0 as usize)?.as_deref_mut()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().flatten().map(AsMut::as_mut)
    }
}
