//! cXML: parses a document, and steps through its verbs. It fetches nothing and plays nothing.
//
// Agreed shape (fill in):
//   pub fn parse(bytes: &[u8], place: Place) -> Result<Document, Malformed>   // Place::Call | Place::Music | Place::Announcement
//   Malformed carries the vendor's code (12100 not XML, 11750 too large, 13238 verb not allowed here) and position.
//   pub struct Document { pub verbs: Vec<Verb>, pub warnings: Vec<Warning> }  (serde)
//   pub enum Verb { Play{url, loops}, Say{text, voice, language, loops}, Pause{length}, Redirect{url, method},
//                   Hangup, Reject{busy}, Dial(Dial) }
//   pub struct Dial { action, method, time_limit, hangup_on_star, conference: Option<ConferenceNoun>, .. }
//   pub struct ConferenceNoun { name, muted, beep, coach, start_conference_on_enter, ... } as written; wishes typed
//   pub struct Cursor { … }  // serde: place in a document; next(&mut self, &Document) -> Option<&Verb> with `loop` counted
