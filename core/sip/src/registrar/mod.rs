//! Registrar and location service (RFC 3261 §10): contacts of registered users.

mod bindings;
mod register;
mod registration;

pub(crate) use bindings::Registrar;
pub(crate) use register::{Operation, contact_header, parse_operation, rejection, user_of};
pub use registration::Registration;
pub(crate) use registration::StoredContact;
