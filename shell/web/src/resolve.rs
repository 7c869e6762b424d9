//! Names to addresses: once per connection, every address checked before any is connected to.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolving};
use tokio::sync::Semaphore;

use crate::allowed::Allowed;
use crate::limits::{ADDRESSES_MAX, LOOKUPS_AT_ONCE};

/// The addresses of a name, on their way.
pub type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Looks names up. Tests bring their own.
pub trait Resolve: Send + Sync {
    /// All the addresses of `host`, in the order in which to try them.
    fn resolve(&self, host: &str) -> Addresses;
}

/// The operating system's resolver, on tokio's threads for what blocks.
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
            // The lookup goes on in its thread when we are dropped, and its permit with it.
            let lookup = tokio::spawn(async move {
                let found = tokio::net::lookup_host((host.as_str(), 0)).await;
                drop(permit);
                found.map(|addresses| addresses.map(|address| address.ip()).collect())
            });
            lookup.await.map_err(io::Error::other)?
        })
    }
}

/// A name that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name {host} does not resolve: {reason}")]
pub(crate) struct NoAddress {
    host: String,
    reason: String,
}

/// What the client asks: the resolver, with the check built in. The client connects to nothing
/// that this did not return, and asks it once per connection.
#[derive(Clone)]
pub(crate) struct Guarded {
    pub(crate) resolver: Arc<dyn Resolve>,
    /// `None`: any address. For the clients of exempt requests only.
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
