//! HTTP requests and responses: paths, forms, Basic authentication, errors.

use core::fmt;

use reqwest::{Method, Response, StatusCode, Url, header};
use serde::de::DeserializeOwned;

use crate::{ApiError, Error};

/// Maximum size of a response in bytes: ten times a page of 1,000 resources.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A field of a form or query.
pub(crate) type Field = (&'static str, String);

/// HTTP access to an account.
pub(crate) struct Wire {
    http: reqwest::Client,
    base: Url,
    account: String,
    token: String,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("base", &self.base.as_str())
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Wire {
    pub(crate) fn new(http: reqwest::Client, base: Url, account: String, token: String) -> Self {
        Self {
            http,
            base,
            account,
            token,
        }
    }

    pub(crate) async fn fetch<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[Field],
    ) -> Result<T, Error> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        read(self.send(Method::GET, url, None).await?).await
    }

    /// Fetches a link of a list, a path that is appended to the base URL unchanged.
    pub(crate) async fn follow<T: DeserializeOwned>(&self, link: &str) -> Result<T, Error> {
        let base = self.base.as_str().trim_end_matches('/');
        // Links of SignalWire repeat the prefix of its base URL.
        let prefix = self.base.path().trim_end_matches('/');
        let rest = link
            .strip_prefix(prefix)
            .filter(|rest| rest.starts_with('/'));
        let url = format!("{base}{}", rest.unwrap_or(link));
        // Only a path on the same server is accepted: the token is sent nowhere else.
        let url = Url::parse(&url)
            .ok()
            .filter(|url| link.starts_with('/') && url.origin() == self.base.origin());
        let url = url.ok_or_else(|| Error::NotTheApi {
            status: 200,
            reason: format!("{link:?} is no link to a page"),
        })?;
        read(self.send(Method::GET, url, None).await?).await
    }

    /// Posts a form; returns the whole response, for its headers.
    pub(crate) async fn post(&self, path: &[&str], form: &[Field]) -> Result<Response, Error> {
        self.send(Method::POST, self.url(path), Some(form)).await
    }

    pub(crate) async fn delete(&self, path: &[&str]) -> Result<(), Error> {
        self.send(Method::DELETE, self.url(path), None)
            .await
            .map(|_| ())
    }

    /// Returns a URL with each part as a segment: a label may contain anything but a slash.
    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        // The base URL is http or https, and can therefore have segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["2010-04-01", "Accounts"]);
            match path.split_last() {
                None => segments.push(&format!("{}.json", self.account)),
                Some((last, before)) => segments
                    .push(&self.account)
                    .extend(before)
                    .push(&format!("{last}.json")),
            };
        }
        url
    }

    async fn send(
        &self,
        method: Method,
        url: Url,
        form: Option<&[Field]>,
    ) -> Result<Response, Error> {
        let mut request = self
            .http
            .request(method, url)
            .basic_auth(&self.account, Some(&self.token))
            .header(header::ACCEPT, "application/json");
        if let Some(form) = form {
            request = request.form(form);
        }
        let response = request.send().await.map_err(Error::NoAnswer)?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refusal(response).await)
    }
}

async fn refusal(response: Response) -> Error {
    let status = response.status();
    let retry_after = response.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    match read::<ApiError>(response).await {
        Ok(error) => Error::Api(ApiError {
            retry_after,
            ..error
        }),
        Err(error @ Error::NoAnswer(_)) => error,
        // A 429 counts from any sender, such as a proxy in between.
        Err(_) if status == StatusCode::TOO_MANY_REQUESTS => Error::Api(ApiError {
            code: 20429,
            message: "too many requests".to_owned(),
            more_info: None,
            status: status.as_u16(),
            retry_after,
        }),
        Err(error) => error,
    }
}

/// Parses the body as JSON.
pub(crate) async fn read<T: DeserializeOwned>(mut response: Response) -> Result<T, Error> {
    let status = response.status().as_u16();
    let not_the_api = |reason: String| Error::NotTheApi { status, reason };
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Error::NoAnswer)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(not_the_api("it is too large".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|error| not_the_api(error.to_string()))
}
