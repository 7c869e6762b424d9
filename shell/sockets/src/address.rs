//! Socket addresses between the kernel's form and ours.

use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// What the kernel wrote as a packet's source; `None` for another family.
pub(crate) fn from_kernel(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match libc::c_int::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that this storage holds a sockaddr_in, which is smaller.
            let v4 = unsafe { &*std::ptr::from_ref(name).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::from((ip, u16::from_be(v4.sin_port))))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that this storage holds a sockaddr_in6, which is smaller.
            let v6 = unsafe { &*std::ptr::from_ref(name).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            let port = u16::from_be(v6.sin6_port);
            // IPv4 within IPv6 is IPv4 (RFC 4291 §2.5.5.2): one sender has one address.
            Some(match ip.to_ipv4_mapped() {
                Some(ip) => SocketAddr::from((ip, port)),
                None => SocketAddrV6::new(ip, port, 0, v6.sin6_scope_id).into(),
            })
        }
        _ => None,
    }
}

/// An address as the kernel reads it, and its size.
pub(crate) fn to_kernel(address: SocketAddr) -> (libc::sockaddr_storage, libc::socklen_t) {
    let (mut name, _) = empty();
    match address {
        SocketAddr::V4(v4) => {
            // SAFETY: a sockaddr_in fits into a storage of zeros, which is aligned for it.
            let into = unsafe { &mut *std::ptr::from_mut(&mut name).cast::<libc::sockaddr_in>() };
            into.sin_family = family(libc::AF_INET);
            into.sin_port = v4.port().to_be();
            into.sin_addr.s_addr = u32::from(*v4.ip()).to_be();
        }
        SocketAddr::V6(v6) => {
            // SAFETY: a sockaddr_in6 fits into a storage of zeros, which is aligned for it.
            let into = unsafe { &mut *std::ptr::from_mut(&mut name).cast::<libc::sockaddr_in6>() };
            into.sin6_family = family(libc::AF_INET6);
            into.sin6_port = v6.port().to_be();
            into.sin6_addr.s6_addr = v6.ip().octets();
            into.sin6_scope_id = v6.scope_id();
        }
    }
    (name, NAME_BYTES)
}

fn family(family: libc::c_int) -> libc::sa_family_t {
    libc::sa_family_t::try_from(family).unwrap_or(0)
}

/// An address as a socket of IPv6 can send to it: IPv4 within IPv6.
pub(crate) fn within_v6(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) => SocketAddr::from((v4.ip().to_ipv6_mapped(), v4.port())),
        v6 => v6,
    }
}

/// Back: IPv4 within IPv6 is IPv4 (RFC 4291 §2.5.5.2): one sender has one address.
pub(crate) fn from_within_v6(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(ip) => SocketAddr::from((ip, v6.port())),
            None => SocketAddrV6::new(*v6.ip(), v6.port(), 0, v6.scope_id()).into(),
        },
        v4 => v4,
    }
}

/// A storage for the kernel to write a source into, and its size.
pub(crate) fn empty() -> (libc::sockaddr_storage, libc::socklen_t) {
    // SAFETY: a sockaddr_storage of zeros is valid: family AF_UNSPEC.
    let name = unsafe { mem::zeroed() };
    (name, NAME_BYTES)
}

/// The size of a `sockaddr_storage`.
#[allow(clippy::cast_possible_truncation, reason = "128 bytes")]
pub(crate) const NAME_BYTES: libc::socklen_t =
    mem::size_of::<libc::sockaddr_storage>() as libc::socklen_t;
