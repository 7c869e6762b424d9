//! Fetches documents and audio, posts callbacks, signs, guards against SSRF.
