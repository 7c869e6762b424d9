//! `/metrics`: figures of the server and of the API in the text format of Prometheus. This module
//! formats figures that other modules count. No authentication; plain listeners only.

use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Version 0.0.4 of the text format.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Error statuses that are counted separately; all others are counted together.
const STATUSES: [u16; 12] = [400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 500, 503];

/// Source of the server's figures.
pub trait Figures: Send + Sync + 'static {
    /// Returns all current figures.
    fn families(&self) -> Vec<Family>;
}

/// Figures with the same name.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// Name, such as `confab_calls`.
    pub name: &'static str,
    /// Description on a single line.
    pub help: &'static str,
    /// Values of the family.
    pub values: Values,
}

/// Values of a family.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Value that never decreases.
    Counter(u64),
    /// Values that never decrease, one for each value of a label.
    Counters(&'static str, Vec<(String, u64)>),
    /// Value that rises and falls.
    Gauge(f64),
    /// Values that rise and fall, one for each value of a label.
    Gauges(&'static str, Vec<(String, f64)>),
    /// Distribution of values.
    Histogram(Histogram),
}

/// Distribution of durations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Pairs of an upper limit in seconds and the count of this bucket alone.
    pub buckets: Vec<(f64, u64)>,
    /// Count of durations above the last bucket.
    pub beyond: u64,
    /// Sum of all durations, in seconds.
    pub sum: f64,
}

/// Figures of the server, and counts of HTTP. Cheap to clone.
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
    /// Creates metrics from the server's figures; the counts of HTTP start at zero.
    pub fn new(figures: impl Figures) -> Self {
        Self {
            figures: Arc::new(figures),
            http: Arc::default(),
        }
    }

    /// Counts a response by its status.
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

    /// Counts a request with wrong credentials.
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

/// Adds the route `/metrics` before a router.
pub(crate) fn before(router: Router, metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", get(show))
        .with_state(metrics)
        .fallback_service(router)
}

/// Counts the responses of a router.
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

/// Writes a histogram. In the text format a bucket includes the counts of all smaller buckets.
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
