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
            Some(SocketAddrV6::new(ip, port, 0, v6.sin6_scope_id).into())
        }
        _ => None,
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
