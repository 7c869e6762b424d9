//! Construction and sending of callbacks.

use confab_conference::Url;

use super::fields::Fields;
use crate::interpreter::time_outs;
use crate::{About, Output, Switchboard};

/// Sends a callback, with the timeouts of the URL's fragment.
pub(crate) fn callback_to(switchboard: &mut Switchboard, about: About, to: &Url, fields: Fields) {
    switchboard.counters.callbacks += 1;
    switchboard.send(callback(about, to, fields));
}

/// Builds a callback, with the timeouts of the URL's fragment.
pub(crate) fn callback(about: About, to: &Url, fields: Fields) -> Output {
    let (url, time_outs) = time_outs(&to.url);
    Output::Callback {
        about,
        url,
        method: to.method,
        fields,
        time_outs,
    }
}
