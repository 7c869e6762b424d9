//! URLs that are requested without confab's fields in the query. These are URLs with a signature
//! over the query, and URLs whose server rejected the fields and accepted the plain URL.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use confab_switchboard::{Fetch, FetchError, FetchKind};
use confab_terms::Method;
use reqwest::header::HeaderMap;
use url::Url;

use crate::document;
use crate::exchange::Answer;
use crate::hop::Hop;
use crate::jar::Jar;
use crate::limits::{BARE_LIFE, BARE_URLS_MAX};
use crate::web::Shared;

/// Query parameters that sign a URL with its query: of AWS, of CloudFront and Google, of Azure.
const SIGNATURES: &[&str] = &["x-amz-signature", "signature", "sig"];

/// Returns whether the URL carries a signature.
pub(crate) fn is_signed(url: &Url) -> bool {
    url.query_pairs().any(|(name, _)| {
        let mut signatures = SIGNATURES.iter();
        signatures.any(|signature| name.eq_ignore_ascii_case(signature))
    })
}

/// Returns whether a status may mean that the server rejects unknown query fields.
pub(crate) fn may_refuse_fields(status: u16) -> bool {
    matches!(status, 400 | 401 | 403)
}

impl Shared {
    /// Returns whether a fetch is sent without fields at the first attempt. Only a GET that may
    /// return audio is: a stored file has no use for the fields.
    pub(crate) fn is_bare(&self, fetch: &Fetch) -> Result<bool, FetchError> {
        if !has_choice(fetch) {
            return Ok(false);
        }
        let url = Hop::first(fetch.method, &fetch.url, &[], false)?.base;
        Ok(is_signed(&url) || self.bare.holds(&url))
    }

    /// Sends the request. If the server may have rejected the fields, sends the request again
    /// without fields, and remembers the URL if that succeeds.
    pub(crate) async fn exchange_bare_at_need(
        &self,
        fetch: &Fetch,
        conditions: &HeaderMap,
        bare: bool,
        jar: &mut Jar,
    ) -> Result<Answer, FetchError> {
        let request = |bare| document::ask(fetch, conditions.clone(), bare);
        let answer = self.exchange(&request(bare), jar).await?;
        let status = answer.response.status().as_u16();
        if !has_choice(fetch) || !may_refuse_fields(status) {
            return Ok(answer);
        }
        let url = Hop::first(fetch.method, &fetch.url, &[], false)?.base;
        if bare {
            self.bare.forget(&url);
            return Ok(answer);
        }
        match self.exchange(&request(true), jar).await {
            Ok(alone) if alone.response.status().as_u16() < 400 => {
                self.bare.remember(&url);
                Ok(alone)
            }
            _ => Ok(answer),
        }
    }
}

fn has_choice(fetch: &Fetch) -> bool {
    fetch.kind == FetchKind::DocumentOrAudio
        && fetch.method == Method::Get
        && !fetch.fields.is_empty()
}

/// URLs, without the query, that are known to be rejected with fields; the oldest is dropped first.
#[derive(Default)]
pub(crate) struct BareUrls {
    known: Mutex<VecDeque<(String, Instant)>>,
}

impl BareUrls {
    pub(crate) fn holds(&self, url: &Url) -> bool {
        let key = key(url);
        let known = self.lock();
        let mut found = known.iter().filter(|(url, _)| *url == key);
        found.any(|(_, since)| since.elapsed() < BARE_LIFE)
    }

    pub(crate) fn remember(&self, url: &Url) {
        let key = key(url);
        let mut known = self.lock();
        known.retain(|(url, _)| *url != key);
        known.push_back((key, Instant::now()));
        if known.len() > BARE_URLS_MAX {
            known.pop_front();
        }
    }

    pub(crate) fn forget(&self, url: &Url) {
        let key = key(url);
        self.lock().retain(|(url, _)| *url != key);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(String, Instant)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(url: &Url) -> String {
    let mut key = url.clone();
    key.set_query(None);
    key.set_fragment(None);
    key.into()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{BareUrls, is_signed};
    use crate::limits::BARE_URLS_MAX;

    #[test]
    fn signatures_are_recognized_by_whole_names() {
        for (query, expected) in [
            ("X-Amz-Algorithm=A&X-Amz-Signature=f00", true),
            ("x-amz-signature=", true),
            ("Expires=1&Signature=x%2By&Key-Pair-Id=K", true),
            ("sv=2024&SIG=abc", true),
            ("signatures=1&design=2&q=sig", false),
            ("", false),
        ] {
            let url = Url::parse(&format!("https://b.example/a.mp3?{query}")).unwrap();
            assert_eq!(is_signed(&url), expected, "{query}");
        }
    }

    #[test]
    fn memory_is_bounded_and_ignores_the_query() {
        let bare = BareUrls::default();
        let url = |n: usize, query: &str| Url::parse(&format!("http://a/{n}?{query}")).unwrap();
        for n in 0..=BARE_URLS_MAX {
            bare.remember(&url(n, "t=1"));
        }
        assert!(!bare.holds(&url(0, "t=1")));
        assert!(bare.holds(&url(1, "t=2")));
        assert_eq!(bare.lock().len(), BARE_URLS_MAX);
        bare.forget(&url(1, ""));
        assert!(!bare.holds(&url(1, "t=2")));
    }
}
