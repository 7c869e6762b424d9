//! Audio files decoded and speech synthesised, off the media threads.
