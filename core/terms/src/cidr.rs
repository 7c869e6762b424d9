//! Network in CIDR notation: source addresses of a trunk, permitted destinations of fetches.

use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// Network: an address and the number of significant leading bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cidr {
    address: IpAddr,
    bits: u8,
}

/// Error for a text that is not a network; contains the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotACidr(pub String);

impl fmt::Display for NotACidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.0;
        write!(
            f,
            "`{text}` is not a network; write it like 10.0.0.0/8, fd00::/8 or 192.168.1.5"
        )
    }
}

impl core::error::Error for NotACidr {}

impl Cidr {
    /// Returns whether the network contains the address. An IPv4-mapped address counts as the IPv4
    /// address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(one)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                (u32::from(net) ^ u32::from(one)) & mask == 0
            }
            (IpAddr::V6(net), IpAddr::V6(one)) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(self.bits))
                    .unwrap_or(0);
                (u128::from(net) ^ u128::from(one)) & mask == 0
            }
            _ => false,
        }
    }

    /// Parses a comma-separated list; skips empty parts.
    ///
    /// # Errors
    ///
    /// Fails if a part is not a network.
    pub fn list(text: &str) -> Result<Vec<Self>, NotACidr> {
        let parts = text.split(',').map(str::trim);
        parts
            .filter(|part| !part.is_empty())
            .map(str::parse)
            .collect()
    }
}

impl FromStr for Cidr {
    type Err = NotACidr;

    fn from_str(text: &str) -> Result<Self, NotACidr> {
        let wrong = || NotACidr(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) => bits.parse().map_err(|_| wrong())?,
        };
        if bits > most {
            return Err(wrong());
        }
        // A network of IPv4-mapped addresses is stored as the IPv4 network.
        match address.to_canonical() {
            IpAddr::V4(mapped) if address.is_ipv6() && bits >= 96 => Ok(Self {
                address: IpAddr::V4(mapped),
                bits: bits - 96,
            }),
            _ => Ok(Self { address, bits }),
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::Cidr;

    #[test]
    fn mapped_addresses_and_networks_are_those_they_stand_for() {
        let inside = |net: &str, one: &str| {
            let net: Cidr = net.parse().expect("a network");
            net.contains(one.parse().expect("an address"))
        };
        assert!(inside("192.0.2.0/24", "::ffff:192.0.2.10"));
        assert!(inside("::ffff:192.0.2.0/120", "192.0.2.10"));
        assert!(inside("::ffff:192.0.2.10", "192.0.2.10"));
        assert!(!inside("::ffff:192.0.2.0/120", "192.0.3.10"));
        assert!(!inside("2001:db8::/32", "192.0.2.10"));
        assert!(!inside("0.0.0.0/0", "2001:db8::1"));
    }
}
