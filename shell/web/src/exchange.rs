//! A request and the head of the response, over the hops of redirects.

use std::time::Duration;

use confab_switchboard::{FetchError, TimeOuts};
use confab_terms::Method;
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, RequestBuilder, Response};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::client::noting;
use crate::failure;
use crate::hop::Hop;
use crate::icy;
use crate::jar::Jar;
use crate::limits::REDIRECTS_MAX;
use crate::signature::{SIGNALWIRE_HEADER, TWILIO_HEADER};
use crate::web::Shared;

/// Request and time limits.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a str,
    pub(crate) fields: &'a [(String, String)],
    pub(crate) time_outs: TimeOuts,
    /// Additional headers: validators such as If-None-Match, or the token of an event.
    pub(crate) conditions: HeaderMap,
    /// True for callbacks and requests with fields; false for plain audio.
    pub(crate) signed: bool,
}

/// Response whose body has not been read. The status is not a redirect.
pub(crate) struct Answer {
    pub(crate) response: Response,
    /// URL of the response, without the fields that confab added.
    pub(crate) base: Url,
    /// True if every hop was exempt from the address check.
    pub(crate) exempt: bool,
}

impl Shared {
    /// Requests a URL of the API, the configuration or a document.
    pub(crate) async fn exchange(
        &self,
        ask: &Ask<'_>,
        jar: &mut Jar,
    ) -> Result<Answer, FetchError> {
        self.exchange_linked(ask, true, jar).await
    }

    /// Requests a URL. `may_exempt` is false for a URL from another host's playlist: the operator's
    /// own host and port are then checked like any other.
    pub(crate) async fn exchange_linked(
        &self,
        ask: &Ask<'_>,
        may_exempt: bool,
        jar: &mut Jar,
    ) -> Result<Answer, FetchError> {
        let mut hop = Hop::first(ask.method, ask.url, ask.fields, ask.signed)?;
        hop.exempt = may_exempt && self.allowed.is_exempt(&hop.url);
        for redirects in 0..=REDIRECTS_MAX {
            let asked = self.ask_once(&hop, ask, jar).await;
            let response = asked.map_err(|error| match redirects {
                0 => error,
                _ => failure::after_redirect(error),
            })?;
            jar.take(&hop.url, response.headers());
            let status = response.status();
            if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                let Hop { base, exempt, .. } = hop;
                return Ok(Answer {
                    response,
                    base,
                    exempt,
                });
            }
            let location = response.headers().get(LOCATION);
            let location = location.and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
            hop = hop
                .redirected(status, location, &self.allowed)
                .map_err(failure::after_redirect)?;
        }
        let message = format!("redirected more than {REDIRECTS_MAX} times");
        Err(failure::redirect(message, 302))
    }

    async fn ask_once(
        &self,
        hop: &Hop<'_>,
        ask: &Ask<'_>,
        jar: &Jar,
    ) -> Result<Response, FetchError> {
        hop.check(&self.allowed)?;
        let TimeOuts {
            open_ms, read_ms, ..
        } = ask.time_outs;
        let clients = self.clients.get(open_ms, hop.exempt);
        let clients = clients.map_err(|error| failure::from_client(&error))?;
        // Connecting has a separate timeout. The time to the first byte counts from the start of
        // the request: a server that is slow at both does not get the sum.
        let patience = Duration::from_millis(u64::from(read_ms.max(open_ms)));
        let until = Instant::now() + patience;
        let too_late = |_| {
            let message = format!("no answer within {} ms", patience.as_millis());
            failure::connection(message)
        };
        let is_get = hop.method == Method::Get;
        let first = noting(self.request(&clients.keeping, hop, ask, jar).send());
        let (mut answered, opened) = timeout_at(until, first).await.map_err(too_late)?;
        // A server may close an idle connection at any moment, also while a request is sent. The
        // request was not processed then (RFC 9112 §9.3.1).
        let was_closed = |error: &reqwest::Error| !opened && failure::is_unanswered(error);
        // The client accepts Shoutcast only as the first response on a connection.
        let is_other = |error: &reqwest::Error| !opened && is_get && failure::is_no_http(error);
        if answered
            .as_ref()
            .is_err_and(|error| was_closed(error) || is_other(error))
        {
            let again = self.request(&clients.opening, hop, ask, jar).send();
            answered = timeout_at(until, again).await.map_err(too_late)?;
        }
        let response = answered.map_err(|error| failure::from_client(&error))?;
        self.check_connected(hop, &response)?;
        timeout_at(until, icy::understood(response))
            .await
            .map_err(too_late)?
    }

    fn request(&self, client: &Client, hop: &Hop<'_>, ask: &Ask<'_>, jar: &Jar) -> RequestBuilder {
        let request = match hop.method {
            Method::Get => client.get(hop.url.clone()),
            Method::Post => client
                .post(hop.url.clone())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(hop.body()),
        };
        let request = request.headers(ask.conditions.clone());
        let request = match jar.header(&hop.url) {
            Some(cookies) => request.header(COOKIE, cookies),
            None => request,
        };
        self.signed(hop, request)
    }

    fn signed(&self, hop: &Hop<'_>, request: RequestBuilder) -> RequestBuilder {
        if !hop.signed {
            return request;
        }
        let signature = self.signing.sign(&hop.url, hop.form);
        let Ok(value) = HeaderValue::try_from(signature) else {
            return request;
        };
        request
            .header(SIGNALWIRE_HEADER, value.clone())
            .header(TWILIO_HEADER, value)
    }

    /// Checks the address of the established connection again.
    fn check_connected(&self, hop: &Hop<'_>, response: &Response) -> Result<(), FetchError> {
        let Some(connected) = response.remote_addr().filter(|_| !hop.exempt) else {
            return Ok(());
        };
        let host = hop.url.host_str().unwrap_or_default();
        let checked = self.allowed.check(host, &[connected.ip()]);
        checked.map_err(|refused| failure::forbidden(refused.to_string()))
    }
}
