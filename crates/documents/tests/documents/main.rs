//! Documents from the outside: pages, PDF files, and exports that others can check.
#![allow(clippy::unwrap_used, clippy::panic)]

mod any;
mod fees;
mod pages;
mod pdf;
mod receipt;
mod rules;
mod sample;
mod statement;
mod ubl;
mod vectors;
