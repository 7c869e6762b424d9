//! Guards against requests that a foreign web page makes its reader's browser send. `Host` must be
//! a name of this server, `Origin` its own or a configured origin. Adds headers to responses.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::{Extension, Router};

use crate::errors::ApiError;
use crate::{Dialect, Metrics, Served};

/// Headers of each response, unless the response has a header of that name.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
];
/// Header of JSON responses only: browsers may keep recordings, which carry an ETag.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Names by which a listener may be addressed, besides its address and `localhost`.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    /// Host names and addresses in lower case, without a port.
    pub names: Vec<String>,
    /// Certificate of the listener; names in the certificate are accepted.
    pub certificate: Option<Arc<Served>>,
}

/// Local address of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AcceptedOn(pub(crate) IpAddr);

/// Rules of a listener.
pub(crate) struct Guard {
    pub(crate) listen: SocketAddr,
    pub(crate) is_tls: bool,
    pub(crate) hosts: Hosts,
    /// Configured origins, in the spelling of `Origin` headers.
    pub(crate) origins: Vec<String>,
    pub(crate) dialect: Dialect,
    pub(crate) metrics: Metrics,
}

impl Guard {
    /// Adds the checks before a router, and the headers after it.
    pub(crate) fn before(self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(Arc::new(self), check))
    }

    fn checked(&self, request: &Request, accepted_on: Option<IpAddr>) -> Result<(), ApiError> {
        let headers = request.headers();
        let origins: Vec<_> = texts(headers, header::ORIGIN).collect();
        if origins.is_empty() && !self.listen.ip().to_canonical().is_loopback() {
            return Ok(());
        }
        let authority = request
            .uri()
            .authority()
            .map(axum::http::uri::Authority::as_str);
        let hosts = texts(headers, header::HOST).chain(authority);
        let hosts: Vec<_> = hosts.collect();
        for host in &hosts {
            let known = name_and_port(host);
            if !known.is_some_and(|(name, _)| self.is_ours(name, accepted_on)) {
                return Err(ApiError::ForeignHost((*host).to_owned()));
            }
        }
        for origin in origins {
            let is_own = || hosts.iter().any(|host| self.is_origin_of(origin, host));
            if !self.origins.iter().any(|known| known == origin) && !is_own() {
                return Err(ApiError::ForeignOrigin(origin.to_owned()));
            }
        }
        Ok(())
    }

    /// Returns whether a host, without its port, is a name of this server.
    fn is_ours(&self, name: &str, accepted_on: Option<IpAddr>) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if name == "localhost" || self.hosts.names.contains(&name) {
            return true;
        }
        let ip = name.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        let is_local = |ip: IpAddr| {
            let addresses = [Some(self.listen.ip()), accepted_on];
            let named = |known: &IpAddr| ip == known.to_canonical();
            addresses.iter().flatten().any(named) || self.hosts.names.contains(&ip.to_string())
        };
        if ip.is_some_and(|ip| is_local(ip.to_canonical())) {
            return true;
        }
        let name = ip.map_or(name, |ip| ip.to_string());
        let served = self.hosts.certificate.as_ref();
        served.is_some_and(|served| served.is_named(&name))
    }

    /// Returns whether an origin belongs to this server. A proxy before this listener may use TLS
    /// even if the listener does not.
    fn is_origin_of(&self, origin: &str, host: &str) -> bool {
        let Some((scheme, of_page)) = origin.split_once("://") else {
            return false;
        };
        let port = match scheme {
            "https" => 443,
            "http" if !self.is_tls => 80,
            _ => return false,
        };
        let with_port = |text| {
            let (name, given) = name_and_port(text)?;
            Some((name.to_ascii_lowercase(), given.unwrap_or(port)))
        };
        with_port(of_page).is_some_and(|page| with_port(host) == Some(page))
    }
}

async fn check(
    State(guard): State<Arc<Guard>>,
    accepted_on: Option<Extension<AcceptedOn>>,
    request: Request,
    next: Next,
) -> Response {
    let accepted_on = accepted_on.map(|Extension(AcceptedOn(ip))| ip);
    let mut response = match guard.checked(&request, accepted_on) {
        Ok(()) => next.run(request).await,
        Err(refused) => {
            let response = refused.written(guard.dialect);
            guard.metrics.answered(response.status().as_u16());
            response
        }
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    let kind = headers.get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind == "application/json") {
        headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    }
    response
}

/// Returns all values of a header. A value that is not text is returned as empty, and so counts as
/// foreign.
fn texts(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let all = headers.get_all(name).into_iter();
    all.map(|value| value.to_str().unwrap_or_default())
}

/// Splits `host`, `host:port` and `[v6]:port`; the brackets remain.
fn name_and_port(text: &str) -> Option<(&str, Option<u16>)> {
    if text.is_empty() || text.contains(['/', '@', ',', ' ']) {
        return None;
    }
    match text.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => {
            let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
            let port = port.parse().ok().filter(|_| is_number)?;
            Some((name, Some(port)))
        }
        _ => Some((text, None)),
    }
}

#[cfg(test)]
mod tests;
