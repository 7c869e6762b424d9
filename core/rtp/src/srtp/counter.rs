//! AES in counter mode (RFC 3711 §4.1.1): a key stream, eight blocks at a time.

use aes::cipher::BlockEncrypt;
use aes::{Aes128Enc, Block};

/// Number of blocks that the processor encrypts in parallel.
const BLOCKS: usize = 8;
const BLOCK_BYTES: usize = 16;

/// XORs the key stream from the counter block `iv` onto the bytes.
pub(super) fn add_stream(aes: &Aes128Enc, iv: u128, bytes: &mut [u8]) {
    let mut at = iv;
    for chunk in bytes.chunks_mut(BLOCKS * BLOCK_BYTES) {
        let mut blocks = [Block::default(); BLOCKS];
        let needed = chunk.len().div_ceil(BLOCK_BYTES);
        for block in &mut blocks[..needed] {
            block.copy_from_slice(&at.to_be_bytes());
            at = at.wrapping_add(1);
        }
        aes.encrypt_blocks(&mut blocks[..needed]);
        let stream = blocks.iter().flatten();
        for (byte, key) in chunk.iter_mut().zip(stream) {
            *byte ^= key;
        }
    }
}

/// Returns the first counter block of a packet from salt, SSRC and index.
pub(super) fn iv(salt: [u8; 14], ssrc: u32, index: u64) -> u128 {
    let salt = salt
        .iter()
        .fold(0, |sum, byte| sum << 8 | u128::from(*byte));
    salt << 16 ^ u128::from(ssrc) << 64 ^ u128::from(index) << 16
}

#[cfg(test)]
mod tests {
    use super::{add_stream, iv};
    use aes::Aes128Enc;
    use aes::cipher::KeyInit;

    fn bytes<const N: usize>(hex: u128) -> [u8; N] {
        core::array::from_fn(|at| hex.to_be_bytes()[16 - N + at])
    }

    /// Vectors of RFC 3711 B.2: 1,044,512 bytes of key stream, three blocks at each end.
    #[test]
    fn key_stream_matches_the_rfc() {
        let key: [u8; 16] = bytes(0x2b7e_1516_28ae_d2a6_abf7_1588_09cf_4f3c);
        let salt: [u8; 14] = bytes(0xf0f1_f2f3_f4f5_f6f7_f8f9_fafb_fcfd);
        let mut stream = vec![0; 0xff03 * 16];
        add_stream(&Aes128Enc::new(&key.into()), iv(salt, 0, 0), &mut stream);
        let block = |n: usize| {
            let block = &stream[n * 16..][..16];
            block
                .iter()
                .fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte))
        };
        for (n, expected) in [
            (0, 0xe03e_ad09_35c9_5e80_e166_b16d_d92b_4eb4),
            (1, 0xd235_1316_2b02_d0f7_2a43_a2fe_4a5f_97ab),
            (2, 0x41e9_5b3b_b0a2_e8dd_4779_01e4_fca8_94c0),
            (0xfeff, 0xec8c_df73_9860_7cb0_f2d2_1675_ea9e_a1e4),
            (0xff00, 0x362b_7c3c_6773_5163_18a0_77d7_fc50_73ae),
            (0xff01, 0x6a2c_c378_7889_374f_beb4_c81b_17ba_6c44),
        ] {
            assert_eq!(block(n), expected, "block {n:x}");
        }
    }
}
