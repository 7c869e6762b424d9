//! Fields of a request: the query, and a body in each of the three types that the vendors'
//! libraries send. Both are one set of named texts; `fields.rs` parses their types.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use confab_terms::limits::{
    FORM_FIELDS_MAX, HTTP_BODY_BYTES_MAX, HTTP_BODY_WAIT, HTTP_DISCARDED_BYTES_MAX,
};
use http_body_util::BodyExt as _;
use percent_encoding::percent_decode;

use crate::errors::ApiError;
use crate::{Dialect, json};

/// Suffix of the names whose repeated values are a list.
const LIST_SUFFIX: &str = "Event";

/// Fields of a request. The last value of a name counts, except in lists.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(BTreeMap<String, Vec<String>>);

impl Fields {
    /// Returns the text of a field, if the field was sent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.values(name).last().map(String::as_str)
    }

    /// Returns all values of a list, in their order; only `…Event` fields are lists.
    pub(crate) fn texts(&self, name: &str) -> &[String] {
        debug_assert!(name.ends_with(LIST_SUFFIX), "{name} is no list");
        self.values(name)
    }

    fn values(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns all fields, ordered by name, with repeated values.
    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        let each = self.0.into_iter();
        each.flat_map(|(name, texts)| texts.into_iter().map(move |text| (name.clone(), text)))
            .collect()
    }

    pub(crate) fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self, ApiError> {
        if pairs.len() > FORM_FIELDS_MAX {
            return Err(ApiError::TooLarge);
        }
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, text) in pairs {
            fields.entry(name).or_default().push(text);
        }
        Ok(Self(fields))
    }

    /// Parses the fields of a query.
    pub(crate) fn of_query(query: Option<&str>) -> Result<Self, ApiError> {
        Self::from_pairs(query_pairs(query)?)
    }

    /// Reads query and body as a single form: a name in the body replaces that name in the query.
    pub(crate) async fn of_request(
        query: Option<&str>,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Self, ApiError> {
        let bytes = read(headers, body).await?;
        let mut pairs = query_pairs(query)?;
        if query.map_or(0, str::len) + bytes.len() > HTTP_BODY_BYTES_MAX {
            return Err(ApiError::TooLarge);
        }
        let sent = Self::body_pairs(headers, bytes).await?;
        // Counted before names are merged: the limit holds for query and body together.
        if pairs.len() + sent.len() > FORM_FIELDS_MAX {
            return Err(ApiError::TooLarge);
        }
        let in_body: BTreeSet<&String> = sent.iter().map(|(name, _)| name).collect();
        pairs.retain(|(name, _)| !in_body.contains(name));
        pairs.extend(sent);
        Self::from_pairs(pairs)
    }

    /// Parses a body: a form, JSON or multipart. An empty body may have any content type.
    async fn body_pairs(
        headers: &HeaderMap,
        bytes: Bytes,
    ) -> Result<Vec<(String, String)>, ApiError> {
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        let encoding = headers.get(header::CONTENT_ENCODING);
        if let Some(encoding) = encoding.filter(|encoding| *encoding != "identity") {
            let encoding = String::from_utf8_lossy(encoding.as_bytes()).into_owned();
            return Err(ApiError::ContentType(encoding));
        }
        let content_type = match headers.get(header::CONTENT_TYPE) {
            Some(value) => String::from_utf8_lossy(value.as_bytes()).into_owned(),
            None => String::new(),
        };
        pairs(&content_type, bytes).await
    }
}

/// Fields of a request with a body, as an argument of its handler.
pub(crate) struct Form(pub(crate) Fields);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let fields = Fields::of_request(parts.uri.query(), &parts.headers, body).await?;
        Ok(Self(fields))
    }
}

/// Parses a query as a form, except that an incomplete percent escape is an error.
fn query_pairs(query: Option<&str>) -> Result<Vec<(String, String)>, ApiError> {
    let query = query.unwrap_or_default().as_bytes();
    let mut escapes = query.split(|byte| *byte == b'%').skip(1);
    let is_whole = |escape: &[u8]| {
        let digits = escape.get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    match escapes.all(is_whole) {
        true => urlencoded(query),
        false => Err(ApiError::Malformed(
            "% without two hexadecimal digits in the query".to_owned(),
        )),
    }
}

/// Parses the fields of a complete body by its content type, like those of API requests.
///
/// # Errors
/// 400, 413 or 415.
pub async fn read_form(
    content_type: &str,
    body: impl Into<Bytes>,
) -> Result<BTreeMap<String, Vec<String>>, StatusCode> {
    let read = match body.into() {
        empty if empty.is_empty() => Ok(Fields::default()),
        body => pairs(content_type, body).await.and_then(Fields::from_pairs),
    };
    let fields = read.map_err(|error| error.code_and_status(Dialect::default()).1)?;
    Ok(fields.0)
}

async fn pairs(content_type: &str, bytes: Bytes) -> Result<Vec<(String, String)>, ApiError> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "" | "application/x-www-form-urlencoded" => urlencoded(&bytes),
        "application/json" => json::pairs(&bytes),
        "multipart/form-data" => multipart(content_type, bytes).await,
        _ => Err(ApiError::ContentType(essence.to_owned())),
    }
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, ApiError> {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let reading = collect(body, length.unwrap_or(0));
    match tokio::time::timeout(HTTP_BODY_WAIT, reading).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ApiError::BodyTooSlow),
    }
}

/// Reads a body, and discards bytes beyond the limit. A client that still sends when the connection
/// closes receives a reset instead of the response (RFC 9112 §9.6).
async fn collect(mut body: Body, announced: usize) -> Result<Bytes, ApiError> {
    let mut kept = Vec::with_capacity(announced.min(HTTP_BODY_BYTES_MAX));
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ApiError::Malformed(error.to_string()))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        read += data.len();
        if read > HTTP_DISCARDED_BYTES_MAX {
            return Err(ApiError::TooLarge);
        }
        if read <= HTTP_BODY_BYTES_MAX {
            kept.extend_from_slice(&data);
        }
    }
    if read > HTTP_BODY_BYTES_MAX {
        return Err(ApiError::TooLarge);
    }
    Ok(kept.into())
}

/// Parses `application/x-www-form-urlencoded` as in the WHATWG URL standard, except that malformed
/// UTF-8 is an error.
fn urlencoded(bytes: &[u8]) -> Result<Vec<(String, String)>, ApiError> {
    let mut pairs = Vec::new();
    for part in bytes.split(|byte| *byte == b'&') {
        if part.is_empty() {
            continue;
        }
        // Checked during parsing: a megabyte of `&a` is half a million fields.
        if pairs.len() == FORM_FIELDS_MAX {
            return Err(ApiError::TooLarge);
        }
        let middle = part.iter().position(|byte| *byte == b'=');
        let (name, value) = match middle {
            Some(at) => (&part[..at], &part[at + 1..]),
            None => (part, &[][..]),
        };
        pairs.push((decoded(name)?, decoded(value)?));
    }
    Ok(pairs)
}

fn decoded(bytes: &[u8]) -> Result<String, ApiError> {
    let spaced: Vec<u8> = bytes
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let decoded = percent_decode(&spaced).collect();
    String::from_utf8(decoded).map_err(|_| ApiError::Malformed("not UTF-8".to_owned()))
}

async fn multipart(content_type: &str, bytes: Bytes) -> Result<Vec<(String, String)>, ApiError> {
    let malformed = |error: multer::Error| ApiError::Malformed(error.to_string());
    let boundary = multer::parse_boundary(content_type).map_err(malformed)?;
    let mut parts = multer::Multipart::new(Body::from(bytes).into_data_stream(), boundary);
    let mut pairs = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(malformed)? {
        if pairs.len() == FORM_FIELDS_MAX {
            return Err(ApiError::TooLarge);
        }
        let name = part.name().map(str::to_owned);
        let value = part.bytes().await.map_err(malformed)?.to_vec();
        if let Some(name) = name {
            let value = String::from_utf8(value);
            let value = value.map_err(|_| ApiError::Malformed("not UTF-8".to_owned()))?;
            pairs.push((name, value));
        }
    }
    Ok(pairs)
}
