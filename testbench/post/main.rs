//! Requantization: the golden model against what runtimes returned.

#[path = "../models.rs"]
mod models;

mod golden;
mod vectors;
