//! `/metrics`: the server's figures and the API's own, in Prometheus's text form. They are counted
//! elsewhere; here they are written down. Without authentication, on plain listeners only.

use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Version 0.0.4 of the text form.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Refusals that are counted apart; the others are together.
const STATUSES: [u16; 12] = [400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 500, 503];

/// Where the server's figures come from.
pub trait Figures: Send + Sync + 'static {
    /// All of them, now.
    fn families(&self) -> Vec<Family>;
}

/// Figures of one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// `confab_calls`.
    pub name: &'static str,
    /// What it is, on one line.
    pub help: &'static str,
    /// How much.
    pub values: Values,
}

/// What a family holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Only grows.
    Counter(u64),
    /// Only grow, one for each value of a label.
    Counters(&'static str, Vec<(String, u64)>),
    /// Comes and goes.
    Gauge(f64),
    /// Come and go, one for each value of a label.
    Gauges(&'static str, Vec<(String, f64)>),
    /// How often up to how much.
    Histogram(Histogram),
}

/// How often something was how long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// (up to so many seconds, so often within this bucket alone).
    pub buckets: Vec<(f64, u64)>,
    /// More than the last bucket takes.
    pub beyond: u64,
    /// Seconds in all.
    pub sum: f64,
}

/// The figures, and the counts of HTTP. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    figures: Arc<dyn Figures>,
    http: Arc<Http>,
}

#[derive(Debug, Default)]
struct Http {
    requests: AtomicU64,
    refused: [AtomicU64; STATUSES.len()],
    refused_otherwise: AtomicU64,
    failed_logins: AtomicU64,
}

impl Metrics {
    /// The server's figures; nothing counted of HTTP yet.
    pub fn new(figures: impl Figures) -> Self {
        Self {
            figures: Arc::new(figures),
            http: Arc::default(),
        }
    }

    /// Counts a request that was answered so.
    pub(crate) fn answered(&self, status: u16) {
        self.http.requests.fetch_add(1, Ordering::Relaxed);
        if status < 400 {
            return;
        }
        let place = STATUSES.iter().position(|&counted| counted == status);
        place
            .map_or(&self.http.refused_otherwise, |n| &self.http.refused[n])
            .fetch_add(1, Ordering::Relaxed);
    }

    /// Counts credentials that were wrong.
    pub(crate) fn login_failed(&self) {
        self.http.failed_logins.fetch_add(1, Ordering::Relaxed);
    }

    fn families(&self) -> Vec<Family> {
        let mut families = self.figures.families();
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let refused = STATUSES.iter().zip(&self.http.refused);
        let mut refused: Vec<_> = refused
            .map(|(status, count)| (status.to_string(), read(count)))
            .collect();
        refused.push(("other".to_owned(), read(&self.http.refused_otherwise)));
        families.push(Family {
            name: "confab_http_requests_total",
            help: "HTTP requests answered, connections turned away included",
            values: Values::Counter(read(&self.http.requests)),
        });
        families.push(Family {
            name: "confab_http_refusals_total",
            help: "HTTP requests answered with a status from 400 on",
            values: Values::Counters("status", refused),
        });
        families.push(Family {
            name: "confab_http_logins_failed_total",
            help: "API requests with wrong credentials",
            values: Values::Counter(read(&self.http.failed_logins)),
        });
        families
    }
}

/// `/metrics` before a router that knows the rest.
pub(crate) fn before(router: Router, metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", get(show))
        .with_state(metrics)
        .fallback_service(router)
}

/// Counts what a router answers.
pub(crate) async fn count(
    State(metrics): State<Metrics>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    metrics.answered(response.status().as_u16());
    response
}

async fn show(State(metrics): State<Metrics>) -> Response {
    let text = text(&metrics.families());
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}

fn text(families: &[Family]) -> String {
    let mut text = String::new();
    for family in families {
        // Writing to a string cannot fail.
        let _written = write_family(&mut text, family);
    }
    text
}

fn write_family(out: &mut String, family: &Family) -> fmt::Result {
    let Family { name, help, values } = family;
    let kind = match values {
        Values::Counter(_) | Values::Counters(..) => "counter",
        Values::Gauge(_) | Values::Gauges(..) => "gauge",
        Values::Histogram(_) => "histogram",
    };
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")?;
    match values {
        Values::Counter(count) => writeln!(out, "{name} {count}"),
        Values::Gauge(value) => writeln!(out, "{name} {value}"),
        Values::Counters(label, counts) => counts
            .iter()
            .try_for_each(|(of, count)| writeln!(out, "{name}{{{label}=\"{of}\"}} {count}")),
        Values::Gauges(label, values) => values
            .iter()
            .try_for_each(|(of, value)| writeln!(out, "{name}{{{label}=\"{of}\"}} {value}")),
        Values::Histogram(histogram) => write_histogram(out, name, histogram),
    }
}

/// In the text form a bucket counts all that the smaller ones do.
fn write_histogram(out: &mut String, name: &str, histogram: &Histogram) -> fmt::Result {
    let mut so_far = 0;
    for (up_to, count) in &histogram.buckets {
        so_far += count;
        writeln!(out, "{name}_bucket{{le=\"{up_to}\"}} {so_far}")?;
    }
    so_far += histogram.beyond;
    writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {so_far}")?;
    writeln!(out, "{name}_sum {}\n{name}_count {so_far}", histogram.sum)
}
