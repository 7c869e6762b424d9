//! Where audio bodies go. This crate moves bytes; who decodes them is joined in by the server.

use confab_terms::AudioId;

/// Takes audio as it arrives.
pub trait AudioSink: Send + Sync {
    /// A body begins. The decoder may read what was written while more is on its way. The caller
    /// has a claim on the audio.
    fn begin(
        &self,
        url: &str,
        content_type: &str,
        length: Option<u64>,
    ) -> Result<(AudioId, Box<dyn AudioWriter>), Refused>;

    /// Adds a claim to audio that was begun earlier: it stays until it is decoded or the claim is
    /// given back. False: it was dropped, and must be fetched anew.
    fn claim(&self, audio: AudioId) -> bool;

    /// Gives a claim back.
    fn drop_claim(&self, audio: AudioId);

    /// Lets audio go that no request will find again: it ends with its last claim and listener.
    fn forget(&self, audio: AudioId);
}

/// One body on its way in. Dropped without `finish` it counts as failed. Never blocks.
pub trait AudioWriter: Send {
    /// Whether the next bytes can be used soon. If not, they wait where they come from.
    fn has_room(&self) -> bool;
    /// Returns whether the next bytes will be read. If not, the source should be closed.
    fn is_wanted(&self) -> bool;
    /// The next bytes.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Refused>;
    /// That was all.
    fn finish(self: Box<Self>);
    /// There is more, but it will not come.
    fn fail(self: Box<Self>, reason: &str);
}

/// The sink has no room, and says what would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);
