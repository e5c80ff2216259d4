//! What the contexts around operators promise: their store, their readers, their credentials.

pub(crate) mod credentials;
pub(crate) mod reads;
pub(crate) mod store;
