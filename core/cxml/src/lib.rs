//! cXML: parses a document, and steps through its verbs. It fetches nothing and plays nothing;
//! URLs stay as they were written, relative ones too.

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
