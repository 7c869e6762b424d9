//! Listeners, plain and TLS: connection limits, timeouts of slow clients, graceful shutdown.

use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use axum::{Extension, Router};
use confab_terms::ClientNetwork;
use confab_terms::limits::{
    HTTP_CONNECTIONS_MAX, HTTP_CONNECTIONS_OF_ONE_MAX, HTTP_HEAD_BYTES_MAX, HTTP_HEAD_WAIT,
    HTTP_STREAMS_MAX,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::errors::ApiError;
use crate::guard::{AcceptedOn, Guard, Hosts};
use crate::limits::{PROBE_WAIT, PROBES_MAX, PROBES_OF_ONE_MAX};
use crate::logins::Peer;
use crate::seats::{Seat, Seats};
use crate::unfinished::Budget;
use crate::wire::Wire;
use crate::{Api, Dialect, Metrics, metrics, probes, router};

/// Maximum time for requests in progress after the shutdown was requested.
const FINISH_WAIT: Duration = Duration::from_secs(5);
/// Pause after the system failed to accept a connection (no file descriptors left).
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Bound socket, and its protocol.
pub struct Listener {
    /// Socket, bound and listening.
    pub tcp: TcpListener,
    /// TLS handshakes; `None`: a plain listener.
    pub tls: Option<TlsAcceptor>,
    /// Names by which requests may address the listener.
    pub hosts: Hosts,
    /// Number of open descriptors above which only `/healthz` and `/metrics` are answered.
    pub descriptors_max: u64,
}

impl Listener {
    /// Returns whether enough descriptors remain for the rest of the process. The system assigns
    /// the lowest free number, so the number of the connection's descriptor is compared.
    fn has_descriptors(&self, stream: &TcpStream) -> bool {
        u64::try_from(stream.as_raw_fd()).is_ok_and(|number| number < self.descriptors_max)
    }
}

/// Serves the API until `shutdown` completes, then lets requests in progress finish.
pub async fn serve(listeners: Vec<Listener>, api: Api, shutdown: impl Future<Output = ()>) {
    let (metrics, dialect) = (api.metrics.clone(), api.dialect);
    let origins = api.cors_origins.clone();
    let router = router(api);
    let plain = metrics::before(router.clone(), metrics.clone());
    let seats = Seats::new(HTTP_CONNECTIONS_MAX, HTTP_CONNECTIONS_OF_ONE_MAX);
    let probes = Seats::new(PROBES_MAX, PROBES_OF_ONE_MAX);
    let unfinished = Budget::default();
    let (stop, stopped) = watch::channel(false);
    let accepting: Vec<_> = listeners
        .into_iter()
        .filter_map(|listener| {
            let is_tls = listener.tls.is_some();
            let guard = Guard {
                listen: listener.tcp.local_addr().ok()?,
                is_tls,
                hosts: listener.hosts.clone(),
                origins: origins.clone(),
                dialect,
                metrics: metrics.clone(),
            };
            let door = Door {
                router: guard.before(if is_tls {
                    router.clone()
                } else {
                    plain.clone()
                }),
                metrics: metrics.clone(),
                dialect,
                seats: seats.clone(),
                unfinished: unfinished.clone(),
                probes: probes.clone(),
                stopped: stopped.clone(),
            };
            Some(tokio::spawn(door.accept(listener)))
        })
        .collect();
    shutdown.await;
    // An error means that no receiver is left: nothing has to be stopped.
    let _ = stop.send(true);
    for task in accepting {
        let _ = task.await;
    }
    let _ = tokio::time::timeout(FINISH_WAIT, seats.all_free()).await;
}

#[derive(Clone)]
struct Door {
    router: Router,
    metrics: Metrics,
    dialect: Dialect,
    seats: Seats,
    unfinished: Budget,
    /// Permits beyond `seats`, for `/healthz` and `/metrics`.
    probes: Seats,
    stopped: watch::Receiver<bool>,
}

impl Door {
    async fn accept(mut self, listener: Listener) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.tcp.accept() => accepted,
                () = stop(&mut self.stopped) => return,
            };
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    rest_after(&error).await;
                    continue;
                }
            };
            let mut door = self.clone();
            let peer = Peer(ClientNetwork::of(from.ip()));
            door.router = door.router.layer(Extension(peer));
            if let Ok(local) = stream.local_addr() {
                door.router = door.router.layer(Extension(AcceptedOn(local.ip())));
            }
            let tls = listener.tls.clone();
            let seat = self.seats.take(from.ip());
            if let Some(seat) = seat.filter(|_| listener.has_descriptors(&stream)) {
                tokio::spawn(door.speak(stream, tls, seat));
            } else if let Some(probe) = self.probes.take(from.ip()) {
                door.router = probes::only(door.router, self.metrics.clone(), self.dialect);
                let answered = door.speak(stream, tls, probe);
                tokio::spawn(tokio::time::timeout(PROBE_WAIT, answered));
            } else {
                self.metrics.answered(429);
                turn_away(&stream, tls.is_some(), self.dialect);
            }
        }
    }

    async fn speak(self, stream: TcpStream, tls: Option<TlsAcceptor>, seat: Seat) {
        // An update such as a mute must not be delayed by the client's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        match tls {
            None => self.answer(stream, false).await,
            Some(tls) => match tokio::time::timeout(HTTP_HEAD_WAIT, tls.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    self.answer(stream, is_http2).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            },
        }
        drop(seat);
    }

    async fn answer<S>(mut self, stream: S, is_http2: bool)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // The version is never detected from the first bytes: the library reads them without a
        // timeout.
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HTTP_HEAD_WAIT)
            .max_buf_size(HTTP_HEAD_BYTES_MAX);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(HTTP_STREAMS_MAX)
            .max_header_list_size(u32::try_from(HTTP_HEAD_BYTES_MAX).unwrap_or(u32::MAX))
            .keep_alive_interval(HTTP_HEAD_WAIT)
            .keep_alive_timeout(HTTP_HEAD_WAIT);
        let builder = if is_http2 {
            builder.http2_only()
        } else {
            builder.http1_only()
        };
        // HTTP/1 has a timeout for its first head, HTTP/2 has none for its preface.
        let unfinished = self.unfinished.connection();
        let router = self.router.layer(Extension(unfinished.clone()));
        let service = TowerToHyperService::new(router);
        let spoken = (self.metrics, self.dialect);
        let wire = Wire::new(stream, spoken, unfinished, is_http2);
        let connection = builder.serve_connection(TokioIo::new(wire), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop(&mut self.stopped) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error, "a connection ended early");
        }
    }
}

/// Returns when the shutdown was requested.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: that counts as a shutdown too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn rest_after(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(ACCEPT_REST).await;
}

/// Rejects a connection beyond the limits: with a response if the listener is plain, else without.
fn turn_away(stream: &TcpStream, is_tls: bool, dialect: Dialect) {
    if !is_tls {
        // The send buffer of a new socket has room for the response; tasks that block could pile
        // up.
        let _ = stream.try_write(&ApiError::TooManyConnections.over_http1(dialect));
    }
}
