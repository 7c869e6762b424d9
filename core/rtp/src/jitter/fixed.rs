//! Arrays of fixed size on the heap, serialized as sequences: serde supports at most 32 elements.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Creates an array of zeros directly on the heap.
pub(crate) fn zeros<T: Clone + Default, const N: usize>() -> Box<[T; N]> {
    let boxed = vec![T::default(); N].into_boxed_slice();
    boxed
        .try_into()
        .unwrap_or_else(|_| unreachable!("made with N elements"))
}

pub(crate) fn serialize<S: Serializer, T: Serialize, const N: usize>(
    array: &[T; N],
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_seq(array)
}

pub(crate) fn deserialize<'de, D, T, const N: usize>(from: D) -> Result<Box<[T; N]>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let boxed = Vec::<T>::deserialize(from)?.into_boxed_slice();
    boxed
        .try_into()
        .map_err(|_| D::Error::custom("an array of another length"))
}
