//! Test cases: parameters that accept a URL, and forbidden URLs.

use super::canary::PORTS;

/// Parameter that accepts a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// `HoldUrl` of a participant, by GET.
    HoldGet,
    /// `HoldUrl` of a participant, by POST.
    HoldPost,
    /// `<Play>` in the document of a `HoldUrl`.
    HoldPlay,
    /// `WaitUrl` of a participant.
    Wait,
    /// `AnnounceUrl` of a participant.
    Announce,
    /// `<Redirect>` in the document of an `AnnounceUrl`.
    AnnounceRedirect,
    /// `AnnounceUrl` of a conference.
    AnnounceToAll,
    /// `Url` of a call.
    Url,
    /// `FallbackUrl` of a call.
    FallbackUrl,
    /// `StatusCallback` of a call.
    StatusCallback,
    /// `Url` of an outbound call.
    NewUrl,
    /// `FallbackUrl` of an outbound call.
    NewFallbackUrl,
    /// `StatusCallback` of an outbound call.
    NewStatusCallback,
    /// `Twiml` of a call: `<Play>`.
    Play,
    /// `Twiml` of a call: `<Redirect>`.
    Redirect,
    /// `Twiml` of a call: `<Dial action>`.
    Action,
    /// `Twiml` of a call: `<Conference waitUrl>`.
    ConferenceWait,
    /// `Twiml` of a call: `<Conference statusCallback>`.
    ConferenceCallback,
    /// `Twiml` of a call: `<Conference eventCallbackUrl>`.
    ConferenceEvent,
}

/// All parameters.
pub const WAYS: [Way; 19] = [
    Way::HoldGet,
    Way::HoldPost,
    Way::HoldPlay,
    Way::Wait,
    Way::Announce,
    Way::AnnounceRedirect,
    Way::AnnounceToAll,
    Way::Url,
    Way::FallbackUrl,
    Way::StatusCallback,
    Way::NewUrl,
    Way::NewFallbackUrl,
    Way::NewStatusCallback,
    Way::Play,
    Way::Redirect,
    Way::Action,
    Way::ConferenceWait,
    Way::ConferenceCallback,
    Way::ConferenceEvent,
];

/// Test case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Index of the case; `q<number>z` marks its URL.
    pub number: usize,
    /// Parameter of the URL.
    pub way: Way,
    /// Forbidden URL.
    pub url: String,
}

/// Targets of the application's redirects; `{m}` is the mark.
pub(super) const REDIRECTED_TO: &[&str] = &[
    "http://127.0.0.1/{m}",
    "http://[::1]:8080/{m}",
    "http://169.254.169.254/latest/meta-data/{m}",
    "http://0x0a010203/{m}",
    "//10.1.2.3:8000/{m}",
    "http://lan.test/{m}",
    "https://mixed.test/{m}",
    "file:///etc/passwd?{m}",
    "http://a:b@127.0.0.1/{m}",
    "http://public.test/to/307/0/{m}",
    "http://public.test/to/308/10/{m}",
];

/// Forbidden URLs; `{p}` is a port, `{m}` the mark.
const SPELLINGS: &[&str] = &[
    "http://127.0.0.1:{p}/{m}",
    "http://127.1:{p}/{m}",
    "http://127.0.1:{p}/{m}",
    "http://0177.0.0.1:{p}/{m}",
    "http://0x7f.0.0.1:{p}/{m}",
    "http://0x7f000001:{p}/{m}",
    "http://2130706433:{p}/{m}",
    "http://017700000001:{p}/{m}",
    "http://127.0.0.1.:{p}/{m}",
    "http://127.255.255.254:{p}/{m}",
    "http://0.0.0.0:{p}/{m}",
    "http://0:{p}/{m}",
    "http://①②⑦.0.0.1:{p}/{m}",
    "http://127。0。0。1:{p}/{m}",
    "http://%31%32%37.0.0.1:{p}/{m}",
    "http://localhost:{p}/{m}",
    "http://LOCALHOST.:{p}/{m}",
    "http://[::1]:{p}/{m}",
    "http://[::]:{p}/{m}",
    "http://[0:0:0:0:0:0:0:1]:{p}/{m}",
    "http://[::ffff:127.0.0.1]:{p}/{m}",
    "http://[::ffff:7f00:1]:{p}/{m}",
    "http://[::ffff:0:127.0.0.1]:{p}/{m}",
    "http://[::127.0.0.1]:{p}/{m}",
    "http://[64:ff9b::127.0.0.1]:{p}/{m}",
    "http://[64:ff9b::a01:203]:{p}/{m}",
    "http://[64:ff9b:1::127.0.0.1]:{p}/{m}",
    "http://[2002:7f00:1::]:{p}/{m}",
    "http://[2002:a01:203::1]:{p}/{m}",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]:{p}/{m}",
    "http://[2001:4860::5efe:7f00:1]:{p}/{m}",
    "http://[fe80::1]:{p}/{m}",
    "http://[fec0::1]:{p}/{m}",
    "http://[fc00::1]:{p}/{m}",
    "http://[fd12::9]:{p}/{m}",
    "http://[fd00:ec2::254]:{p}/{m}",
    "http://[ff02::1]:{p}/{m}",
    "http://[100::1]:{p}/{m}",
    "http://[2001:2::1]:{p}/{m}",
    "http://[2001:10::1]:{p}/{m}",
    "http://[2001:db8::1]:{p}/{m}",
    "http://[3ffe::1]:{p}/{m}",
    "http://[3fff::1]:{p}/{m}",
    "http://[5f00::1]:{p}/{m}",
    "http://[4000::1]:{p}/{m}",
    "http://10.1.2.3:{p}/{m}",
    "http://10.66051:{p}/{m}",
    "http://0xa010203:{p}/{m}",
    "http://172.16.0.1:{p}/{m}",
    "http://172.31.255.255:{p}/{m}",
    "http://192.168.0.1:{p}/{m}",
    "http://3232235521:{p}/{m}",
    "http://169.254.169.254:{p}/{m}",
    "http://169.254.43518:{p}/{m}",
    "http://0xa9fea9fe:{p}/{m}",
    "http://100.64.0.1:{p}/{m}",
    "http://100.127.255.254:{p}/{m}",
    "http://100.100.100.200:{p}/{m}",
    "http://168.63.129.16:{p}/{m}",
    "http://192.0.0.192:{p}/{m}",
    "http://192.0.2.1:{p}/{m}",
    "http://192.88.99.1:{p}/{m}",
    "http://198.18.0.1:{p}/{m}",
    "http://198.51.100.1:{p}/{m}",
    "http://203.0.113.1:{p}/{m}",
    "http://224.0.0.1:{p}/{m}",
    "http://240.0.0.1:{p}/{m}",
    "http://255.255.255.255:{p}/{m}",
    "https://127.0.0.1:{p}/{m}",
    "https://[::1]:{p}/{m}",
    "https://10.1.2.3:{p}/{m}",
    "http://user@127.0.0.1:{p}/{m}",
    "http://user:password@10.1.2.3:{p}/{m}",
    "http://example.com@127.0.0.1:{p}/{m}",
    "http://example.com:80@127.0.0.1:{p}/{m}",
    "http://127.0.0.1:{p}\\@example.com/{m}",
    "http://127.0.0.1:{p}/{m}#@public.test/",
    "http://public.test@127.0.0.1:{p}/{m}",
    "http:\\\\127.0.0.1:{p}/{m}",
    "http:127.0.0.1:{p}/{m}",
    "http:///127.0.0.1:{p}/{m}",
    " \thttp://127.0.0.1:{p}/{m}",
    "ht\ntp://127.0.0.1:{p}/{m}",
    "http://127.0.0.1:{p}\t/{m}",
    "HTTP://127.0.0.1:{p}/{m}",
    "file:///etc/passwd?{m}",
    "ftp://127.0.0.1/{m}",
    "gopher://127.0.0.1:{p}/_{m}",
    "dict://127.0.0.1:{p}/{m}",
    "ldap://127.0.0.1:{p}/{m}",
    "data:text/xml,<Response/>{m}",
    "unix:/run/docker.sock/{m}",
    "javascript:{m}",
    "//127.0.0.1:{p}/{m}",
    "http://[::1%25lo]:{p}/{m}",
    "http://127.0.0.1:99999/{m}",
    "http://loop.test:{p}/{m}",
    "http://lan.test:{p}/{m}",
    "http://meta.test:{p}/{m}",
    "http://cgnat.test:{p}/{m}",
    "http://six.test:{p}/{m}",
    "http://ula.test:{p}/{m}",
    "http://mapped.test:{p}/{m}",
    "http://nat64.test:{p}/{m}",
    "http://mixed.test:{p}/{m}",
    "http://mixed6.test:{p}/{m}",
    "http://chain.test:{p}/{m}",
    "http://chain6.test:{p}/{m}",
    "http://LOOP.Test.:{p}/{m}",
    "https://loop.test:{p}/{m}",
    "http://nowhere.test:{p}/{m}",
    "http://rebind-{m}.test/{m}",
    "http://rebind-{m}.test/{m}?again",
    "http://public.test/to/301/0/{m}",
    "http://public.test/to/302/1/{m}",
    "http://public.test/to/303/2/{m}",
    "http://public.test/to/307/3/{m}",
    "http://public.test/to/308/4/{m}",
    "http://public.test/to/302/5/{m}",
    "http://public.test/to/307/6/{m}",
    "http://public.test/to/302/7/{m}",
    "http://public.test/to/307/8/{m}",
    "http://public.test/to/302/9/{m}",
    "http://public.test/to/302/10/{m}",
];

/// Returns the cases of a number of calls, each with one case per parameter. Each parameter is
/// combined with each spelling, with alternating ports.
#[must_use]
pub fn cases(calls: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    for call in 0..calls {
        for (nth, way) in WAYS.into_iter().enumerate() {
            let number = cases.len();
            let spelling = SPELLINGS[(call + nth * 7) % SPELLINGS.len()];
            let port = PORTS[(call / SPELLINGS.len() + call + nth) % PORTS.len()];
            let url = spelling
                .replace("{p}", &port.to_string())
                .replace("{m}", &format!("q{number}z"));
            cases.push(Case { number, way, url });
        }
    }
    cases
}

/// Returns the number of the first mark in a text.
pub(super) fn marked(text: &str) -> Option<usize> {
    text.match_indices('q').find_map(|(at, _)| {
        let (digits, _) = text[at + 1..].split_once('z')?;
        digits.parse().ok()
    })
}

/// Escapes a text for a document.
pub(super) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('"', "&quot;")
        .replace('\t', "&#9;")
        .replace('\n', "&#10;")
}
