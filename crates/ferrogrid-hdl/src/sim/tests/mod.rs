//! The simulator against what the operators, registers and memories must do.

mod hierarchy;
mod interpreter;
mod memories;
mod operators;
mod random;
mod registers;
mod waves;

use super::Simulator;
use crate::{Module, design};
use num_bigint::BigUint;
use num_traits::{One, Zero};

/// A simulator of a design that must be right.
fn simulate(describe: impl FnOnce(&Module)) -> Simulator {
    match design("test", describe) {
        Ok(design) => Simulator::new(&design),
        Err(error) => panic!("{error}"),
    }
}

/// A repeatable source of bits.
struct Source(u64);

impl Source {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) % bound
    }

    fn bits(&mut self, width: u32) -> BigUint {
        let digits = (0..width.div_ceil(16)).map(|_| self.below(1 << 16) as u32);
        let value = digits.fold(BigUint::zero(), |value, digit| {
            value << 16u32 | BigUint::from(digit)
        });
        value % (BigUint::one() << width)
    }
}
