//! Hostile name server: public names with private addresses, mixtures, chains, and names with
//! another address after the first response. Implements the part of RFC 1035 that the system's
//! resolver needs.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use anyhow::{Context as _, Result};

use super::canary::PUBLIC;
use crate::dns::Asked;

/// Address of the name server.
pub const ADDRESS: &str = "127.0.0.53";

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;

/// Names with constant addresses.
const ZONE: &[(&str, &[&str])] = &[
    ("public.test", &["93.184.216.34"]),
    ("loop.test", &["127.0.0.1"]),
    ("lan.test", &["10.1.2.3"]),
    ("meta.test", &["169.254.169.254"]),
    ("cgnat.test", &["100.64.0.1"]),
    ("six.test", &["::1"]),
    ("ula.test", &["fd12::9"]),
    ("mapped.test", &["::ffff:127.0.0.1"]),
    ("nat64.test", &["64:ff9b::7f00:1"]),
    ("mixed.test", &["93.184.216.34", "10.1.2.3"]),
    ("mixed6.test", &["93.184.216.34", "::1"]),
    ("end.test", &["127.0.0.1"]),
];

/// Starts the name server on a thread of its own.
pub(super) fn serve() -> Result<()> {
    let socket = UdpSocket::bind((ADDRESS, 53)).context("no place for the name server")?;
    std::thread::spawn(move || {
        let mut asked = BTreeMap::new();
        let mut query = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            if let Some(answer) = answer(&query[..length], &mut asked) {
                let _resolver_gone = socket.send_to(&answer, from);
            }
        }
    });
    Ok(())
}

/// Returns the response to a query; `None` for an invalid query.
fn answer(query: &[u8], asked: &mut BTreeMap<String, u32>) -> Option<Vec<u8>> {
    let Asked {
        name,
        kind,
        question,
    } = Asked::of(query)?;
    let (chain, addresses) = known(&name, kind, asked);
    let mut records = Vec::new();
    let mut owner = name;
    for next in chain {
        records.push(record(&owner, CNAME, &encoded(&next)));
        owner = next;
    }
    let is_known = !addresses.is_empty();
    for address in addresses {
        match address {
            IpAddr::V4(v4) if kind == A => records.push(record(&owner, A, &v4.octets())),
            IpAddr::V6(v6) if kind == AAAA => records.push(record(&owner, AAAA, &v6.octets())),
            _ => {}
        }
    }
    let flags: u16 = if is_known { 0x8580 } else { 0x8583 };
    let mut answer = query[..2].to_vec();
    let count = u16::try_from(records.len()).ok()?;
    for word in [flags, 1, count, 0, 0] {
        answer.extend(word.to_be_bytes());
    }
    answer.extend(question);
    answer.extend(records.concat());
    Some(answer)
}

/// Returns the chain of aliases, and all addresses of both families.
fn known(name: &str, kind: u16, asked: &mut BTreeMap<String, u32>) -> (Vec<String>, Vec<IpAddr>) {
    if name == "chain.test" {
        let chain = ["link.test".to_owned(), "end.test".to_owned()];
        return (chain.to_vec(), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    }
    if name == "chain6.test" {
        return (
            vec!["six.test".to_owned()],
            vec![IpAddr::V6(Ipv6Addr::LOCALHOST)],
        );
    }
    if name.starts_with("rebind-") {
        let times = asked.entry(name.to_owned()).or_default();
        *times += u32::from(kind == A);
        let first = kind == AAAA || *times == 1;
        let now = if first {
            PUBLIC[0]
        } else {
            Ipv4Addr::LOCALHOST.into()
        };
        return (Vec::new(), vec![now]);
    }
    let found = ZONE.iter().find(|(known, _)| *known == name);
    let addresses = found.map_or(&[][..], |(_, addresses)| addresses);
    let addresses = addresses.iter().filter_map(|text| text.parse().ok());
    (Vec::new(), addresses.collect())
}

fn encoded(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).unwrap_or(0));
        bytes.extend(label.bytes());
    }
    bytes.push(0);
    bytes
}

/// Encodes a record of class IN with a TTL of 0.
fn record(owner: &str, kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = encoded(owner);
    bytes.extend(kind.to_be_bytes());
    bytes.extend(1_u16.to_be_bytes());
    bytes.extend(0_u32.to_be_bytes());
    bytes.extend(u16::try_from(data.len()).unwrap_or(0).to_be_bytes());
    bytes.extend(data);
    bytes
}
