//! Tests of fetches from real servers on the loopback, with a scripted resolver.

#![allow(clippy::unwrap_used)]

mod audio;
mod callbacks;
mod cookies;
mod credentials;
mod documents;
mod evidence;
mod exempt;
mod forbidden;
mod icy;
mod kept;
mod playlists;
mod redirects;
mod servers;
mod signatures;
mod sink;
mod tls;
