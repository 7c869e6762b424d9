//! What comes out of files and texts, through the handle that the server holds.

mod ahead;
mod broken;
mod ears;
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
