//! The steps of everything that is done with tenants, operators and sessions.

pub(crate) mod change_password;
pub(crate) mod found_tenant;
pub(crate) mod hire_operator;
pub(crate) mod move_operator;
pub(crate) mod refresh_session;
pub(crate) mod reset_password;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod signed_in;

#[cfg(test)]
mod tests;
