//! Fetches of audio: through the cache, and streamed into the sink while played.

use std::sync::Arc;
use std::time::{Duration, Instant};

use confab_switchboard::{Fetch, FetchError, FetchKind, Fetched};
use confab_terms::{AudioId, Method};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep, timeout};

use crate::body::Body;
use crate::cache::{Asked, Known};
use crate::content::{self, Content};
use crate::document::{self, Came, check_success, unfit};
use crate::exchange::Answer;
use crate::failure;
use crate::hop::Hop;
use crate::jar::Jar;
use crate::limits::{
    AUDIO_BYTES_MAX, AUDIO_BYTES_PER_SECOND_MIN, AUDIO_RATE_GRACE, AUDIO_STALL_MAX,
    AUDIO_STALL_STEP, AUDIO_TIME_MAX, AUDIO_WANTED_STEP,
};
use crate::sink::{AudioSink, AudioWriter};
use crate::web::{Shared, Web};

impl Web {
    pub(crate) async fn fetch_cached(
        &self,
        fetch: &Fetch,
        jar: &mut Jar,
    ) -> Result<Fetched, FetchError> {
        let shared = &self.shared;
        let bare = shared.is_bare(fetch)?;
        let fields = if bare { &[][..] } else { &fetch.fields };
        let first = Hop::first(fetch.method, &fetch.url, fields, false)?;
        // Only equal requests, with equal fields and cookies, share a response.
        let asked = Asked::of(&first, jar.header(&first.url).as_ref());
        let turn = shared.cache.turn(&asked.whole);
        let _turn = turn.wait().await;
        self.fetch_in_turn(fetch, &asked, bare, jar).await
    }

    async fn fetch_in_turn(
        &self,
        fetch: &Fetch,
        asked: &Asked,
        bare: bool,
        jar: &mut Jar,
    ) -> Result<Fetched, FetchError> {
        let shared = &self.shared;
        let known = shared.cache.known(asked);
        let mut claim = known
            .as_ref()
            .and_then(|known| Claim::of(&shared.sink, known.audio));
        let known = known.filter(|_| claim.is_some());
        if let Some(audio) = claim
            .take_if(|_| known.as_ref().is_some_and(|known| known.fresh))
            .map(Claim::keep)
        {
            return Ok(Fetched::Audio { audio });
        }
        // Conditions on other methods than GET could cause a 412 (RFC 9110 §13.1.2).
        let conditions = match &known {
            Some(known) if fetch.method == Method::Get => known.conditions.clone(),
            _ => HeaderMap::new(),
        };
        let answer = shared
            .exchange_bare_at_need(fetch, &conditions, bare, jar)
            .await?;
        let is_same = known.is_some_and(|known| is_same(&known, &answer));
        if let Some(audio) = claim.filter(|_| is_same).map(Claim::keep) {
            shared.remember(asked, audio, answer.response.headers());
            return Ok(Fetched::Audio { audio });
        }
        self.take(fetch, asked, answer).await
    }

    /// Checks the type of a new body, and reads the body as audio or as a document.
    async fn take(
        &self,
        fetch: &Fetch,
        asked: &Asked,
        answer: Answer,
    ) -> Result<Fetched, FetchError> {
        let base = answer.base.clone();
        let mut body = Body::of(answer);
        let judged = match fetch.kind {
            FetchKind::Audio => judge(&mut body).await.map(|()| Came::Audio),
            FetchKind::Document | FetchKind::DocumentOrAudio => document::judge(&mut body).await,
        };
        match judged {
            Ok(Came::Audio) => self.stream(fetch, asked, body).await,
            Ok(came) => document::read(came, body, base.into()).await,
            Err(error) => Err(body.witness(error).await),
        }
    }

    /// Streams a body into the sink. With `followed`, the body is an entry of a playlist: its
    /// validators do not apply to the URL of the playlist.
    pub(crate) async fn pour_in(
        &self,
        fetch: &Fetch,
        asked: &Asked,
        body: Body,
        followed: bool,
    ) -> Result<Fetched, FetchError> {
        let shared = self.shared.clone();
        if body.declared().is_some_and(|size| size > AUDIO_BYTES_MAX) {
            return Err(body.witness(failure::too_large(too_long(), 200)).await);
        }
        let headers = body.headers();
        let permit = shared.streams.clone().try_acquire_owned();
        let permit = permit.map_err(|_| {
            failure::connection("too much audio is being fetched at once; try again later")
        })?;
        let length = body.declared();
        let kind = content::essence(headers);
        let begun = shared.sink.begin(&asked.url, &kind, length);
        let (audio, writer) = begun.map_err(|full| failure::connection(full.to_string()))?;
        let none = HeaderMap::new();
        shared.remember(asked, audio, if followed { &none } else { headers });
        let idle = Duration::from_millis(u64::from(fetch.time_outs.read_ms));
        let url = asked.url.clone();
        tokio::spawn(async move {
            if !pour(body, writer, idle, permit).await {
                shared.cache.drop_audio(&url, audio);
            }
        });
        Ok(Fetched::Audio { audio })
    }
}

impl Shared {
    /// Stores a response in the cache, and releases audio that no request finds any more.
    fn remember(&self, asked: &Asked, audio: AudioId, headers: &HeaderMap) {
        for lost in self.cache.keep(asked, audio, headers) {
            self.sink.forget(lost);
        }
    }
}

/// Checks that the body may be audio: by the content type, by the first bytes, or because the body
/// is not text. The decoder rejects formats that cannot be played.
pub(crate) async fn judge(body: &mut Body) -> Result<(), FetchError> {
    check_success(body)?;
    let status = body.status();
    let essence = content::essence(body.headers());
    if content::told(&essence) == Content::Audio {
        return Ok(());
    }
    let head = body.head().await?;
    if content::sniffed(head) == Content::Audio || content::is_binary(head) {
        return Ok(());
    }
    Err(unfit(&essence, "audio", status))
}

/// Claim on cached audio, released on drop.
struct Claim {
    sink: Arc<dyn AudioSink>,
    audio: AudioId,
    kept: bool,
}

impl Claim {
    fn of(sink: &Arc<dyn AudioSink>, audio: AudioId) -> Option<Self> {
        sink.claim(audio).then(|| Self {
            sink: sink.clone(),
            audio,
            kept: false,
        })
    }

    /// Transfers the claim to the receiver of the audio.
    fn keep(mut self) -> AudioId {
        self.kept = true;
        self.audio
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.kept {
            self.sink.drop_claim(self.audio);
        }
    }
}

/// Returns whether a response confirms that the cached audio is unchanged.
fn is_same(known: &Known, answer: &Answer) -> bool {
    let status = answer.response.status();
    status == StatusCode::NOT_MODIFIED
        || (status.is_success() && known.is_same(answer.response.headers()))
}

fn too_long() -> String {
    format!(
        "audio of more than {} MB is not played",
        AUDIO_BYTES_MAX >> 20
    )
}

/// Moves the body into the sink; returns whether the body was complete.
async fn pour(
    mut body: Body,
    mut writer: Box<dyn AudioWriter>,
    idle: Duration,
    _permit: OwnedSemaphorePermit,
) -> bool {
    let started = Instant::now();
    let mut total: u64 = 0;
    let reason = loop {
        let stalled = Instant::now();
        while !writer.has_room() && stalled.elapsed() < AUDIO_STALL_MAX {
            sleep(AUDIO_STALL_STEP).await;
        }
        if !writer.has_room() {
            break format!("nobody decoded it for {} s", AUDIO_STALL_MAX.as_secs());
        }
        let bytes = match next(&mut body, writer.as_mut(), idle).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                writer.finish();
                return true;
            }
            Err(reason) => break reason,
        };
        total += bytes.len() as u64;
        if let Some(reason) = is_beyond(total, started.elapsed()) {
            break reason;
        }
        if let Err(full) = writer.write(&bytes) {
            break full.to_string();
        }
    };
    writer.fail(&reason);
    false
}

/// Returns the next bytes; `None` at the end. An error is the reason for ending the transfer.
async fn next(
    body: &mut Body,
    writer: &mut dyn AudioWriter,
    idle: Duration,
) -> Result<Option<Vec<u8>>, String> {
    let until = Instant::now() + idle;
    loop {
        if !writer.is_wanted() {
            return Err("it is not played any more".to_owned());
        }
        let left = until.saturating_duration_since(Instant::now());
        match timeout(left.min(AUDIO_WANTED_STEP), body.next()).await {
            Ok(read) => return read.map_err(|broken| broken.message),
            Err(_) if left > AUDIO_WANTED_STEP => {}
            Err(_) => return Err(format!("nothing came for {} ms", idle.as_millis())),
        }
    }
}

/// Returns the reason for ending a transfer after `total` bytes, if a limit is exceeded.
fn is_beyond(total: u64, elapsed: Duration) -> Option<String> {
    if total > AUDIO_BYTES_MAX {
        return Some(too_long());
    }
    if elapsed > AUDIO_TIME_MAX {
        let hours = AUDIO_TIME_MAX.as_secs() / 3_600;
        return Some(format!("it had not ended after {hours} hours"));
    }
    let slow = total < elapsed.as_secs() * AUDIO_BYTES_PER_SECOND_MIN;
    (elapsed > AUDIO_RATE_GRACE && slow)
        .then(|| format!("it came slower than {AUDIO_BYTES_PER_SECOND_MIN} bytes a second"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::is_beyond;

    #[test]
    fn what_never_ends_ends_by_size_by_rate_or_by_time() {
        let seconds = Duration::from_secs;
        for (total, elapsed, goes_on) in [
            (100 << 20, seconds(1), true),
            ((100 << 20) + 1, seconds(1), false),
            (0, seconds(15), true),
            (16 * 500 - 1, seconds(16), false),
            (16 * 500, seconds(16), true),
            (7_200 * 500, seconds(7_200), true),
            (7_201 * 10_000, seconds(7_201), false),
        ] {
            assert_eq!(
                is_beyond(total, elapsed).is_none(),
                goes_on,
                "{total} {elapsed:?}"
            );
        }
    }
}
