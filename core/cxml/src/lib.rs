//! cXML: parsing of documents and iteration over verbs. Fetching and playback are elsewhere; URLs,
//! including relative ones, are kept as written.

mod attributes;
mod cursor;
mod dial;
mod document;
mod malformed;
mod noun;
mod parse;
mod prolog;
mod read;
mod record;
mod recording;
mod verb;

pub use cursor::Cursor;
pub use document::{Document, Position, Warning};
pub use malformed::Malformed;
pub use noun::{Beep, ConferenceNoun, EventWord, Recording, RecordingEvent};
pub use parse::{Place, parse};
pub use verb::{Dial, Loops, Record, Verb};
