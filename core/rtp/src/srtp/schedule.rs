//! Derivation of session keys from a master key (RFC 3711 §4.3, RFC 7714 §11): once, with a key
//! derivation rate of zero.

use aes::Aes128Enc;
use aes::cipher::KeyInit;
use confab_terms::{MasterKey, SrtpSuite};
use serde::{Deserialize, Serialize};

use super::cipher::Cipher;
use super::counter::{add_stream, iv};

/// Master key, and the ciphers derived from the key on first use.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Keys {
    pub(super) suite: SrtpSuite,
    pub(super) master: MasterKey,
    #[serde(skip)]
    schedule: Option<Schedule>,
}

/// Ciphers for RTP and RTCP.
#[derive(Clone)]
pub(super) struct Schedule {
    pub(super) rtp: Cipher,
    pub(super) rtcp: Cipher,
}

/// Purpose of a derived key.
#[derive(Clone, Copy)]
pub(super) enum Label {
    Cipher = 0,
    Tag = 1,
    Salt = 2,
}

/// Offset of SRTCP's labels from SRTP's.
const RTCP: u8 = 3;

impl Keys {
    pub(super) fn new(suite: SrtpSuite, master: MasterKey) -> Self {
        let mut keys = Self {
            suite,
            master,
            schedule: None,
        };
        keys.schedule();
        keys
    }

    pub(super) fn schedule(&mut self) -> &Schedule {
        let Self {
            suite,
            master,
            schedule,
        } = self;
        schedule.get_or_insert_with(|| Schedule {
            rtp: Cipher::new(*suite, &|label, out| {
                derive(*suite, master, label as u8, out);
            }),
            rtcp: Cipher::new(*suite, &|label, out| {
                derive(*suite, master, RTCP + label as u8, out);
            }),
        })
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.suite == other.suite && self.master == other.master
    }
}

impl core::fmt::Debug for Keys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Keys({})", self.suite.name())
    }
}

/// Writes the key stream of the master key at the position of the label.
fn derive(suite: SrtpSuite, master: &MasterKey, label: u8, out: &mut [u8]) {
    let aes = Aes128Enc::new(&master.key().into());
    let place = iv(master.salt(suite), 0, 0) ^ u128::from(label) << 64;
    out.fill(0);
    add_stream(&aes, place, out);
}

#[cfg(test)]
mod tests {
    use super::derive;
    use confab_terms::{MasterKey, SrtpSuite};

    const MASTER: &str = "E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6";
    const TAG: &str = "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE0\
                       49646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC256D6E\
                       919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        let byte = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16);
        digits.map(|two| byte(two).unwrap()).collect()
    }

    /// Vectors of RFC 3711 B.3.
    #[test]
    fn key_derivation_matches_the_rfc() {
        let suite = SrtpSuite::AesCm128HmacSha1;
        let master = MasterKey::of_suite(suite, &bytes(MASTER)).unwrap();
        for (label, expected) in [
            (0, "C61E7A93744F39EE10734AFE3FF7A087"),
            (2, "30CBBC08863D8C85D49DB34A9AE1"),
            (1, TAG),
        ] {
            let expected = bytes(expected);
            let mut out = vec![0xff; expected.len()];
            derive(suite, &master, label, &mut out);
            assert_eq!(out, expected, "label {label}");
        }
    }
}
