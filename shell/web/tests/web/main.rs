//! Other people's URLs, by real servers on the loopback and a resolver that lies.

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
