//! HTTP requests for documents and audio: resolution of relative URLs, timeouts from the fragment,
//! table of owners.

use confab_conference::Url;
use confab_terms::{FetchId, Method};

use crate::notifications::fields::Fields;
use crate::state::FetchOwner;
use crate::{Cookies, Fetch, FetchKind, Output, Switchboard, TimeOuts};

/// Sends a request and stores its owner. The request carries the cookies of the owner's call.
pub(crate) fn send_request(
    switchboard: &mut Switchboard,
    whose: FetchOwner,
    kind: FetchKind,
    from: &Url,
    fields: Fields,
) -> FetchId {
    let call = match whose {
        FetchOwner::Document(call, _) => switchboard.calls.get(call),
        FetchOwner::Announcement(_) | FetchOwner::FinalAction => None,
    };
    let cookies = call.map(|call| call.cookies.clone()).unwrap_or_default();
    send(switchboard, whose, kind, from, fields, cookies)
}

/// Requests the action of an ended call; the response is not executed.
pub(super) fn send_final_request(
    switchboard: &mut Switchboard,
    action: &Url,
    fields: Fields,
    cookies: Cookies,
) {
    let (whose, kind) = (FetchOwner::FinalAction, FetchKind::Document);
    send(switchboard, whose, kind, action, fields, cookies);
}

fn send(
    switchboard: &mut Switchboard,
    whose: FetchOwner,
    kind: FetchKind,
    from: &Url,
    fields: Fields,
    cookies: Cookies,
) -> FetchId {
    let fetch = switchboard.ids.fetch();
    let (url, time_outs) = time_outs(&from.url);
    switchboard.requests.fetches.insert(fetch, whose);
    switchboard.send(Output::Fetch(Fetch {
        fetch,
        kind,
        method: from.method,
        url,
        fields,
        time_outs,
        cookies,
    }));
    fetch
}

/// Makes a URL of a document absolute. Returns `None` for an invalid URL, and for schemes other
/// than http and https.
pub(crate) fn resolve(base: &str, written: &str, method: Method) -> Option<Url> {
    let url = match url::Url::parse(base) {
        Ok(base) => base.join(written),
        Err(_) => url::Url::parse(written),
    };
    let url = url.ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    is_web.then(|| Url {
        url: url.into(),
        method,
    })
}

/// Splits a URL into the URL without fragment and the timeouts `#ot=…&rt=…&tt=…` of the fragment.
pub(crate) fn time_outs(url: &str) -> (String, TimeOuts) {
    let mut time_outs = TimeOuts::default();
    let Some((plain, fragment)) = url.split_once('#') else {
        return (url.to_owned(), time_outs);
    };
    for part in fragment.split('&') {
        let Some((name, value)) = part.split_once('=') else {
            continue;
        };
        let Ok(value) = value.parse::<u32>() else {
            continue;
        };
        match name {
            "ot" => time_outs.open_ms = value.clamp(100, 10_000),
            "rt" => time_outs.read_ms = value.clamp(100, 15_000),
            "tt" => time_outs.total_ms = value.clamp(100, 15_000),
            _ => {}
        }
    }
    (plain.to_owned(), time_outs)
}

#[cfg(test)]
mod tests {
    use super::{resolve, time_outs};
    use confab_terms::Method;

    #[test]
    fn a_fragment_sets_time_outs_and_is_not_sent() {
        let (url, times) = time_outs("https://a.example/x?y=1#ot=50&rt=700&tt=99999&zz=1&rt=x");
        assert_eq!(url, "https://a.example/x?y=1");
        let told = (times.open_ms, times.read_ms, times.total_ms);
        assert_eq!(told, (100, 700, 15_000));
    }

    #[test]
    fn relative_urls_refer_to_the_document() {
        let of = |written| resolve("http://a.example/b/c.xml?d=1", written, Method::Get);
        let url = |written| of(written).map(|u| u.url);
        assert_eq!(url("e.wav").as_deref(), Some("http://a.example/b/e.wav"));
        assert_eq!(url("/e").as_deref(), Some("http://a.example/e"));
        assert_eq!(url("").as_deref(), Some("http://a.example/b/c.xml?d=1"));
        assert_eq!(url("ftp://a/x"), None);
        assert_eq!(resolve("", "x.wav", Method::Get), None);
    }
}
