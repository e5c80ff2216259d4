//! The steps of everything that is done with customers.

pub(crate) mod change_customer;
pub(crate) mod move_customer;
pub(crate) mod register_customer;

#[cfg(test)]
mod tests;
