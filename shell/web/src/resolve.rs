//! Name resolution: once for each connection, with all addresses checked before connecting.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolving};
use tokio::sync::Semaphore;

use crate::allowed::Allowed;
use crate::limits::{ADDRESSES_MAX, LOOKUPS_AT_ONCE};

/// Future result of a lookup.
pub type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Name resolver; replaceable in tests.
pub trait Resolve: Send + Sync {
    /// Returns all addresses of `host`, in the order in which they are tried.
    fn resolve(&self, host: &str) -> Addresses;
}

/// Resolver of the operating system, which uses tokio's blocking threads.
#[derive(Debug)]
pub struct SystemResolver(Arc<Semaphore>);

impl Default for SystemResolver {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LOOKUPS_AT_ONCE)))
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Addresses {
        let (host, permits) = (host.to_owned(), self.0.clone());
        Box::pin(async move {
            let permit = permits.acquire_owned().await.map_err(io::Error::other)?;
            // The lookup and its permit stay in the thread when this future is dropped.
            let lookup = tokio::spawn(async move {
                let found = tokio::net::lookup_host((host.as_str(), 0)).await;
                drop(permit);
                found.map(|addresses| addresses.map(|address| address.ip()).collect())
            });
            lookup.await.map_err(io::Error::other)?
        })
    }
}

/// Name without usable addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name {host} does not resolve: {reason}")]
pub(crate) struct NoAddress {
    host: String,
    reason: String,
}

/// Resolver of the HTTP client, with the address check. The client connects only to the returned
/// addresses, and resolves once for each connection.
#[derive(Clone)]
pub(crate) struct Guarded {
    pub(crate) resolver: Arc<dyn Resolve>,
    /// Permitted addresses; `None` permits any address, for clients of exempt requests only.
    pub(crate) allowed: Option<Arc<Allowed>>,
}

impl reqwest::dns::Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let found = self.resolver.resolve(&host);
        let allowed = self.allowed.clone();
        Box::pin(async move {
            let no_address = |reason: String| NoAddress {
                host: host.clone(),
                reason,
            };
            let addresses = found.await.map_err(|error| no_address(error.to_string()))?;
            if addresses.is_empty() {
                return Err(no_address("it has no address".to_owned()).into());
            }
            if addresses.len() > ADDRESSES_MAX {
                return Err(no_address(format!("more than {ADDRESSES_MAX} addresses")).into());
            }
            if let Some(allowed) = allowed {
                allowed.check(&host, &addresses)?;
            }
            let checked = addresses
                .into_iter()
                .map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(checked) as Addrs)
        })
    }
}
