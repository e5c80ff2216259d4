//! Every command keeps the books balanced.
