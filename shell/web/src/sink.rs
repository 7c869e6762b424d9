//! Where audio bodies go. This crate moves bytes; who decodes them is joined in by the server.

use confab_terms::AudioId;

/// Takes audio as it arrives.
pub trait AudioSink: Send + Sync {
    /// A body begins. The decoder may read what was written while more is on its way.
    fn begin(
        &self,
        url: &str,
        content_type: &str,
    ) -> Result<(AudioId, Box<dyn AudioWriter>), Refused>;

    /// Whether audio that was begun earlier can still be played; what was dropped is fetched anew.
    fn has(&self, audio: AudioId) -> bool;
}

/// One body on its way in. Dropped without `finish` it counts as failed. Never blocks.
pub trait AudioWriter: Send {
    /// Whether the next bytes can be used soon. If not, they wait where they come from.
    fn has_room(&self) -> bool;
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
