//! Tests of the decoding of files and texts, through the handle of the server.

mod ahead;
mod broken;
mod cached;
mod ears;
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "shared with the tests of the store"
)]
#[path = "../../../store/tests/store/faults.rs"]
mod faults;
mod files;
mod formats;
mod growing;
mod mp3;
mod recorder;
mod released;
mod resampler;
mod speech;
mod wav;
mod wide;
