//! The body of a request, in each of the three shapes that the vendors' libraries send, as one
//! set of named texts. What a field means is not known here, `fields.rs` reads its kind.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use confab_terms::limits::{
    FORM_FIELDS_MAX, HTTP_BODY_BYTES_MAX, HTTP_BODY_WAIT, HTTP_DISCARDED_BYTES_MAX,
};
use http_body_util::BodyExt as _;
use percent_encoding::percent_decode;

use crate::errors::ApiError;
use crate::{Dialect, json};

/// The fields of a request. Of a name that is sent twice the last one counts, but in a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(BTreeMap<String, Vec<String>>);

impl Fields {
    /// The text of a field, if it was sent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.texts(name).last().map(String::as_str)
    }

    /// All the texts that were sent under a name, in their order.
    pub(crate) fn texts(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// All of them, by name, each as often as it was sent.
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

    /// The fields of a query.
    pub(crate) fn of_query(query: Option<&str>) -> Result<Self, ApiError> {
        Self::from_pairs(urlencoded(query.unwrap_or_default().as_bytes())?)
    }

    /// The fields of a body: a form, JSON or multipart, or empty whatever it says it is.
    pub(crate) async fn of_body(headers: &HeaderMap, body: Body) -> Result<Self, ApiError> {
        let bytes = read(headers, body).await?;
        if bytes.is_empty() {
            return Ok(Self::default());
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
        Self::from_pairs(pairs(&content_type, bytes).await?)
    }
}

/// The fields of a body that has come, by its content type, as every request's are read.
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

/// Reads on past the limit, into nothing: a client that is still sending when the connection is
/// closed sees a reset instead of the answer (RFC 9112 §9.6).
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

/// `application/x-www-form-urlencoded`, as WHATWG has it, but malformed UTF-8 is an error.
fn urlencoded(bytes: &[u8]) -> Result<Vec<(String, String)>, ApiError> {
    let mut pairs = Vec::new();
    for part in bytes.split(|byte| *byte == b'&') {
        if part.is_empty() {
            continue;
        }
        // Checked on the way: a megabyte of `&a` is half a million fields.
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
    String::from_utf8(decoded).map_err(|_| ApiError::Malformed("it is not UTF-8".to_owned()))
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
            let value = value.map_err(|_| ApiError::Malformed("it is not UTF-8".to_owned()))?;
            pairs.push((name, value));
        }
    }
    Ok(pairs)
}
