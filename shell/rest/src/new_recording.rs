//! What a form says of a recording: of one to begin, or of one that is taken.

use confab_switchboard::conference::{RecordWish, RecordingCallback, RecordingEvent, Url};
use confab_switchboard::{NewRecording, RecordingUpdate};
use confab_terms::{Method, PauseBehavior, Track};

use crate::errors::ApiError;
use crate::fields::invalid;
use crate::form::Fields;
use crate::warnings::Warnings;

/// All the fields, or the first that is invalid. `trims`: what `Trim` is when nobody says it, which
/// with both vendors depends on where a recording is asked for.
pub(crate) fn new_recording(
    fields: &Fields,
    trims: bool,
    warnings: &mut Warnings,
) -> Result<NewRecording, ApiError> {
    let dual = match fields.filled("RecordingChannels") {
        None | Some("mono") => false,
        Some("dual") => true,
        Some(other) => return Err(invalid(other, "RecordingChannels", "mono or dual")),
    };
    let track = match fields.filled("RecordingTrack") {
        None | Some("both") => Track::Both,
        Some("inbound") => Track::Inbound,
        Some("outbound") => Track::Outbound,
        Some(other) => {
            return Err(invalid(
                other,
                "RecordingTrack",
                "inbound, outbound or both",
            ));
        }
    };
    let trim = match fields.filled("Trim") {
        None => trims,
        Some("do-not-trim") => false,
        Some("trim-silence") => true,
        Some(other) => return Err(invalid(other, "Trim", "trim-silence or do-not-trim")),
    };
    let name = "RecordingStatusCallbackEvent";
    let events = warnings.events(fields, name, &RecordingEvent::WORDS);
    let method = fields.method("RecordingStatusCallbackMethod")?;
    let method = method.unwrap_or(Method::Post);
    let callback = fields.url("RecordingStatusCallback")?;
    Ok(NewRecording {
        dual,
        track,
        wish: RecordWish {
            trim,
            callback: callback.map(|url| RecordingCallback::new(Url { url, method }, events)),
        },
    })
}

/// `Status`, and `PauseBehavior` where it goes with it.
pub(crate) fn recording_update(fields: &Fields) -> Result<RecordingUpdate, ApiError> {
    let behavior = match fields.filled("PauseBehavior") {
        None | Some("silence") => PauseBehavior::Silence,
        Some("skip") => PauseBehavior::Skip,
        Some(other) => return Err(invalid(other, "PauseBehavior", "silence or skip")),
    };
    match fields.filled("Status") {
        Some("paused") => Ok(RecordingUpdate::Pause(behavior)),
        Some("in-progress") => Ok(RecordingUpdate::Resume),
        Some("stopped") => Ok(RecordingUpdate::Stop),
        other => Err(invalid(
            other.unwrap_or_default(),
            "Status",
            "paused, in-progress or stopped",
        )),
    }
}
