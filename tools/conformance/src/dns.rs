//! Name server for a test's network: addresses and SRV records that may change at runtime.
//! Implements the part of RFC 1035 and 2782 that a resolver needs.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};

const A: u16 = 1;
const SRV: u16 = 33;

/// Resource record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Record A.
    Address(Ipv4Addr),
    /// Record SRV.
    Service {
        /// Priority; lower values are used first.
        priority: u16,
        /// Weight among the records of a priority.
        weight: u16,
        /// Port of the service.
        port: u16,
        /// Host of the service.
        host: String,
    },
}

impl Record {
    fn kind(&self) -> u16 {
        match self {
            Self::Address(_) => A,
            Self::Service { .. } => SRV,
        }
    }

    fn data(&self) -> Vec<u8> {
        match self {
            Self::Address(address) => address.octets().to_vec(),
            Self::Service {
                priority,
                weight,
                port,
                host,
            } => {
                let words = [*priority, *weight, *port];
                let mut data: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
                data.extend(encoded(host));
                data
            }
        }
    }
}

/// Names with their records.
type Zone = Vec<(String, Record)>;

/// Name server on a thread of its own.
#[derive(Clone, Debug, Default)]
pub struct NameServer(Arc<Mutex<Zone>>);

impl NameServer {
    /// Starts a name server without names.
    pub fn start(address: &str) -> Result<Self> {
        let server = Self::default();
        let socket = UdpSocket::bind((address, 53)).context("no place for the name server")?;
        let zone = Arc::clone(&server.0);
        std::thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut query) {
                let zone = zone.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(answer) = answer(&query[..length], &zone) {
                    let _resolver_gone = socket.send_to(&answer, from);
                }
            }
        });
        Ok(server)
    }

    /// Replaces the zone.
    pub fn know(&self, zone: &[(&str, Record)]) {
        let zone = zone.iter().map(|(name, r)| ((*name).to_owned(), r.clone()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = zone.collect();
    }
}

/// Question of a query (RFC 1035 §4.1.2).
pub(crate) struct Asked<'a> {
    /// Name in lower case.
    pub(crate) name: String,
    pub(crate) kind: u16,
    /// Octets of the question, repeated in the response.
    pub(crate) question: &'a [u8],
}

impl<'a> Asked<'a> {
    /// Parses a query; `None` for an invalid one.
    pub(crate) fn of(query: &'a [u8]) -> Option<Self> {
        let mut labels = Vec::new();
        let mut at = 12;
        while let length @ 1.. = usize::from(*query.get(at)?) {
            labels.push(String::from_utf8_lossy(query.get(at + 1..=at + length)?).to_lowercase());
            at += length + 1;
        }
        Some(Self {
            name: labels.join("."),
            kind: u16::from_be_bytes(query.get(at + 1..at + 3)?.try_into().ok()?),
            question: query.get(12..at + 5)?,
        })
    }
}

/// Returns the response to a query; `None` for an invalid one.
fn answer(query: &[u8], zone: &Zone) -> Option<Vec<u8>> {
    let Asked {
        name,
        kind,
        question,
    } = Asked::of(query)?;
    let known = zone.iter().filter(|(known, _)| *known == name);
    let is_known = known.clone().next().is_some();
    let found: Vec<&Record> = known.map(|(_, r)| r).filter(|r| r.kind() == kind).collect();
    let flags: u16 = if is_known { 0x8580 } else { 0x8583 };
    let mut answer = query[..2].to_vec();
    for word in [flags, 1, u16::try_from(found.len()).ok()?, 0, 0] {
        answer.extend(word.to_be_bytes());
    }
    answer.extend(question);
    for record in found {
        let data = record.data();
        answer.extend(encoded(&name));
        for word in [kind, 1, 0, 0, u16::try_from(data.len()).ok()?] {
            answer.extend(word.to_be_bytes());
        }
        answer.extend(data);
    }
    Some(answer)
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
