//! Public addresses: global unicast, except for special networks and IPv6 addresses that embed an
//! IPv4 address. Deny by default: a network that IANA has not assigned for global use is not
//! public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 networks that are not the public internet (IANA special-purpose registry), and two
/// addresses in public ranges that clouds use for their metadata.
const NOT_PUBLIC_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Shared address space of carriers (RFC 6598); contains 100.100.100.200.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    // AS112 and AMT anycast, the deprecated 6to4 relay.
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved, broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// IPv6 networks inside 2000::/3 that are not the public internet.
const NOT_PUBLIC_V6: &[(Ipv6Addr, u32)] = &[
    // IETF protocol assignments, including Teredo (2001::/32), ORCHID and benchmarking.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    // 6bone, returned to IANA.
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Returns whether an address is part of the public internet.
///
/// IPv6 addresses that embed an IPv4 address (compatible, NAT64, 6to4, Teredo, ISATAP) are never
/// public. No name resolves to such an address on purpose, and embedding is a way around the check.
/// A mapped address (`::ffff:0:0/96`) is checked as the IPv4 address to which the kernel connects.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => !NOT_PUBLIC_V4
            .iter()
            .any(|&(net, bits)| within_v4(v4, net, bits)),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    // Only 2000::/3 is assigned as global unicast. This range excludes ::, ::1, compatible
    // addresses, both NAT64 prefixes (64:ff9b::/96 and 64:ff9b:1::/48), ULA, link-local,
    // site-local, multicast and unassigned addresses.
    let segments = v6.segments();
    let global = segments[0] & 0xe000 == 0x2000;
    let six_to_four = segments[0] == 0x2002;
    let isatap = segments[4] & !0x0200 == 0 && segments[5] == 0x5efe;
    let special = NOT_PUBLIC_V6
        .iter()
        .any(|&(net, bits)| within_v6(v6, net, bits));
    global && !six_to_four && !isatap && !special
}

fn within_v4(one: Ipv4Addr, net: Ipv4Addr, bits: u32) -> bool {
    (u32::from(one) ^ u32::from(net)) >> (32 - bits) == 0
}

fn within_v6(one: Ipv6Addr, net: Ipv6Addr, bits: u32) -> bool {
    (u128::from(one) ^ u128::from(net)) >> (128 - bits) == 0
}
