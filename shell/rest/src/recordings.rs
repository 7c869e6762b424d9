//! `…/Recordings`, of the account, a call or a conference: list, fetch, start, update, delete.
//! Audio needs its URL only, no credentials, as with both vendors.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use confab_sounds::{AudioFiles, NoMp3};
use confab_store::{Order, Place, RecordingFilter};
use confab_switchboard::{RecordingOf, RecordingStatus, RecordingView, Refusal, Reply, Request};
use confab_terms::RecordingSid;

use crate::calls::call_sid;
use crate::errors::ApiError;
use crate::fields::shown;
use crate::form::{Fields, Form};
use crate::new_recording::{new_recording, recording_update};
use crate::paging::{List, Page};
use crate::participants::conference_sid;
use crate::prefix::Spelling;
use crate::warnings::Warnings;
use crate::{Api, Dialect, parents, range, resources};

const CREATED: [&str; 3] = ["DateCreated", "DateCreated<", "DateCreated>"];
/// Key in place of a sid: the recording in progress.
const CURRENT: &str = "Twilio.CURRENT";
const ACCOUNT: &str = "/2010-04-01/Accounts/{account}";

type Keys = Path<(String, String, String)>;

/// Returns the routes of recordings.
pub(crate) fn routes() -> Router<Api> {
    let mut routes = Router::new()
        .route(&format!("{ACCOUNT}/Recordings"), get(list))
        .route(
            &format!("{ACCOUNT}/Recordings/{{sid}}"),
            get(fetch).delete(remove),
        );
    for (above, of) in [("Calls", Kind::Call), ("Conferences", Kind::Conference)] {
        let path = format!("{ACCOUNT}/{above}/{{of}}/Recordings");
        routes = routes
            .route(&path, get(list_of).post(start).layer(Extension(of)))
            .route(
                &format!("{path}/{{sid}}"),
                get(fetch_of)
                    .post(update)
                    .delete(remove_of)
                    .layer(Extension(of)),
            );
    }
    routes
}

/// Kind of the parent in a path.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Call,
    Conference,
}

impl Kind {
    fn read(self, dialect: Dialect, text: &str) -> Result<RecordingOf, ApiError> {
        Ok(match self {
            Self::Call => RecordingOf::Call(call_sid(dialect, text)?),
            Self::Conference => RecordingOf::Conference(conference_sid(dialect, text)?),
        })
    }
}

/// Returns whether a request needs no credentials: requests for audio, whose URL cannot be guessed.
pub(crate) fn is_public(method: &Method, path: &str, spelling: Spelling) -> bool {
    let mut parts = path.split('/').skip(4);
    let is_one = parts.next() == Some("Recordings") && parts.next().is_some();
    let is_read = *method == Method::GET || *method == Method::HEAD;
    is_read && is_one && parts.next().is_none() && spelling.suffix.is_empty()
}

async fn list(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let fields = Fields::of_query(query.as_deref())?;
    let dialect = api.dialect;
    let call = fields.filled("CallSid").map(|sid| call_sid(dialect, sid));
    let conference = fields.filled("ConferenceSid");
    let conference = conference.map(|sid| conference_sid(dialect, sid));
    let filter = RecordingFilter {
        call: call.transpose()?,
        conference: conference.transpose()?,
        created: fields.moments(CREATED)?,
    };
    page(&api, spelling, &fields, filter, "/Recordings").await
}

async fn list_of(
    State(api): State<Api>,
    Extension(kind): Extension<Kind>,
    Path((_, of)): Path<(String, String)>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let fields = Fields::of_query(query.as_deref())?;
    let created = fields.moments(CREATED)?;
    let mut filter = RecordingFilter {
        created,
        ..RecordingFilter::default()
    };
    let of = kind.read(api.dialect, &of)?;
    parents::of_recording(&api, of).await?;
    let below = match of {
        RecordingOf::Call(call) => {
            filter.call = Some(call);
            format!("/Calls/{}/Recordings", api.dialect.spell(call))
        }
        RecordingOf::Conference(conference) => {
            filter.conference = Some(conference);
            format!("/Conferences/{}/Recordings", api.dialect.spell(conference))
        }
    };
    page(&api, spelling, &fields, filter, &below).await
}

async fn page(
    api: &Api,
    spelling: Spelling,
    fields: &Fields,
    filter: RecordingFilter,
    below: &str,
) -> Result<Response, ApiError> {
    let page = Page::wanted(fields)?;
    let part = page.part(Order::NewestFirst);
    let found = api.store.recordings(filter, part).await?;
    let account = api.store.account().sid;
    let list = List {
        key: "recordings",
        path: &resources::plain_path(api.dialect, account, below),
        spelling,
        dialect: api.dialect,
        filters: fields.kept(&[&["CallSid", "ConferenceSid"][..], &CREATED].concat()),
    };
    let place = |view: &RecordingView| Place {
        at: view.date_created,
        sid: view.sid.to_string(),
    };
    let shape = |view: &RecordingView| resources::recording(api.dialect, &api.api_url, view);
    Ok(Json(page.json(found, &list, place, shape)).into_response())
}

/// Handles `GET`: returns the audio of a recording, or with `.json` the resource.
async fn fetch(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    Path((_, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    (method, mut headers): (Method, HeaderMap),
) -> Result<Response, ApiError> {
    if !spelling.suffix.is_empty() {
        let view = known(&api, &name, None).await?;
        return Ok(shape(&api, &view));
    }
    let (name, is_mp3) = match name.strip_suffix(".mp3") {
        Some(name) => (name, true),
        None => (name.strip_suffix(".wav").unwrap_or(&name), false),
    };
    let view = known(&api, name, None).await?;
    let gone = || ApiError::NoSuch(format!("the audio of the recording {}", shown(name)));
    let is_there = match view.status {
        RecordingStatus::Completed => true,
        // A recording that failed at a disk error may have a beginning.
        RecordingStatus::Failed => view.duration_ms > 0,
        _ => false,
    };
    if !is_there {
        return Err(gone());
    }
    with_channels(&view, &Fields::of_query(query.as_deref())?)?;
    // Only GET has ranges (RFC 9110 §14.2).
    if method != Method::GET {
        headers.remove(header::RANGE);
    }
    let sid = view.sid;
    let (path, kind, end) = if is_mp3 {
        let mp3 = aside(&api, move |audio| audio.mp3(sid)).await?;
        (mp3?, "audio/mpeg", "-mp3")
    } else {
        (api.audio.wav(sid), "audio/x-wav", "")
    };
    let tag = format!("\"{sid}-{}{end}\"", view.duration_ms);
    let answer = range::file(&path, kind, &tag, &headers).await;
    answer.map_err(|_| gone())
}

/// Checks `RequestedChannels` (a field of Twilio): a recording has a fixed number of channels.
fn with_channels(view: &RecordingView, fields: &Fields) -> Result<(), ApiError> {
    let has = view.channels.to_string();
    match fields.filled("RequestedChannels") {
        Some(wanted) if wanted != has => Err(ApiError::OtherChannels(shown(wanted), view.channels)),
        _ => Ok(()),
    }
}

/// Runs blocking work on a thread of its own.
async fn aside<T: Send + 'static>(
    api: &Api,
    work: impl FnOnce(&AudioFiles) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let audio = api.audio.clone();
    let done = tokio::task::spawn_blocking(move || work(&audio)).await;
    done.map_err(|_| ApiError::NoMp3(NoMp3::Failed("a fault of confab".to_owned())))
}

async fn fetch_of(
    State(api): State<Api>,
    Extension(kind): Extension<Kind>,
    Path((_, of, sid)): Keys,
) -> Result<Response, ApiError> {
    let of = kind.read(api.dialect, &of)?;
    let view = known(&api, &sid, Some(of)).await?;
    Ok(shape(&api, &view))
}

async fn start(
    State(api): State<Api>,
    uri: Uri,
    Extension(kind): Extension<Kind>,
    Path((_, of)): Path<(String, String)>,
    Form(fields): Form,
) -> Result<Response, ApiError> {
    let mut warnings = Warnings::default();
    let wish = new_recording(&fields, false, &mut warnings)?;
    let of = kind.read(api.dialect, &of)?;
    let view = match api.ask(Request::StartRecording { of, wish }).await {
        Ok(Reply::Recording(view)) => view,
        Ok(_) => return Err(ApiError::WrongReply),
        Err(error) => return Err(parents::ended(&api, error).await),
    };
    warnings.keep(&api, uri.path(), of);
    let status = match api.dialect {
        Dialect::SignalWire => StatusCode::OK,
        Dialect::Twilio => StatusCode::CREATED,
    };
    Ok((status, shape(&api, &view)).into_response())
}

async fn update(
    State(api): State<Api>,
    Extension(kind): Extension<Kind>,
    Path((_, of, sid)): Keys,
    Form(fields): Form,
) -> Result<Response, ApiError> {
    let update = recording_update(&fields)?;
    let of = kind.read(api.dialect, &of)?;
    let recording = match sid.as_str() {
        CURRENT => None,
        sid => Some(read(api.dialect, sid)?),
    };
    let question = Request::UpdateRecording {
        of,
        recording,
        update,
    };
    match (api.ask(question).await, recording) {
        (Ok(Reply::Recording(view)), _) => {
            let shown = resources::recording_updated(api.dialect, &api.api_url, &view);
            Ok(Json(shown).into_response())
        }
        (Ok(_), _) => Err(ApiError::WrongReply),
        // The recording is complete: an update of it is an error.
        (Err(gone @ ApiError::Refused(_)), Some(_)) if is_gone(&gone) => {
            known(&api, &sid, Some(of)).await?;
            Err(ApiError::RecordingOver(sid))
        }
        (Err(error), _) => Err(parents::ended(&api, error).await),
    }
}

fn is_gone(error: &ApiError) -> bool {
    matches!(
        error,
        ApiError::Refused(
            Refusal::NoSuchRecording(_) | Refusal::NoSuchCall(_) | Refusal::NoSuchConference(_)
        )
    )
}

async fn remove(
    State(api): State<Api>,
    Path((_, sid)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    delete(&api, &sid, None).await
}

async fn remove_of(
    State(api): State<Api>,
    Extension(kind): Extension<Kind>,
    Path((_, of, sid)): Keys,
) -> Result<Response, ApiError> {
    let of = kind.read(api.dialect, &of)?;
    delete(&api, &sid, Some(of)).await
}

async fn delete(api: &Api, sid: &str, of: Option<RecordingOf>) -> Result<Response, ApiError> {
    let view = known(api, sid, of).await?;
    if view.status.is_live() {
        return Err(ApiError::RecordingLive(sid.to_owned()));
    }
    // The audio first: without its row, an audio file would never be deleted.
    let sid = view.sid;
    let removed = aside(api, move |audio| audio.remove(sid)).await?;
    removed.map_err(|error| ApiError::NotRemoved(error.to_string()))?;
    api.store.forget_recording(view.sid).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Returns a recording, of this parent if given; the error of an unknown recording is 404.
pub(crate) async fn known(
    api: &Api,
    sid: &str,
    of: Option<RecordingOf>,
) -> Result<RecordingView, ApiError> {
    let found = api.store.recording(read(api.dialect, sid)?).await?;
    let found = found.filter(|view| of.is_none_or(|of| of == view.of));
    found.ok_or_else(|| no_such(sid))
}

fn read(dialect: Dialect, sid: &str) -> Result<RecordingSid, ApiError> {
    dialect.read(sid).ok_or_else(|| no_such(sid))
}

fn no_such(sid: &str) -> ApiError {
    ApiError::NoSuch(format!("the recording {}", shown(sid)))
}

fn shape(api: &Api, view: &RecordingView) -> Response {
    Json(resources::recording(api.dialect, &api.api_url, view)).into_response()
}
