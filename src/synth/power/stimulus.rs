//! What an array of processing elements works on.

use super::Stimulus;
use crate::arch::Dataflow;

/// An array at its ports, and the operands that go through it.
#[derive(Clone, Debug)]
pub struct ArrayWork {
    /// R and C.
    pub rows: usize,
    /// C.
    pub columns: usize,
    /// Which operand stays.
    pub dataflow: Dataflow,
    /// Bits of an element of A, and of B.
    pub bits: [u32; 2],
}

impl ArrayWork {
    /// `cycles` of work behind those in which it fills: tiles one behind the other. `a(vector, row)` and `b(row of a tile,
    /// column)` give elements as their bits; a tile has as many vectors as the array has rows, eight at least.
    pub fn stimulus(
        &self,
        cycles: usize,
        mut a: impl FnMut(usize, usize) -> u64,
        mut b: impl FnMut(usize, usize) -> u64,
    ) -> Stimulus {
        let (rows, columns) = (self.rows, self.columns);
        let tile = rows.max(8);
        let warm_up = 3 * tile + rows + columns + 4;
        let total = warm_up + cycles;
        let (bits_a, bits_b) = (self.bits[0] as usize, self.bits[1] as usize);
        let rows_port = rows as u32;
        let operands = [
            ("activations".to_owned(), rows_port * self.bits[0]),
            ("weights".to_owned(), columns as u32 * self.bits[1]),
        ];
        let tokens = match self.dataflow {
            Dataflow::WeightStationary => vec![("swaps".to_owned(), rows_port)],
            Dataflow::OutputStationary => {
                vec![
                    ("starts".to_owned(), rows_port),
                    ("shifts".to_owned(), rows_port),
                ]
            }
        };
        let mut words = Vec::with_capacity(total);
        for cycle in 0..total {
            let mut word = Vec::new();
            // The token of a tile comes to a row a cycle later than to the one above.
            let at = |row: usize| (cycle + tile - row % tile) % tile;
            word.extend((0..rows).map(|row| at(row) == 0));
            if self.dataflow == Dataflow::OutputStationary {
                // Sums of the tile before go down behind the token.
                word.extend((0..rows).map(|row| (1..rows).contains(&at(row))));
            }
            for row in 0..rows {
                let element = a(cycle.saturating_sub(row), row);
                word.extend((0..bits_a).map(|bit| element >> bit & 1 == 1));
            }
            for column in 0..columns {
                // Behind the token, for each row the next weight.
                let behind = cycle.saturating_sub(column + 1);
                let element = match self.dataflow {
                    Dataflow::WeightStationary if behind % tile >= rows => 0,
                    _ => b(behind, column),
                };
                word.extend((0..bits_b).map(|bit| element >> bit & 1 == 1));
            }
            words.push(word);
        }
        Stimulus {
            ports: tokens.into_iter().chain(operands).collect(),
            cycles: words,
            warm_up,
        }
    }
}

/// Numbers that look random, always the same for a seed.
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// Those of a seed.
    pub fn new(seed: u64) -> Numbers {
        Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next one.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }
}
