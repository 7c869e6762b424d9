//! Parsing of `<Record>`.

use core::time::Duration;

use confab_terms::limits;
use roxmltree::Node;

use crate::attributes::{Attributes, Warnings};
use crate::{Record, recording};

const KEYS: &str = "1234567890*#";

pub(crate) fn record<'a>(node: Node<'a, 'a>, warnings: &mut Warnings<'a>) -> Record {
    const TIMEOUT: &str = "read as 5; whole seconds from 1 on would do";
    const LENGTH: &str = "read as 3600; whole seconds would do, 0 for 3600";
    const KEY: &str = "read as 1234567890*#; some of these keys, or none, would do";
    let mut attributes = Attributes::of(node, warnings);
    let action = attributes.text("action");
    let method = attributes.method("method");
    let timeout = attributes.number("timeout", 1, 13611, TIMEOUT);
    let max_length = attributes.number("maxLength", 0, 13612, LENGTH);
    let keys = attributes.word("finishOnKey", 13613, KEY, |text| {
        let are_keys = text.chars().all(|key| KEYS.contains(key));
        are_keys.then(|| text.to_owned())
    });
    let play_beep = attributes.boolean("playBeep", true, 12200);
    let recording = recording::of_record(&mut attributes);
    attributes.ignore(&[
        "transcribe",
        "transcribeCallback",
        "storageUrl",
        "storageUrlMethod",
        "recordingConfigurationId",
    ]);
    attributes.finish();
    let seconds = |s: u32| Duration::from_secs(s.into());
    Record {
        action,
        method,
        timeout: timeout.map_or(limits::RECORD_SILENCE_DEFAULT, seconds),
        finish_on_key: keys.unwrap_or_else(|| KEYS.to_owned()),
        max_length: max_length
            .filter(|&s| s > 0)
            .map_or(limits::RECORD_LENGTH_DEFAULT, seconds),
        play_beep,
        recording,
    }
}
