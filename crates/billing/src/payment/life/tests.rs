//! A payment resolves once.
