//! Resolution of SIP names (RFC 3263 §4.2): SRV records by DNS, addresses by the operating system's
//! resolver, which includes the hosts file. The order of attempts and the lifetime of results are
//! decided elsewhere: nothing is cached.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use confab_switchboard::{Target, Transport};
use confab_web::{Resolve as _, SystemResolver};
use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::rdata::SRV;
use tokio::task::JoinSet;

/// Maximum number of records of a name, and of addresses of each record.
const RECORDS_MAX: usize = 16;
const ADDRESSES_MAX: usize = 16;
/// Timeout of a DNS server; two attempts are within the switchboard's timeout.
const DNS_PATIENCE: Duration = Duration::from_millis(1_500);
const DNS_TRIES: usize = 2;

/// Resolver of SIP names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(Arc<SystemResolver>);

impl Names {
    /// Resolves a name; empty if the name has no SIP service, or if the lookup failed.
    pub(crate) async fn find(
        &self,
        host: &str,
        port: Option<u16>,
        transport: Option<Transport>,
    ) -> Vec<Target> {
        let by = transport.unwrap_or(Transport::Udp);
        // A name with a port has no SRV lookup (RFC 3263 §4.2).
        if let Some(port) = port {
            return self.plain(host, port, by).await;
        }
        // All lookups run in parallel: the switchboard's timeout is short.
        let (plain, over_udp, over_tcp, over_tls) = tokio::join!(
            self.plain(host, by.port(), by),
            self.of_records(host, Transport::Udp, transport),
            self.of_records(host, Transport::Tcp, transport),
            self.of_records(host, Transport::Tls, transport),
        );
        let mut found = [over_udp, over_tcp, over_tls, plain].into_iter();
        found
            .find(|targets| !targets.is_empty())
            .unwrap_or_default()
    }

    async fn plain(&self, host: &str, port: u16, transport: Transport) -> Vec<Target> {
        let addresses = addresses(&self.0, host, port).await;
        let target = Target {
            priority: 0,
            weight: 0,
            transport,
            addresses,
            // The system's resolver provides no lifetime.
            ttl_s: None,
        };
        vec![target]
            .into_iter()
            .filter(|target| !target.addresses.is_empty())
            .collect()
    }

    /// Returns the targets of the SRV records of a transport, if that transport is allowed.
    async fn of_records(&self, host: &str, by: Transport, asked: Option<Transport>) -> Vec<Target> {
        // TLS is used only if requested.
        let spoken = asked.unwrap_or(by);
        if spoken != by || (by == Transport::Tls && asked.is_none()) {
            return Vec::new();
        }
        let mut lookups = JoinSet::new();
        for (record, ttl_s) in records(host, by).await {
            let resolver = Arc::clone(&self.0);
            lookups.spawn(async move {
                let host = record.target.to_ascii();
                let addresses = addresses(&resolver, host.trim_end_matches('.'), record.port);
                Target {
                    priority: record.priority,
                    weight: record.weight,
                    transport: by,
                    addresses: addresses.await,
                    ttl_s: Some(ttl_s),
                }
            });
        }
        let mut targets = lookups.join_all().await;
        targets.retain(|target| !target.addresses.is_empty());
        // Sorted, so that the order of results does not depend on the speed of lookups.
        targets.sort_by_key(|target| (target.priority, target.addresses.clone()));
        targets
    }
}

async fn addresses(resolver: &SystemResolver, host: &str, port: u16) -> Vec<SocketAddr> {
    let found: Vec<IpAddr> = resolver.resolve(host).await.unwrap_or_else(|error| {
        tracing::debug!(host, %error, "a SIP name has no address");
        Vec::new()
    });
    let found = found.into_iter().map(|ip| SocketAddr::new(ip, port));
    found.take(ADDRESSES_MAX).collect()
}

/// Returns the records of `_sip._udp.…`, `_sip._tcp.…` or `_sips._tcp.…` with their lifetimes in
/// seconds, except records that deny the service.
async fn records(host: &str, by: Transport) -> Vec<(SRV, u32)> {
    let service = match by {
        Transport::Udp => "_sip._udp",
        Transport::Tcp => "_sip._tcp",
        Transport::Tls => "_sips._tcp",
    };
    let name = format!("{service}.{}.", host.trim_end_matches('.'));
    // The configuration is read each time, as in the system's own resolver: the servers may have
    // changed.
    let resolver = TokioResolver::builder_tokio().and_then(|mut builder| {
        let options = builder.options_mut();
        options.timeout = DNS_PATIENCE;
        options.attempts = DNS_TRIES;
        options.cache_size = 0;
        builder.build()
    });
    let answer = match resolver {
        Ok(resolver) => resolver.srv_lookup(name.as_str()).await,
        Err(error) => Err(error),
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            tracing::debug!(name, %error, "a SIP name has no SRV records");
            return Vec::new();
        }
    };
    let records = answer
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::SRV(srv) if !srv.target.is_root() => Some((srv.clone(), record.ttl)),
            _ => None,
        });
    records.take(RECORDS_MAX).collect()
}
