//! Requantization: the golden model against what runtimes returned, the hardware against both.

#[path = "../models.rs"]
mod models;
#[path = "../tools.rs"]
mod tools;

mod golden;
mod requantizer;
mod vectors;
