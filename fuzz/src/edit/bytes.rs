//! Changes of bytes, whatever they mean.

use super::numbers;
use rand::{Rng, RngExt};
use std::ops::Range;

/// A part of so many bytes, not often a long one.
fn part(length: usize, rng: &mut impl Rng) -> Range<usize> {
    if length == 0 {
        return 0..0;
    }
    let start = rng.random_range(0..length);
    let most = (length - start).min(1 << rng.random_range(0..10));
    start..start + rng.random_range(1..=most)
}

/// Changes some bytes; others may be put there.
pub(super) fn edit(bytes: &mut Vec<u8>, other: &[u8], rng: &mut impl Rng) {
    let length = bytes.len();
    let range = part(length, rng);
    let place = range.start;
    match rng.random_range(0..9) {
        0 => bytes.truncate(place),
        1 => drop(bytes.drain(range)),
        2 => {
            let copy = bytes[range].to_vec();
            let at = rng.random_range(0..=length);
            bytes.splice(at..at, copy);
        }
        3 => {
            let from = part(other.len(), rng);
            bytes.splice(range, other[from].iter().copied());
        }
        4 => {
            let from = part(other.len(), rng);
            bytes.splice(place..place, other[from].iter().copied());
        }
        5 => bytes[range].fill(rng.random()),
        6 => number(bytes, rng),
        _ => {
            for byte in &mut bytes[range] {
                *byte ^= 1 << rng.random_range(0..8);
            }
        }
    }
}

/// Writes a number of 1, 4 or 8 bytes where one may be.
pub(super) fn number(bytes: &mut [u8], rng: &mut impl Rng) {
    let size = [1, 4, 4, 4, 8][rng.random_range(0..5)];
    let places = bytes.len() / size;
    if places == 0 {
        return;
    }
    let at = size * rng.random_range(0..places);
    let mut word = [0; 8];
    word[..size].copy_from_slice(&bytes[at..at + size]);
    let old = i64::from_le_bytes(word);
    let new = match size == 4 && rng.random_range(0..4) == 0 {
        true => i64::from(numbers::real(rng).to_bits()),
        false => numbers::integer(old, rng),
    };
    bytes[at..at + size].copy_from_slice(&new.to_le_bytes()[..size]);
}
