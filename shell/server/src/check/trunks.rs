//! Checks of trunks for outbound calls: sends an OPTIONS request to each trunk and reports the
//! response.

use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use confab_switchboard::Transport;

use super::Found;
use crate::config::{Config, ConfiguredTrunk};
use crate::names::Names;

/// Timeout of each OPTIONS request, which is sent at most twice.
const PATIENCE: Duration = Duration::from_secs(1);
const TRIES: u8 = 2;

pub(super) fn all(config: &Config) -> Vec<Found> {
    let trunks = config.trunks.iter();
    trunks.map(|trunk| look_at(config, trunk)).collect()
}

fn look_at(config: &Config, trunk: &ConfiguredTrunk) -> Found {
    let name = &trunk.name;
    let Some(host) = &trunk.host else {
        return Found::Good(format!("trunk {name:?}: {}", who_calls(trunk)));
    };
    let Some(address) = first_address(trunk) else {
        return Found::Weak(format!(
            "trunk {name:?}: its address {host:?} cannot be found; a name that resolves here would \
             do"
        ));
    };
    if trunk.transport != Transport::Udp {
        return connect(name, address);
    }
    match ask(config, host, address) {
        Ok(Some(status)) => Found::Good(format!(
            "trunk {name:?}: {address} answered OPTIONS with {status}"
        )),
        Ok(None) => Found::Weak(format!(
            "trunk {name:?}: {address} did not answer OPTIONS within {} s; a host that takes SIP \
             over UDP from this address would do",
            PATIENCE.as_secs() * u64::from(TRIES)
        )),
        Err(error) => Found::Weak(format!(
            "trunk {name:?}: {address} cannot be asked: {error}"
        )),
    }
}

/// Checks a TCP or TLS trunk by connecting; OPTIONS is sent over UDP only.
fn connect(name: &str, address: SocketAddr) -> Found {
    match TcpStream::connect_timeout(&address, PATIENCE) {
        Ok(_) => Found::Good(format!("trunk {name:?}: {address} takes connections")),
        Err(error) => Found::Weak(format!(
            "trunk {name:?}: {address} cannot be connected to: {error}; a host that takes SIP over \
             TCP or TLS would do"
        )),
    }
}

/// Returns the first address to which a call would be sent.
fn first_address(trunk: &ConfiguredTrunk) -> Option<SocketAddr> {
    let (host, port) = trunk.host_port()?;
    if let Some(address) = trunk.literal() {
        return Some(address);
    }
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().ok()?;
    let found = runtime.block_on(Names::default().find(host, port, Some(trunk.transport)));
    found.first()?.addresses.first().copied()
}

fn who_calls(trunk: &ConfiguredTrunk) -> String {
    let networks: Vec<String> = trunk.networks.iter().map(ToString::to_string).collect();
    match (&trunk.account, networks.is_empty()) {
        (Some(account), true) => format!("calls as {:?}", account.user),
        (Some(account), false) => {
            format!(
                "calls from {} or as {:?}",
                networks.join(", "),
                account.user
            )
        }
        (None, _) => format!("calls from {}", networks.join(", ")),
    }
}

/// Sends OPTIONS and returns code and reason of the response; `None`: no response.
fn ask(config: &Config, host: &str, to: SocketAddr) -> std::io::Result<Option<String>> {
    let socket = UdpSocket::bind((config.sip_listen.ip(), 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut here = socket.local_addr()?;
    here.set_ip(config.media_address());
    let id = format!("{:x}", std::process::id());
    let options = format!(
        "OPTIONS sip:{host} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKcheck{id};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:check@{here}>;tag={id}\r\nTo: <sip:{host}>\r\n\
         Call-ID: check{id}@{}\r\nCSeq: 1 OPTIONS\r\nContact: <sip:check@{here}>\r\n\
         User-Agent: confab\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n",
        here.ip()
    );
    let mut bytes = [0; 2_048];
    for _ in 0..TRIES {
        socket.send_to(options.as_bytes(), to)?;
        if let Ok((length, from)) = socket.recv_from(&mut bytes)
            && from.ip().to_canonical() == to.ip().to_canonical()
        {
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let status = text.lines().next().unwrap_or_default();
            if let Some(status) = status.strip_prefix("SIP/2.0 ") {
                return Ok(Some(status.trim().to_owned()));
            }
        }
    }
    Ok(None)
}
