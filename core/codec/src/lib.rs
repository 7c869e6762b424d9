//! G.711 and generated tones: samples in, bytes out.
