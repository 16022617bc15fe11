//! Values whose width is chosen at run time.

use super::Wire;
use rust_hdl::core::bits::Bits;
use rust_hdl::core::clock::Clock;
use rust_hdl::core::signed::Signed;
use std::fmt;

/// The bits of a [`Port`](super::Port).
///
/// It converts from and into rust-hdl's `Bits<N>`, `Signed<N>`, `Bit` and `Clock` with `.into()`,
/// bit by bit; a conversion into a type of another width panics and names the port. The methods
/// are those that `#[hdl_gen]` can translate.
#[derive(Clone, Default)]
pub struct Value {
    /// The port that it was read from; empty for other values.
    port: &'static str,
    width: u32,
    low: u64,
    /// Bits from 64 on; empty when there are none.
    high: Box<[u64]>,
}

impl Value {
    /// A value from words of 64 bits, the lowest first; bits beyond the width are dropped.
    pub fn from_words(width: u32, words: &[u64]) -> Self {
        let mut value = Value::zero("", width);
        value.set_words(words);
        value
    }

    pub(super) fn zero(port: &'static str, width: u32) -> Self {
        let words = width.div_ceil(64).saturating_sub(1);
        Value {
            port,
            width,
            low: 0,
            high: vec![0; words as usize].into(),
        }
    }

    pub(super) fn set_words(&mut self, words: &[u64]) {
        self.low = words[0];
        self.high.copy_from_slice(&words[1..]);
        let mask = u64::MAX >> ((64 - self.width % 64) % 64);
        *self.high.last_mut().unwrap_or(&mut self.low) &= mask;
    }

    pub(super) fn copy_words(&self, words: &mut [u64]) {
        words[0] = self.low;
        words[1..].copy_from_slice(&self.high);
    }

    /// Takes the bits of another value and keeps the name of the port.
    pub(super) fn assign(&mut self, other: &Value) {
        self.low = other.low;
        self.high.copy_from_slice(&other.high);
    }

    /// Width in bits.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Words of 64 bits, the lowest first.
    pub fn words(&self) -> impl Iterator<Item = u64> {
        std::iter::once(self.low).chain(self.high.iter().copied())
    }

    /// Some bit is 1.
    pub fn any(&self) -> bool {
        self.words().any(|word| word != 0)
    }

    /// All bits are 1.
    pub fn all(&self) -> bool {
        self.words().map(u64::count_ones).sum::<u32>() == self.width
    }

    /// The number of ones is odd.
    pub fn xor(&self) -> bool {
        self.words().map(u64::count_ones).sum::<u32>() % 2 == 1
    }

    /// Bit `index`, counted from the lowest.
    #[track_caller]
    pub fn get_bit(&self, index: usize) -> bool {
        assert!(
            index < self.width as usize,
            "{} has no bit {index}",
            self.what()
        );
        let word = self.words().nth(index / 64).unwrap_or(0);
        word >> (index % 64) & 1 != 0
    }

    /// `M` bits from bit `index` on.
    #[track_caller]
    pub fn get_bits<const M: usize>(&self, index: usize) -> Bits<M> {
        assert!(
            index + M <= self.width as usize,
            "{} has no bits {index} to {}",
            self.what(),
            index + M - 1
        );
        let mut words = vec![0; M.div_ceil(64)];
        for bit in 0..M {
            words[bit / 64] |= u64::from(self.get_bit(index + bit)) << (bit % 64);
        }
        Bits::from_words(&words)
    }

    fn what(&self) -> String {
        match self.port {
            "" => format!("a value of {} bits", self.width),
            port => format!("port `{port}`, {} bits wide,", self.width),
        }
    }

    fn wrap<T: Wire>(from: T) -> Self {
        let mut words = vec![0; T::BITS.div_ceil(64)];
        from.to_words(&mut words);
        Value::from_words(T::BITS as u32, &words)
    }

    fn unwrap<T: Wire>(self) -> T {
        assert!(
            self.width as usize == T::BITS,
            "{} does not fit {}",
            self.what(),
            T::descriptor().name
        );
        let words: Vec<u64> = self.words().collect();
        T::from_words(&words)
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.width == other.width && self.low == other.low && self.high == other.high
    }
}

impl Eq for Value {}

impl fmt::Debug for Value {
    /// As Verilog writes it: `12'h0ff`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: String = self
            .high
            .iter()
            .rev()
            .map(|word| format!("{word:016x}"))
            .collect();
        let digits = format!("{digits}{:016x}", self.low);
        let shown = self.width.div_ceil(4) as usize;
        write!(f, "{}'h{}", self.width, &digits[digits.len() - shown..])
    }
}

macro_rules! convert {
    ($([$($generics:tt)*] $type:ty),+ $(,)?) => {$(
        impl<$($generics)*> From<$type> for Value {
            fn from(from: $type) -> Self {
                Value::wrap(from)
            }
        }

        impl<$($generics)*> From<Value> for $type {
            fn from(from: Value) -> Self {
                from.unwrap()
            }
        }
    )+};
}

convert!([] bool, [] Clock, [const N: usize] Bits<N>, [const N: usize] Signed<N>);
