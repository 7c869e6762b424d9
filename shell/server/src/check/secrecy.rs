//! Checks of media encryption and of its keys: SDES keys are as secret as the signaling that
//! carries them.

use confab_switchboard::Transport;
use confab_terms::Srtp;

use super::Found;
use crate::certificate::authorities;
use crate::config::{Config, ConfiguredTrunk};

pub(super) fn all(config: &Config) -> Vec<Found> {
    let mut found = vec![everybody(config)];
    found.extend(config.trunks.iter().filter_map(|t| trunk(config, t)));
    if let Some(path) = &config.sips_ca {
        found.push(match authorities(path) {
            Ok(read) => Found::Good(format!("CONFAB_SIPS_CA: {} authorities", read.len())),
            Err(error) => Found::Bad(format!("CONFAB_SIPS_CA: {error}")),
        });
    }
    found
}

fn everybody(config: &Config) -> Found {
    let name = config.srtp.name();
    match (config.srtp, config.sips_listen) {
        (Srtp::Off, _) => Found::Good("CONFAB_SRTP=off: media is not encrypted".to_owned()),
        (_, Some(_)) => Found::Good(format!(
            "CONFAB_SRTP={name}: media is encrypted, with keys that are secret where SIP is over \
             TLS"
        )),
        (Srtp::Prefer, None) => Found::Good(format!(
            "CONFAB_SRTP={name}: encrypted for phones that can, with keys that anyone on the way \
             can read; CONFAB_SIPS_LISTEN would make them secret"
        )),
        (Srtp::Require, None) => Found::Weak(format!(
            "CONFAB_SRTP={name}: anyone on the way of SIP can read the keys; CONFAB_SIPS_LISTEN \
             would do"
        )),
    }
}

/// Checks a trunk with an SRTP setting of its own; other trunks use the general setting.
fn trunk(config: &Config, trunk: &ConfiguredTrunk) -> Option<Found> {
    let (srtp, name) = (trunk.srtp?, &trunk.name);
    if srtp == Srtp::Off {
        return Some(Found::Good(format!(
            "trunk {name:?}: media is not encrypted"
        )));
    }
    let wanted = srtp.name();
    let calls_out_clear = trunk.host.is_some() && trunk.transport != Transport::Tls;
    Some(if config.sips_listen.is_none() || calls_out_clear {
        Found::Weak(format!(
            "trunk {name:?}: srtp = {wanted:?} without TLS: anyone on the way of SIP can read the \
             keys; CONFAB_SIPS_LISTEN and transport = \"tls\" would do"
        ))
    } else {
        Found::Good(format!(
            "trunk {name:?}: srtp = {wanted:?}, with keys sent over TLS"
        ))
    })
}
