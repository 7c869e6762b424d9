//! One hop of a request: URL, method, form and signature. A redirect creates the next hop. User and
//! password of a URL are sent as Basic authentication (RFC 7617), to the same origin only.

use confab_switchboard::FetchError;
use confab_terms::Method;
use reqwest::StatusCode;
use url::form_urlencoded::Serializer;
use url::{Host, Url};

use crate::allowed::Allowed;
use crate::failure;
use crate::limits::URL_CHARS_MAX;
use crate::port::is_of_another_service;

/// One hop of a request.
#[derive(Clone, Debug)]
pub(crate) struct Hop<'a> {
    /// URL to request, including the fields of a GET.
    pub(crate) url: Url,
    /// URL without added fields, the base of relative URLs.
    pub(crate) base: Url,
    pub(crate) method: Method,
    /// Form of a POST.
    pub(crate) form: &'a [(String, String)],
    /// True if the request is signed.
    pub(crate) signed: bool,
    /// True if the URL may lead to any address: the operator's own host and port.
    pub(crate) exempt: bool,
}

impl<'a> Hop<'a> {
    pub(crate) fn first(
        method: Method,
        url: &str,
        fields: &'a [(String, String)],
        signed: bool,
    ) -> Result<Self, FetchError> {
        let base = parse(url, None)?;
        let mut url = base.clone();
        let mut form = fields;
        if method == Method::Get {
            form = &[];
            if !fields.is_empty() {
                url.query_pairs_mut().extend_pairs(fields);
            }
        }
        Ok(Self {
            url,
            base,
            method,
            form,
            signed,
            exempt: false,
        })
    }

    /// Returns the hop of a redirect. 307 and 308 repeat the request; the other statuses turn it
    /// into a GET without fields. Signature and exemption are kept on the same host only: otherwise
    /// the owner of the first host could send signed requests to another application.
    pub(crate) fn redirected(
        &self,
        status: StatusCode,
        location: Option<&str>,
        allowed: &Allowed,
    ) -> Result<Self, FetchError> {
        let status = status.as_u16();
        let Some(location) = location else {
            return Err(failure::redirect("redirected without a Location", status));
        };
        let mut url = parse(location, Some(&self.url))?;
        self.keep_credentials(&mut url)?;
        let repeats = matches!(status, 307 | 308);
        let downgraded = self.url.scheme() == "https" && url.scheme() == "http";
        if downgraded && repeats && !self.form.is_empty() {
            let message = "redirected a form from https to http; use https throughout";
            return Err(failure::redirect(message, status));
        }
        Ok(Self {
            signed: self.signed && !downgraded && url.host() == self.url.host(),
            base: url.clone(),
            method: if repeats { self.method } else { Method::Get },
            form: if repeats { self.form } else { &[] },
            exempt: self.exempt && url.host() == self.url.host() && allowed.is_exempt(&url),
            url,
        })
    }

    /// Keeps user and password on the same origin. Returns an error for a redirect that names other
    /// credentials; other origins never receive them.
    fn keep_credentials(&self, url: &mut Url) -> Result<(), FetchError> {
        let same = url.origin() == self.url.origin();
        let of = |url: &Url| (url.username().to_owned(), url.password().map(str::to_owned));
        let (ours, theirs) = (of(&self.url), of(url));
        if theirs != (String::new(), None) && (!same || theirs != ours) {
            let message = "redirected to a URL with a user or password in it; take them out";
            return Err(failure::forbidden(message));
        }
        if same && theirs != ours {
            // An http URL with a host accepts both; percent-encoded characters stay unchanged.
            let _ = url.set_username(&ours.0);
            let _ = url.set_password(ours.1.as_deref());
        }
        Ok(())
    }

    /// Checks the port, and an address in the URL, which is never resolved; an exempt hop passes.
    pub(crate) fn check(&self, allowed: &Allowed) -> Result<(), FetchError> {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().unwrap_or_default();
        if self.exempt {
            return Ok(());
        }
        if is_of_another_service(port) {
            let message = format!("port {port} belongs to another service; serve HTTP elsewhere");
            return Err(failure::forbidden(message));
        }
        let address = match self.url.host() {
            Some(Host::Ipv4(v4)) => v4.into(),
            Some(Host::Ipv6(v6)) => v6.into(),
            _ => return Ok(()),
        };
        let checked = allowed.check(host, &[address]);
        checked.map_err(|refused| failure::forbidden(refused.to_string()))
    }

    /// Returns the encoded form.
    pub(crate) fn body(&self) -> String {
        Serializer::new(String::new())
            .extend_pairs(self.form)
            .finish()
    }
}

/// Parses an http or https URL, absolute or relative to `base`; drops the fragment.
fn parse(text: &str, base: Option<&Url>) -> Result<Url, FetchError> {
    if text.len() > URL_CHARS_MAX {
        return Err(failure::forbidden(format!(
            "a URL of more than {URL_CHARS_MAX} characters"
        )));
    }
    let parsed = Url::options().base_url(base).parse(text);
    let mut url = parsed.map_err(|error| failure::forbidden(format!("not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        let scheme = url.scheme();
        let message = format!("{scheme}: URLs are not fetched; use http: or https:");
        return Err(failure::forbidden(message));
    }
    url.set_fragment(None);
    Ok(url)
}
