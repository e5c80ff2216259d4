//! Paid time is never lost.
