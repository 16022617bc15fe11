//! Requantization of ten million random values in each arithmetic, in minutes: `cargo test --release --test requantizer
//! campaign`.

#[path = "../models.rs"]
mod models;
#[path = "../tools.rs"]
mod tools;

mod golden;
mod requantizer;
mod vectors;

use rayon::prelude::*;

#[test]
fn campaign() {
    const PARTS: u64 = 40;
    let parts = (0..PARTS).into_par_iter();
    parts.for_each(|seed| requantizer::run_natively(&requantizer::random_cases(seed, 250_000)));
}
