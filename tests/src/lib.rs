//! The harness of the end-to-end stories: the product as processes, simulated routers, a clock that can be moved, and
//! an operator at the REST API.
//!
//! The stories drive the product from outside, as people and routers do. Everything here fails with a text that says
//! what was waited for and where the processes' logs are.

mod answer;
mod database;
mod database_control;
mod eventually;
mod moved_clock;
mod operator;
mod ports;
mod process;
mod product;
mod projection;
mod routers;
mod sabotage;

pub mod bench;

pub use answer::{Answer, money, text, whole};
pub use database::ServerDatabase;
pub use database_control::DatabaseControl;
pub use eventually::{eventually, until};
pub use moved_clock::MovedClock;
pub use operator::{Operator, Patience};
pub use ports::free_port;
pub use process::Process;
pub use product::{Product, Programs, Shape};
pub use projection::{differences, projection};
pub use routers::Routers;
pub use sabotage::{Sabotage, seeded_points};
