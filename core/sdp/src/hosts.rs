//! Host names in place of addresses: found if media needs their addresses, and replaced once
//! resolved.

use confab_terms::{IpAddr, Ipv4Addr};

use crate::choose::choose_first;
use crate::{Host, Local, NotAcceptable, Session};

/// Host names that the media of a session needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostNames {
    /// Name in `c=`: there is no media without its address.
    pub media: Option<String>,
    /// Name in `a=rtcp`: without its address RTCP goes to the host of the media.
    pub rtcp: Option<String>,
}

impl HostNames {
    /// Returns whether media needs no name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.media.is_none() && self.rtcp.is_none()
    }

    /// Returns the names, each once.
    pub fn iter(&self) -> impl Iterator<Item = &String> {
        let rtcp = self
            .rtcp
            .iter()
            .filter(|rtcp| self.media.as_ref() != Some(rtcp));
        self.media.iter().chain(rtcp)
    }
}

/// Checks that a session is usable after resolution of its host names. Returns the host names.
///
/// # Errors
///
/// Fails if the session is rejected for any addresses of the names.
pub fn host_names(session: &Session, local: &Local) -> Result<HostNames, NotAcceptable> {
    let mut resolved = session.clone();
    for host in hosts(&mut resolved) {
        if matches!(host, Host::Name(_)) {
            *host = Host::Address(IpAddr::V4(Ipv4Addr::BROADCAST));
        }
    }
    let (at, _) = choose_first(&resolved, local)?;
    let name = |host: Option<&Host>| match host {
        Some(Host::Name(name)) => Some(name.clone()),
        _ => None,
    };
    let Some(media) = session.media.get(at) else {
        return Ok(HostNames::default());
    };
    let connection = media.connection.as_ref().or(session.connection.as_ref());
    let rtcp = media.rtcp.as_ref().and_then(|rtcp| rtcp.host.as_ref());
    Ok(HostNames {
        media: name(connection),
        rtcp: name(rtcp),
    })
}

fn hosts(session: &mut Session) -> impl Iterator<Item = &mut Host> {
    let of_media = session.media.iter_mut().flat_map(|media| {
        let rtcp = media.rtcp.iter_mut().filter_map(|rtcp| rtcp.host.as_mut());
        media.connection.iter_mut().chain(rtcp)
    });
    session.connection.iter_mut().chain(of_media)
}

impl Session {
    /// Replaces a host name by its address.
    pub fn resolve(&mut self, name: &str, address: IpAddr) {
        for host in hosts(self) {
            if matches!(host, Host::Name(known) if known == name) {
                *host = Host::Address(address.to_canonical());
            }
        }
    }
}
