//! Destination of audio bodies. This crate transfers bytes; the server connects the decoder.

use confab_terms::AudioId;

/// Receiver of audio bodies.
pub trait AudioSink: Send + Sync {
    /// Begins a body, and gives the caller a claim on the audio. The decoder may read written bytes
    /// while more arrive.
    fn begin(
        &self,
        url: &str,
        content_type: &str,
        length: Option<u64>,
    ) -> Result<(AudioId, Box<dyn AudioWriter>), Refused>;

    /// Adds a claim to audio that was begun earlier: the audio stays until it is decoded or the
    /// claim is dropped. Returns false if the audio was dropped, and must be fetched again.
    fn claim(&self, audio: AudioId) -> bool;

    /// Drops a claim.
    fn drop_claim(&self, audio: AudioId);

    /// Releases audio that no request finds any more: it ends with the last claim and listener.
    fn forget(&self, audio: AudioId);
}

/// Writer of one body. A writer that is dropped without `finish` counts as failed. Never blocks.
pub trait AudioWriter: Send {
    /// Returns whether the next bytes can be written now; if not, they stay in the connection.
    fn has_room(&self) -> bool;
    /// Returns whether the next bytes will be read. If not, the source should be closed.
    fn is_wanted(&self) -> bool;
    /// Writes the next bytes.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Refused>;
    /// Ends a complete body.
    fn finish(self: Box<Self>);
    /// Ends an incomplete body with the reason.
    fn fail(self: Box<Self>, reason: &str);
}

/// Rejection by a full sink; the text names a remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);
