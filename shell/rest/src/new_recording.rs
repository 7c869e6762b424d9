//! Fields of a recording: of a new recording, or of an update.

use confab_switchboard::conference::{RecordWish, RecordingCallback, RecordingEvent, Url};
use confab_switchboard::{NewRecording, RecordingUpdate};
use confab_terms::{Method, PauseBehavior, Track};

use crate::errors::ApiError;
use crate::fields::invalid;
use crate::form::Fields;
use crate::warnings::Warnings;

/// Returns all fields, or the first invalid field as an error. `trims`: the default of `Trim`,
/// which with both vendors depends on the route.
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

/// Returns `Status`, and `PauseBehavior` where it applies.
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
