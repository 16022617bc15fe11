//! Operand types and the exact bounds of what is computed from them.

use super::IntType;
use crate::config::{ElementType, Problem};

/// Element types of A and B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperandPair {
    /// Type of A's elements.
    pub activation: ElementType,
    /// Type of B's elements.
    pub weight: ElementType,
}

impl ElementType {
    /// Width and signedness.
    pub const fn int(self) -> IntType {
        match self {
            ElementType::Int4 => IntType::signed(4),
            ElementType::Int8 => IntType::signed(8),
            ElementType::Int16 => IntType::signed(16),
            ElementType::Uint8 => IntType::unsigned(8),
        }
    }
}

impl OperandPair {
    /// The pairs that hardware is generated for.
    pub const ALL: [OperandPair; 4] = [
        OperandPair::of(ElementType::Int4, ElementType::Int4),
        OperandPair::of(ElementType::Int8, ElementType::Int8),
        OperandPair::of(ElementType::Uint8, ElementType::Int8),
        OperandPair::of(ElementType::Int16, ElementType::Int16),
    ];

    const fn of(activation: ElementType, weight: ElementType) -> OperandPair {
        OperandPair { activation, weight }
    }

    /// The pair of these types; without a weight type, the one that goes with `activation`.
    pub(super) fn new(
        activation: ElementType,
        weight: Option<ElementType>,
    ) -> Result<OperandPair, Problem> {
        let pairs = OperandPair::ALL;
        let fits = |pair: &&OperandPair| {
            pair.activation == activation && weight.is_none_or(|weight| weight == pair.weight)
        };
        pairs.iter().find(fits).copied().ok_or_else(|| {
            let weight = weight.map_or("", ElementType::name);
            let names = pairs.map(|pair| pair.to_string());
            Problem::at(
                "array.weight",
                format!("no hardware for {activation} x {weight}"),
            )
            .label(format!("with `activation = \"{activation}\"`"))
            .help(format!(
                "the pairs of activation x weight are: {}",
                names.join(", ")
            ))
        })
    }

    /// The exact range of one product, smallest and largest.
    pub const fn product_range(self) -> (i64, i64) {
        let (a, w) = (self.activation.int(), self.weight.int());
        let corners = [
            a.min() * w.min(),
            a.min() * w.max(),
            a.max() * w.min(),
            a.max() * w.max(),
        ];
        let (mut min, mut max) = (corners[0], corners[0]);
        let mut i = 1;
        while i < corners.len() {
            if corners[i] < min {
                min = corners[i];
            }
            if corners[i] > max {
                max = corners[i];
            }
            i += 1;
        }
        (min, max)
    }

    /// The narrowest signed type that holds every sum of up to `products` products.
    ///
    /// ```
    /// use ferrogrid::arch::{IntType, OperandPair};
    /// let int8 = OperandPair::ALL[1];
    /// assert_eq!(int8.sum_type(1), IntType::signed(16));
    /// assert_eq!(int8.sum_type(8), IntType::signed(19)); // 8 x 16384 = 2^17
    /// ```
    pub const fn sum_type(self, products: u32) -> IntType {
        let (min, max) = self.product_range();
        IntType::signed_holding(min * products as i64, max * products as i64)
    }

    /// The accumulator's type: 32 bits, 48 for int16.
    pub const fn accumulator(self) -> IntType {
        match self.activation {
            ElementType::Int16 => IntType::signed(48),
            _ => IntType::signed(32),
        }
    }

    /// The type of a result on the stream: the accumulator rounded up to a power of two.
    pub const fn result(self) -> IntType {
        IntType::signed(self.accumulator().bits.next_power_of_two())
    }

    /// The largest K whose sums all fit the accumulator.
    pub const fn accumulator_headroom(self) -> u64 {
        let (min, max) = self.product_range();
        let accumulator = self.accumulator();
        let up = accumulator.max() / max;
        let down = if min < 0 { accumulator.min() / min } else { up };
        (if up < down { up } else { down }) as u64
    }
}

/// `uint8 x int8`: activation x weight.
impl std::fmt::Display for OperandPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} x {}", self.activation, self.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::super::MAX_SIZE;
    use super::*;

    #[test]
    fn products_and_sums_have_exact_bounds() {
        let rows = OperandPair::ALL.map(|pair| {
            (
                pair.to_string(),
                pair.product_range(),
                pair.sum_type(1).bits,
                pair.sum_type(64).bits,
                pair.accumulator().bits,
                pair.result().bits,
            )
        });
        let expected = [
            ("int4 x int4", (-56, 64), 8, 14, 32, 32),
            ("int8 x int8", (-16256, 16384), 16, 22, 32, 32),
            ("uint8 x int8", (-32640, 32385), 16, 22, 32, 32),
            ("int16 x int16", (-1073709056, 1073741824), 32, 38, 48, 64),
        ];
        assert_eq!(
            rows,
            expected.map(|(name, b, c, d, e, f)| (name.to_owned(), b, c, d, e, f))
        );
    }

    #[test]
    fn no_accumulator_can_overflow_at_the_largest_k() {
        for pair in OperandPair::ALL {
            assert!(pair.accumulator_headroom() >= u64::from(MAX_SIZE), "{pair}");
            let (min, max) = pair.product_range();
            let k = pair.accumulator_headroom() as i64;
            assert!(pair.accumulator().contains(min * k) && pair.accumulator().contains(max * k));
            let beyond = k + 1;
            let fits = |value: i64| pair.accumulator().contains(value);
            assert!(
                !(fits(min * beyond) && fits(max * beyond)),
                "{pair}: headroom is exact"
            );
        }
    }

    /// Every width of sum is enough for the extremes and one bit less is not.
    #[test]
    fn sum_types_are_tight() {
        for pair in OperandPair::ALL {
            let (min, max) = pair.product_range();
            for products in 1..=64 {
                let (low, high) = (min * i64::from(products), max * i64::from(products));
                let sum = pair.sum_type(products);
                assert!(sum.contains(low) && sum.contains(high));
                let narrower = IntType::signed(sum.bits - 1);
                assert!(
                    !(narrower.contains(low) && narrower.contains(high)),
                    "{pair} {products}"
                );
            }
        }
    }
}
