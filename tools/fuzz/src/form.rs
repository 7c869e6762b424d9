//! Forms: urlencoded bodies are parsed by the rule of the WHATWG, JSON bodies as by serde_json, and
//! limits are respected.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use confab_rest::read_form;
use confab_terms::limits::FORM_FIELDS_MAX;
use percent_encoding::percent_decode;
use serde_json::{Map, Value};
use tokio::runtime::{Builder, Runtime};

/// Maximum memory for decoding a body of 16 kB.
const MEMORY_MAX: usize = 8 << 20;
const REPLACEMENT: char = '\u{fffd}';

type Fields = BTreeMap<String, Vec<String>>;

pub(crate) fn run(bytes: &[u8]) {
    let Some((kind, body)) = bytes.split_first() else {
        return;
    };
    match kind % 4 {
        0 | 1 => urlencoded(body),
        2 => json(body),
        _ => {
            if let Ok(fields) = read("multipart/form-data; boundary=x", body) {
                assert!(fields.len() <= FORM_FIELDS_MAX);
            }
        }
    }
}

fn read(content_type: &str, body: &[u8]) -> Result<Fields, u16> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let built = Builder::new_current_thread().enable_all().build();
        built.unwrap_or_else(|e| panic!("{e}"))
    });
    let body = body.to_vec();
    let read = crate::memory::within(MEMORY_MAX, || {
        runtime.block_on(read_form(content_type, body))
    });
    read.map_err(|status| status.as_u16())
}

fn urlencoded(body: &[u8]) {
    let read = read("application/x-www-form-urlencoded", body);
    let pairs: Vec<_> = url::form_urlencoded::parse(body).collect();
    let broken = pairs
        .iter()
        .any(|(name, value)| name.contains(REPLACEMENT) || value.contains(REPLACEMENT));
    let too_many = pairs.len() > FORM_FIELDS_MAX;
    let mut reference = Fields::new();
    for (name, value) in pairs {
        let texts = reference.entry(name.into_owned()).or_default();
        texts.push(value.into_owned());
    }
    match read {
        Ok(fields) => {
            assert!(!too_many);
            assert_eq!(fields, reference);
            let sent: Vec<u8> = percent_decode(body).collect();
            let meant = sent.windows(3).any(|three| three == "\u{fffd}".as_bytes());
            assert!(!broken || meant, "malformed UTF-8 was let through");
        }
        Err(400) => assert!(broken, "refused, but {reference:?}"),
        Err(status) => assert!(status == 413 && too_many, "{status}"),
    }
}

fn json(body: &[u8]) {
    let read = read("application/json", body);
    let reference = serde_json::from_slice::<Map<String, Value>>(body);
    match (read, reference) {
        (Ok(fields), Ok(reference)) => same(&fields, &reference),
        (Ok(fields), Err(_)) if body.is_empty() => assert!(fields.is_empty()),
        (Err(413), Ok(_)) | (Err(400), Err(_)) => {}
        (read, reference) => panic!("{read:?}, but {reference:?}"),
    }
}

fn same(fields: &Fields, reference: &Map<String, Value>) {
    for (name, value) in reference {
        let last = match value {
            Value::Array(items) => match items.last() {
                Some(last) => last,
                // An empty array has no value; an earlier field with the same name may remain.
                None => continue,
            },
            value => value,
        };
        let text = match last {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let read = fields.get(name).and_then(|texts| texts.last());
        assert_eq!(read, Some(&text), "{name}");
    }
    assert!(fields.keys().all(|name| reference.contains_key(name)));
}
