//! Layer between the HTTP library and a connection. The library's own responses to unreadable heads
//! become JSON; clients that send nothing, or read no response, are disconnected.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::http::StatusCode;
use confab_terms::limits::{HTTP_HEAD_WAIT, HTTP_WRITE_WAIT};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::errors::ApiError;
use crate::unfinished::Unfinished;
use crate::{Dialect, Metrics};

/// Connection with timeouts and replaced responses.
pub(crate) struct Wire<S> {
    stream: S,
    metrics: Metrics,
    dialect: Dialect,
    /// Deadline of the first byte; `None` once a byte was received, or if no deadline applies.
    begins: Option<Pin<Box<Sleep>>>,
    unfinished: Unfinished,
    /// Deadline of a pending write.
    taken: Option<Pin<Box<Sleep>>>,
    /// Response that is written in place of the library's own.
    shaped: Option<Shaped>,
}

struct Shaped {
    bytes: Vec<u8>,
    written: usize,
    /// Number of the library's bytes that are replaced.
    stands_for: usize,
}

impl<S> Wire<S> {
    /// Wraps a stream. `silent`: nothing else limits the time until the client's first byte.
    pub(crate) fn new(
        stream: S,
        (metrics, dialect): (Metrics, Dialect),
        unfinished: Unfinished,
        silent: bool,
    ) -> Self {
        Self {
            stream,
            metrics,
            dialect,
            begins: silent.then(|| in_time(HTTP_HEAD_WAIT)),
            unfinished,
            taken: None,
            shaped: None,
        }
    }

    /// Returns the result of a write to the stream; an error if the write was pending for too long.
    fn within<T>(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.taken = None;
            return polled;
        }
        let taken = self.taken.get_or_insert_with(|| in_time(HTTP_WRITE_WAIT));
        ready!(taken.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

fn in_time(wait: Duration) -> Pin<Box<Sleep>> {
    Box::pin(sleep(wait))
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    fn write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.within(context, polled)
    }

    fn write_shaped(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while let Some(mut shaped) = self.shaped.take() {
            let rest = &shaped.bytes[shaped.written..];
            if rest.is_empty() {
                return Poll::Ready(Ok(shaped.stands_for));
            }
            let polled = self.write(context, rest);
            match polled {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => shaped.written += count,
                other => {
                    self.shaped = Some(shaped);
                    return other;
                }
            }
            self.shaped = Some(shaped);
        }
        Poll::Ready(Ok(0))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, into);
        if polled.is_ready() {
            self.begins = None;
            let read = into.filled().len().saturating_sub(before);
            if !self.unfinished.received(read) {
                tracing::warn!("HTTP connection closed: limit of bytes of unfinished requests");
                return Poll::Ready(Err(io::ErrorKind::OutOfMemory.into()));
            }
        } else if let Some(begins) = &mut self.begins {
            ready!(begins.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.unfinished.answered();
        if self.shaped.is_none() {
            match own_answer(bytes) {
                // Bytes before the library's own response are written first.
                Some((from, _)) if from > 0 => return self.write(context, &bytes[..from]),
                Some((_, status)) => {
                    self.metrics.answered(status.as_u16());
                    self.shaped = Some(Shaped {
                        bytes: ApiError::Unreadable(status).over_http1(self.dialect),
                        written: 0,
                        stands_for: bytes.len(),
                    });
                }
                None => return self.write(context, bytes),
            }
        }
        self.write_shaped(context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.within(context, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.within(context, polled)
    }
}

/// Returns the position and status of the library's own response in written bytes. That response is
/// the head of an error without a body, at the end of a connection. Errors of the API always have a
/// body.
fn own_answer(bytes: &[u8]) -> Option<(usize, StatusCode)> {
    const BEGIN: &[u8] = b"HTTP/1.1 4";
    const EMPTY: &[u8] = b"content-length: 0\r\n";
    const END: &[u8] = b"\r\n\r\n";
    if !bytes.ends_with(END) {
        return None;
    }
    let from = bytes.windows(BEGIN.len()).rposition(|at| at == BEGIN)?;
    let head = &bytes[from..];
    let ends = head.windows(END.len()).position(|at| at == END)?;
    let is_empty = head.windows(EMPTY.len()).any(|at| at == EMPTY);
    if ends + END.len() != head.len() || !is_empty {
        return None;
    }
    let status = StatusCode::from_bytes(head.get(9..12)?).ok()?;
    Some((from, status))
}

#[cfg(test)]
mod tests;
