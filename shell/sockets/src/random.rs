//! Random numbers of the operating system, for seeds.

/// Returns 256 random bits.
///
/// # Panics
///
/// If the kernel provides no random numbers, without which nothing can be secure.
#[must_use]
pub fn random_seed() -> [u8; 32] {
    let mut seed = [0; 32];
    let mut filled = 0;
    while filled < seed.len() {
        let rest = &mut seed[filled..];
        // SAFETY: `rest` is writable, and its length is passed.
        let got = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
        match usize::try_from(got) {
            Ok(got) => filled += got,
            Err(_) => assert!(
                std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted,
                "the kernel gives no randomness"
            ),
        }
    }
    seed
}
