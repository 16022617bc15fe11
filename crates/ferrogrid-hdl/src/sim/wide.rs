//! Instructions on values of more than 64 bits that do not fall apart into independent words.

/// What a wide instruction does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum WideOp {
    /// Sum, or difference by way of the complement.
    Add,
    /// Difference.
    Subtract,
    /// Product modulo 2^width of the result.
    Multiply,
    /// One bit.
    Equal,
    /// One bit.
    Less,
    /// One bit.
    LessOrEqual,
    /// Left shift by the unsigned amount `b`.
    ShiftLeft,
    /// Right shift by the unsigned amount `b`, with the sign if signed.
    ShiftRight,
    /// Exclusive or of all bits of `a`, one bit.
    Parity,
}

/// A value: its first word and its width in bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub start: u32,
    pub width: u32,
}

/// One wide instruction. The result never overlaps the operands.
#[derive(Clone, Copy, Debug)]
pub(super) struct WideInstruction {
    pub op: WideOp,
    pub dst: Span,
    pub a: Span,
    pub b: Span,
    pub signed: bool,
}

/// Number of 64-bit words of a value.
pub(super) const fn words_of(width: u32) -> u32 {
    width.div_ceil(64)
}

/// The mask of the highest word of a value of this width.
pub(super) const fn top_mask(width: u32) -> u64 {
    u64::MAX >> ((64 - width % 64) % 64)
}

impl Span {
    fn words(self) -> usize {
        words_of(self.width) as usize
    }

    /// Word `index` of the value extended without end, with its sign if `signed`.
    fn word(self, values: &[u64], index: usize, signed: bool) -> u64 {
        let words = self.words();
        let fill = || {
            if signed && self.sign(values) {
                u64::MAX
            } else {
                0
            }
        };
        if index >= words {
            return fill();
        }
        let word = values[self.start as usize + index];
        if index + 1 == words {
            word | (fill() & !top_mask(self.width))
        } else {
            word
        }
    }

    fn sign(self, values: &[u64]) -> bool {
        let top = self.width - 1;
        values[(self.start + top / 64) as usize] >> (top % 64) & 1 == 1
    }
}

impl WideInstruction {
    /// Computes the result in place.
    pub(super) fn run(&self, values: &mut [u64]) {
        let dst = self.dst.start as usize;
        let words = self.dst.words();
        match self.op {
            WideOp::Add | WideOp::Subtract => {
                let flip = if self.op == WideOp::Subtract {
                    u64::MAX
                } else {
                    0
                };
                let mut carry = flip & 1;
                for i in 0..words {
                    let a = self.a.word(values, i, self.signed);
                    let b = self.b.word(values, i, self.signed) ^ flip;
                    let sum = u128::from(a) + u128::from(b) + u128::from(carry);
                    values[dst + i] = sum as u64;
                    carry = (sum >> 64) as u64;
                }
            }
            WideOp::Multiply => self.multiply(values),
            WideOp::Equal => {
                let words = self.a.words().max(self.b.words());
                let equal = (0..words)
                    .all(|i| self.a.word(values, i, false) == self.b.word(values, i, false));
                values[dst] = u64::from(equal);
            }
            WideOp::Less => values[dst] = u64::from(self.less(values, self.a, self.b)),
            WideOp::LessOrEqual => values[dst] = u64::from(!self.less(values, self.b, self.a)),
            WideOp::ShiftLeft => {
                let amount = self.amount(values);
                for i in 0..words {
                    values[dst + i] = match amount {
                        None => 0,
                        Some((whole, bits)) => {
                            let word = |k: usize| match i.checked_sub(whole + k) {
                                Some(i) => self.a.word(values, i, false),
                                None => 0,
                            };
                            if bits == 0 {
                                word(0)
                            } else {
                                word(0) << bits | word(1) >> (64 - bits)
                            }
                        }
                    };
                }
            }
            WideOp::ShiftRight => {
                let amount = self.amount(values);
                for i in 0..words {
                    let (whole, bits) = amount.unwrap_or((self.a.words(), 0));
                    let low = self.a.word(values, i + whole, self.signed);
                    let high = self.a.word(values, i + whole + 1, self.signed);
                    values[dst + i] = if bits == 0 {
                        low
                    } else {
                        low >> bits | high << (64 - bits)
                    };
                }
            }
            WideOp::Parity => {
                let all = (0..self.a.words()).fold(0, |all, i| all ^ self.a.word(values, i, false));
                values[dst] = u64::from(all.count_ones() & 1);
            }
        }
        values[dst + words - 1] &= top_mask(self.dst.width);
    }

    /// Schoolbook product of the operands, extended to the width of the result.
    fn multiply(&self, values: &mut [u64]) {
        let dst = self.dst.start as usize;
        let words = self.dst.words();
        values[dst..dst + words].fill(0);
        for i in 0..words {
            let a = u128::from(self.a.word(values, i, self.signed));
            let mut carry = 0u128;
            for j in 0..words - i {
                let b = u128::from(self.b.word(values, j, self.signed));
                let sum = u128::from(values[dst + i + j]) + a * b + carry;
                values[dst + i + j] = sum as u64;
                carry = sum >> 64;
            }
        }
    }

    fn less(&self, values: &[u64], a: Span, b: Span) -> bool {
        if self.signed && a.sign(values) != b.sign(values) {
            return a.sign(values);
        }
        (0..a.words())
            .rev()
            .map(|i| (a.word(values, i, false), b.word(values, i, false)))
            .find(|(a, b)| a != b)
            .is_some_and(|(a, b)| a < b)
    }

    /// The shift amount in whole words and bits; `None` when nothing of `a` stays.
    fn amount(&self, values: &[u64]) -> Option<(usize, u32)> {
        let high = (1..self.b.words()).any(|i| self.b.word(values, i, false) != 0);
        let low = self.b.word(values, 0, false);
        (!high && low < u64::from(self.a.width)).then_some(((low / 64) as usize, (low % 64) as u32))
    }
}
