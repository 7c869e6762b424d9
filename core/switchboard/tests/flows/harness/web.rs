//! Responses of a scripted application.

use confab_switchboard::{FetchError, Fetched};

pub(crate) type Answer = Result<Brings, FetchError>;

pub(crate) enum Brings {
    Document(String),
    Text(String),
    Audio,
}

pub(crate) fn text(text: &str) -> Answer {
    Ok(Brings::Text(text.to_owned()))
}

pub(crate) fn document(verbs: &str) -> Answer {
    Ok(Brings::Document(format!("<Response>{verbs}</Response>")))
}

pub(crate) fn audio() -> Answer {
    Ok(Brings::Audio)
}

pub(crate) fn failing(code: u32) -> Answer {
    Err(FetchError {
        code,
        message: "scripted to fail".to_owned(),
        status: None,
        exchange: None,
    })
}

pub(crate) fn from(brings: Brings, url: &str) -> Fetched {
    match brings {
        Brings::Document(body) => Fetched::Document {
            body: body.into_bytes(),
            url: url.to_owned(),
        },
        Brings::Text(text) => Fetched::Text(text),
        Brings::Audio => Fetched::Audio {
            audio: super::AUDIO,
        },
    }
}
