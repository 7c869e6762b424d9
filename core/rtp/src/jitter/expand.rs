//! G.711 codes to samples. A copy of what `confab-codec` does (a test holds them together),
//! because this crate leans on the shared words alone.

use confab_terms::Codec;

static MULAW: [i16; 256] = mulaw();
static ALAW: [i16; 256] = alaw();

/// What each of the 256 codes stands for.
pub(crate) const fn expansion(codec: Codec) -> &'static [i16; 256] {
    match codec {
        Codec::Pcmu => &MULAW,
        Codec::Pcma => &ALAW,
    }
}

const fn mulaw() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let bits = !(code as u8);
        let step = (bits & 15) as i16;
        let sample = (((2 * step + 33) << ((bits >> 4) & 7)) - 33) << 2;
        table[code] = if bits < 0x80 { sample } else { -sample };
        code += 1;
    }
    table
}

const fn alaw() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let bits = code as u8 ^ 0x55;
        let step = (bits & 15) as i16;
        let sample = match (bits >> 4) & 7 {
            0 => (2 * step + 1) << 3,
            segment => (2 * step + 33) << (segment + 2),
        };
        table[code] = if bits < 0x80 { -sample } else { sample };
        code += 1;
    }
    table
}
