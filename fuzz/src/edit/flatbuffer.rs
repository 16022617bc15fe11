//! Changes of `.tflite` files: fields of their tables, where they stand.

use super::{bytes, numbers, one_of};
use rand::{Rng, RngExt};
use std::collections::BTreeSet;

/// What a field of a table is, or an element of a vector.
#[derive(Clone, Copy)]
enum Shape {
    /// Of so many bytes.
    Scalar(usize),
    /// A vector of scalars.
    Vector(usize),
    Table(Kind),
    Tables(Kind),
}

/// The tables of `schema.fbs` that say what a network is.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    OperatorCode,
    Subgraph,
    Tensor,
    Quantization,
    Operator,
    /// Options of any operator: numbers of 4 bytes, flags too.
    Options,
    Buffer,
}

impl Kind {
    fn fields(self) -> &'static [Shape] {
        use Shape::{Scalar, Table, Tables, Vector};
        match self {
            Kind::Model => &[
                Scalar(4),
                Tables(Kind::OperatorCode),
                Tables(Kind::Subgraph),
                Vector(1),
                Tables(Kind::Buffer),
            ],
            Kind::OperatorCode => &[Scalar(1), Vector(1), Scalar(4), Scalar(4)],
            Kind::Subgraph => &[
                Tables(Kind::Tensor),
                Vector(4),
                Vector(4),
                Tables(Kind::Operator),
                Vector(1),
            ],
            Kind::Tensor => &[
                Vector(4),
                Scalar(1),
                Scalar(4),
                Vector(1),
                Table(Kind::Quantization),
                Scalar(1),
            ],
            Kind::Quantization => &[
                Vector(4),
                Vector(4),
                Vector(4),
                Vector(8),
                Scalar(1),
                Table(Kind::Options),
                Scalar(4),
            ],
            Kind::Operator => &[
                Scalar(4),
                Vector(4),
                Vector(4),
                Scalar(1),
                Table(Kind::Options),
                Vector(1),
                Scalar(1),
                Vector(1),
                Vector(4),
            ],
            Kind::Options => &[Scalar(4); 8],
            Kind::Buffer => &[Vector(1), Scalar(8), Scalar(8)],
        }
    }
}

/// Where something stands that may be changed.
#[derive(Clone, Copy)]
enum Slot {
    /// A number of so many bytes.
    Scalar(usize, usize),
    /// The distance to a table or vector.
    Offset(usize),
    /// The number of elements of a vector.
    Length(usize),
    /// The place of a field in its table, two bytes.
    Place(usize),
}

/// More than this is left as it is.
const MOST_SLOTS: usize = 50_000;
/// Elements of a vector beyond these are left as they are.
const MOST_ELEMENTS: usize = 64;

struct Walk<'a> {
    bytes: &'a [u8],
    slots: Vec<Slot>,
    seen: BTreeSet<usize>,
}

impl Walk<'_> {
    fn u32(&self, at: usize) -> Option<usize> {
        let word = self.bytes.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*word) as usize)
    }

    fn u16(&self, at: usize) -> Option<usize> {
        let word = self.bytes.get(at..)?.first_chunk()?;
        Some(usize::from(u16::from_le_bytes(*word)))
    }

    /// Follows the offset at a place.
    fn follow(&mut self, at: usize, shape: Shape) -> Option<()> {
        let target = at + self.u32(at)?;
        self.slots.push(Slot::Offset(at));
        if self.slots.len() > MOST_SLOTS || !self.seen.insert(target) {
            return None;
        }
        match shape {
            Shape::Scalar(_) => None,
            Shape::Table(kind) => self.table(target, kind),
            Shape::Vector(size) => {
                let length = self.u32(target)?.min(MOST_ELEMENTS);
                self.slots.push(Slot::Length(target));
                for element in 0..length {
                    self.slots
                        .push(Slot::Scalar(target + 4 + size * element, size));
                }
                Some(())
            }
            Shape::Tables(kind) => {
                let length = self.u32(target)?.min(4 * MOST_ELEMENTS);
                self.slots.push(Slot::Length(target));
                for element in 0..length {
                    self.follow(target + 4 + 4 * element, Shape::Table(kind));
                }
                Some(())
            }
        }
    }

    fn table(&mut self, at: usize, kind: Kind) -> Option<()> {
        let back = self.u32(at)? as u32 as i32 as i64;
        let places = usize::try_from(at as i64 - back).ok()?;
        let fields = (self.u16(places)?.checked_sub(4)? / 2).min(kind.fields().len());
        for (field, shape) in kind.fields().iter().take(fields).enumerate() {
            let place = places + 4 + 2 * field;
            let offset = self.u16(place)?;
            self.slots.push(Slot::Place(place));
            match shape {
                _ if offset == 0 => {}
                Shape::Scalar(size) => self.slots.push(Slot::Scalar(at + offset, *size)),
                shape => drop(self.follow(at + offset, *shape)),
            }
        }
        Some(())
    }
}

fn slots(bytes: &[u8]) -> Vec<Slot> {
    let mut walk = Walk {
        bytes,
        slots: Vec::new(),
        seen: BTreeSet::new(),
    };
    walk.follow(0, Shape::Table(Kind::Model));
    let fits = |slot: &Slot| match *slot {
        Slot::Scalar(at, size) => at + size <= bytes.len(),
        Slot::Offset(at) | Slot::Length(at) => at + 4 <= bytes.len(),
        Slot::Place(at) => at + 2 <= bytes.len(),
    };
    walk.slots.into_iter().filter(fits).collect()
}

fn write(bytes: &mut [u8], at: usize, size: usize, value: i64) {
    bytes[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
}

fn number(bytes: &[u8], at: usize, size: usize) -> i64 {
    let mut word = [0; 8];
    word[..size].copy_from_slice(&bytes[at..at + size]);
    // With its sign.
    let unused = 64 - 8 * size as u32;
    i64::from_le_bytes(word) << unused >> unused
}

/// Changes a field of a file.
pub(super) fn edit(bytes: &mut Vec<u8>, rng: &mut impl Rng) {
    let slots = slots(bytes);
    let Some(slot) = one_of(&slots, rng) else {
        return bytes::edit(bytes, &[], rng);
    };
    match *slot {
        Slot::Scalar(at, size) => {
            let old = number(bytes, at, size);
            let new = match (size, rng.random_range(0..4)) {
                (4, 0) => i64::from(numbers::real(rng).to_bits()),
                // As codes of operators are.
                (1 | 4, 1) => rng.random_range(0..160),
                _ => numbers::integer(old, rng),
            };
            write(bytes, at, size, new);
        }
        Slot::Length(at) => {
            let old = number(bytes, at, 4);
            write(bytes, at, 4, numbers::integer(old, rng));
        }
        Slot::Place(at) => {
            let others = slots.iter().filter_map(|slot| match slot {
                Slot::Place(at) => Some(*at),
                _ => None,
            });
            let others = Vec::from_iter(others);
            let new = match (rng.random::<bool>(), one_of(&others, rng)) {
                (true, Some(other)) => number(bytes, *other, 2),
                _ => 0,
            };
            write(bytes, at, 2, new);
        }
        Slot::Offset(at) => {
            let target = match rng.random_range(0..4) {
                0 => list(bytes, rng),
                1 => copy(bytes, at + number(bytes, at, 4) as u32 as usize, rng),
                _ => {
                    let targets = slots.iter().filter_map(|slot| match slot {
                        Slot::Offset(other) => {
                            Some(other + number(bytes, *other, 4) as u32 as usize)
                        }
                        _ => None,
                    });
                    let targets = Vec::from_iter(targets);
                    one_of(&targets, rng).copied().unwrap_or(0)
                }
            };
            write(bytes, at, 4, target as i64 - at as i64);
        }
    }
}

/// Appends a vector of integers; its place.
fn list(bytes: &mut Vec<u8>, rng: &mut impl Rng) -> usize {
    bytes.resize(bytes.len().next_multiple_of(8) + 4, 0);
    let at = bytes.len();
    let length = rng.random_range(0..10_u32);
    bytes.extend(length.to_le_bytes());
    for _ in 0..length {
        let small = rng.random_range(-2..5);
        let value = match rng.random_range(0..3) {
            0 => numbers::integer(small, rng) as i32,
            _ => small as i32,
        };
        bytes.extend(value.to_le_bytes());
    }
    at
}

/// Appends what stands at a place, and how much is not known; its place.
fn copy(bytes: &mut Vec<u8>, from: usize, rng: &mut impl Rng) -> usize {
    bytes.resize(bytes.len().next_multiple_of(8) + 4, 0);
    let at = bytes.len();
    let end = bytes
        .len()
        .min(from.saturating_add(rng.random_range(4..200)));
    let copy = bytes.get(from..end).unwrap_or(&[]).to_vec();
    bytes.extend(copy);
    at
}

/// Without what is at its end, without each field, and with each number 0.
pub(super) fn smaller(bytes: &[u8]) -> Vec<Vec<u8>> {
    let cut = (1..bytes.len().min(64)).map(|less| bytes[..bytes.len() - less].to_vec());
    let without = slots(bytes).into_iter().filter_map(|slot| {
        let (at, size) = match slot {
            Slot::Place(at) => (at, 2),
            Slot::Scalar(at, size) => (at, size),
            Slot::Length(at) => (at, 4),
            Slot::Offset(_) => return None,
        };
        let mut changed = bytes.to_vec();
        write(&mut changed, at, size, 0);
        (changed != bytes).then_some(changed)
    });
    cut.chain(without).collect()
}
