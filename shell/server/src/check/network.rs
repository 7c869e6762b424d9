//! Checks of the network: the addresses to listen on, and the host of the voice URL.

use std::io;
use std::net::{SocketAddr, TcpListener};

use confab_sockets::{Ports, random_seed};
use confab_web::is_public;
use url::Url;

use super::Found;
use crate::config::Config;
use crate::failure::Failure;
use crate::serve::{bind_sip, bind_sips};

/// Binds each address of the configuration, and releases the sockets.
pub(super) fn listening(config: &Config) -> Vec<Found> {
    let tcp = |what, address: SocketAddr| tried(what, address, TcpListener::bind(address));
    let mut found = vec![tcp("CONFAB_HTTP_LISTEN", config.http_listen)];
    found.extend(config.https_listen.map(|at| tcp("CONFAB_HTTPS_LISTEN", at)));
    let sip = config.sip_listen;
    found.push(match bind_sip(sip) {
        Ok(_) => Found::Good(format!("CONFAB_SIP_LISTEN={sip} can be listened on")),
        Err(failure) => Found::Bad(failure.to_string()),
    });
    found.extend(config.sips_listen.map(|at| match bind_sips(at) {
        Ok(_) => Found::Good(format!("CONFAB_SIPS_LISTEN={at} can be listened on")),
        Err(failure) => Found::Bad(failure.to_string()),
    }));
    found.push(media(config));
    found
}

fn tried<T>(what: &'static str, address: SocketAddr, bound: io::Result<T>) -> Found {
    match bound {
        Ok(_) => Found::Good(format!("{what}={address} can be listened on")),
        Err(error) => {
            Found::Bad(Failure::not_bound(what, &address.to_string(), &error).to_string())
        }
    }
}

fn media(config: &Config) -> Found {
    let range = config.rtp_ports;
    match Ports::new(config.sip_listen.ip(), range, random_seed()).bind() {
        Ok(_) => Found::Good(format!(
            "CONFAB_RTP_PORTS={range} is for {} calls",
            range.pairs()
        )),
        Err(error) => Found::Bad(format!(
            "CONFAB_RTP_PORTS={range} cannot be bound: {error}; another range would do"
        )),
    }
}

/// Checks that the host of the voice URL resolves. Any address is allowed, because the operator
/// configured the URL.
pub(super) fn voice(config: &Config) -> Option<Found> {
    let (url, _) = config.voice.as_ref()?;
    let Ok(url) = Url::parse(url) else {
        let line = "CONFAB_VOICE_URL is no URL; https://app.example.com/voice would do";
        return Some(Found::Bad(line.to_owned()));
    };
    let host = url.host_str().unwrap_or_default().to_owned();
    let addresses = match url.socket_addrs(|| None) {
        Ok(addresses) if !addresses.is_empty() => addresses,
        Ok(_) => return Some(nowhere(&host, "it has no address")),
        Err(error) => return Some(nowhere(&host, &error.to_string())),
    };
    let first = addresses[0].ip();
    let reached = addresses.iter().all(|address| {
        let ip = address.ip();
        is_public(ip) || config.fetch_allow.iter().any(|net| net.contains(ip))
    });
    let why = if reached {
        "as any other of its network"
    } else {
        "because it is named here with its port; for other hosts and ports see CONFAB_FETCH_ALLOW"
    };
    let line = format!("CONFAB_VOICE_URL: {host} is at {first} and allowed, {why}");
    Some(Found::Good(line))
}

fn nowhere(host: &str, why: &str) -> Found {
    Found::Bad(format!(
        "CONFAB_VOICE_URL: {host} cannot be found: {why}; a name that resolves here would do"
    ))
}
