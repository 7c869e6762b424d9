//! Conversion of socket addresses between the kernel's form and that of the standard library.

use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// Returns the source of a packet as the kernel wrote it; `None` for another family.
pub(crate) fn from_kernel(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match libc::c_int::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: with this family the storage holds a sockaddr_in, which is smaller.
            let v4 = unsafe { &*std::ptr::from_ref(name).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::from((ip, u16::from_be(v4.sin_port))))
        }
        libc::AF_INET6 => {
            // SAFETY: with this family the storage holds a sockaddr_in6, which is smaller.
            let v6 = unsafe { &*std::ptr::from_ref(name).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            let port = u16::from_be(v6.sin6_port);
            // A mapped address is an IPv4 address (RFC 4291 §2.5.5.2): a sender has only one
            // address.
            Some(match ip.to_ipv4_mapped() {
                Some(ip) => SocketAddr::from((ip, port)),
                None => SocketAddrV6::new(ip, port, 0, v6.sin6_scope_id).into(),
            })
        }
        _ => None,
    }
}

/// Returns an address in the kernel's form, and its size.
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

/// Returns an address to which an IPv6 socket can send: an IPv4 address in mapped form.
pub(crate) fn within_v6(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) => SocketAddr::from((v4.ip().to_ipv6_mapped(), v4.port())),
        v6 => v6,
    }
}

/// Returns a mapped address as IPv4 (RFC 4291 §2.5.5.2): a sender has only one address.
pub(crate) fn from_within_v6(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(ip) => SocketAddr::from((ip, v6.port())),
            None => SocketAddrV6::new(*v6.ip(), v6.port(), 0, v6.scope_id()).into(),
        },
        v4 => v4,
    }
}

/// Returns a storage into which the kernel writes a source, and its size.
pub(crate) fn empty() -> (libc::sockaddr_storage, libc::socklen_t) {
    // SAFETY: a sockaddr_storage of zeros is valid: family AF_UNSPEC.
    let name = unsafe { mem::zeroed() };
    (name, NAME_BYTES)
}

/// Size of a `sockaddr_storage`, in bytes.
#[allow(clippy::cast_possible_truncation, reason = "128 bytes")]
pub(crate) const NAME_BYTES: libc::socklen_t =
    mem::size_of::<libc::sockaddr_storage>() as libc::socklen_t;
