//! Playlists instead of audio: M3U and PLS. The entries are tried in order, each checked and
//! requested like a redirect, until one is audio. HLS is rejected with an error of its own.

use std::collections::VecDeque;

use confab_switchboard::{Fetch, FetchError, Fetched};
use confab_terms::Method;
use confab_terms::limits::DOCUMENT_BYTES_MAX;
use reqwest::header::HeaderMap;
use tokio::time::timeout;
use url::Url;

use crate::audio::judge;
use crate::body::Body;
use crate::cache::Asked;
use crate::content;
use crate::exchange::Ask;
use crate::failure;
use crate::jar::Jar;
use crate::limits::{PEEK_WAIT, PLAYLIST_DEPTH_MAX, PLAYLIST_ENTRIES_MAX};
use crate::web::Web;

/// Format of a playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    M3u,
    Pls,
}

/// Entry of a playlist.
struct Entry {
    url: Url,
    /// False if the entry has another host than the playlist.
    may_exempt: bool,
}

/// Detects a playlist by the first bytes or, if these are text, by the content type.
fn kind(essence: &str, head: &[u8]) -> Option<Kind> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let head = head.trim_ascii_start().to_ascii_lowercase();
    if head.starts_with(b"#extm3u") {
        return Some(Kind::M3u);
    }
    if head.starts_with(b"[playlist]") {
        return Some(Kind::Pls);
    }
    let is_m3u = essence.contains("mpegurl");
    (is_m3u && !head.is_empty() && !content::is_binary(&head)).then_some(Kind::M3u)
}

/// Returns the entries of a playlist in order; `None` for HLS.
fn entries(kind: Kind, text: &str) -> Option<Vec<&str>> {
    if kind == Kind::M3u && text.contains("#EXT-X-") {
        return None;
    }
    let lines = text
        .lines()
        .map(|line| line.trim_start_matches('\u{feff}').trim());
    let urls = lines.filter_map(|line| match kind {
        Kind::M3u => (!line.is_empty() && !line.starts_with('#')).then_some(line),
        Kind::Pls => {
            let (name, url) = line.split_once('=')?;
            let number = name.trim().to_ascii_lowercase();
            number.strip_prefix("file")?.parse::<u32>().ok()?;
            Some(url.trim())
        }
    });
    Some(urls.take(PLAYLIST_ENTRIES_MAX).collect())
}

impl Web {
    /// Streams audio into the sink, after following a playlist to audio.
    pub(crate) async fn stream(
        &self,
        fetch: &Fetch,
        asked: &Asked,
        mut body: Body,
    ) -> Result<Fetched, FetchError> {
        let mut waiting: VecDeque<(Entry, usize)> = VecDeque::new();
        let (mut depth, mut tried, mut is_followed) = (0, 0, false);
        let mut failed = None;
        loop {
            match self.listed(&mut body).await {
                Ok(None) => return self.pour_in(fetch, asked, body, is_followed).await,
                Ok(Some(entries)) if depth < PLAYLIST_DEPTH_MAX => {
                    depth += 1;
                    is_followed = true;
                    for entry in entries.into_iter().rev() {
                        waiting.push_front((entry, depth));
                    }
                }
                Ok(Some(_)) => {
                    let message = format!("found playlists nested more than {depth} deep");
                    failed = Some(failure::not_audio(message, body.status()));
                }
                Err(error) => failed = Some(error),
            }
            loop {
                let next = waiting.pop_front().filter(|_| tried < PLAYLIST_ENTRIES_MAX);
                let Some((entry, of)) = next else {
                    let error = failed.unwrap_or_else(|| {
                        let message = "found a playlist without entries";
                        failure::not_audio(message, body.status())
                    });
                    return Err(body.witness(error).await);
                };
                tried += 1;
                depth = of;
                match self.entry(fetch, &entry).await {
                    Ok(played) => {
                        body = played;
                        break;
                    }
                    Err(error) => failed = Some(failure::in_playlist(error, &entry.url)),
                }
            }
        }
    }

    /// Returns the entries if a body is a playlist.
    async fn listed(&self, body: &mut Body) -> Result<Option<Vec<Entry>>, FetchError> {
        let essence = content::essence(body.headers());
        let (mpegurl, pls) = (essence.contains("mpegurl"), essence.contains("pls"));
        if body
            .declared()
            .is_some_and(|size| size > DOCUMENT_BYTES_MAX as u64)
        {
            return Ok(None);
        }
        let head = match mpegurl || pls {
            true => body.head().await?,
            // Audio may begin late: a body that is silent for long is not a playlist.
            false => match timeout(PEEK_WAIT, body.peek()).await {
                Ok(head) => head?,
                Err(_) => return Ok(None),
            },
        };
        let Some(kind) = kind(&essence, head) else {
            return Ok(None);
        };
        let (base, status) = (body.url().clone(), body.status());
        let text = body.document().await?;
        let text = String::from_utf8_lossy(&text);
        let Some(entries) = entries(kind, &text) else {
            let message = "found an HLS playlist: the URL of a stream or file can be played";
            return Err(failure::not_audio(message, status));
        };
        let urls = entries
            .into_iter()
            .filter_map(|entry| base.join(entry).ok());
        let is_fit = |url: &Url| {
            let has_credentials = !url.username().is_empty() || url.password().is_some();
            matches!(url.scheme(), "http" | "https") && !has_credentials
        };
        let entries = urls.filter(is_fit).map(|url| Entry {
            may_exempt: body.may_exempt(&url),
            url,
        });
        Ok(Some(entries.collect()))
    }

    /// Requests an entry, up to the head of the response.
    async fn entry(&self, fetch: &Fetch, entry: &Entry) -> Result<Body, FetchError> {
        let ask = Ask {
            method: Method::Get,
            url: entry.url.as_str(),
            fields: &[],
            time_outs: fetch.time_outs,
            conditions: HeaderMap::new(),
            signed: false,
        };
        let jar = &mut Jar::default();
        let answer = self.shared.exchange_linked(&ask, entry.may_exempt, jar);
        let mut body = Body::of(answer.await?);
        judge(&mut body).await?;
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, entries, kind};

    #[test]
    fn playlists_are_told_by_their_marks() {
        for (essence, head, expected) in [
            ("text/plain", &b"#EXTM3U\n#EXTINF:-1,x"[..], Some(Kind::M3u)),
            ("", b"\xef\xbb\xbf#extm3u\r\n", Some(Kind::M3u)),
            ("audio/x-scpls", b"[playlist]\nFile1=x", Some(Kind::Pls)),
            ("text/plain", b"[Playlist]\r\n", Some(Kind::Pls)),
            (
                "audio/x-mpegurl",
                b"http://a.example/x.mp3",
                Some(Kind::M3u),
            ),
            ("audio/x-mpegurl", b"tone.wav\n", Some(Kind::M3u)),
            ("audio/x-mpegurl", b"ID3\x04\0", None),
            ("text/plain", b"http://a.example/x.mp3", None),
            ("audio/mpeg", b"\xff\xfb\x90\x64", None),
        ] {
            assert_eq!(kind(essence, head), expected, "{essence} {head:?}");
        }
    }

    #[test]
    fn entries_are_those_of_either_kind_in_order() {
        let m3u = "#EXTM3U\r\n#EXTINF:-1,One\r\n  a.mp3 \r\n\r\nhttp://b.example/b\n";
        assert_eq!(
            entries(Kind::M3u, m3u).unwrap(),
            ["a.mp3", "http://b.example/b"]
        );
        let pls = "[playlist]\nNumberOfEntries=2\nFile1=http://a.example/1\nTitle1=x\n\
                   file2 = http://a.example/2?x=y\nLength1=-1\nFilex=z\n";
        let expected = ["http://a.example/1", "http://a.example/2?x=y"];
        assert_eq!(entries(Kind::Pls, pls).unwrap(), expected);
        assert_eq!(
            entries(Kind::M3u, "#EXTM3U\n#EXT-X-VERSION:3\na.ts\n"),
            None
        );
        let many = "a\n".repeat(10_000);
        assert_eq!(entries(Kind::M3u, &many).unwrap().len(), 8);
    }
}
