//! The compatible REST API: forms to commands, views to JSON.
