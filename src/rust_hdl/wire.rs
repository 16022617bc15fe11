//! Values of rust-hdl's fixed-width types as words.

use rust_hdl::core::bits::Bits;
use rust_hdl::core::clock::Clock;
use rust_hdl::core::signed::{Signed, signed_cast};
use rust_hdl::core::synth::Synth;

/// A rust-hdl type that a port can carry. Words hold 64 bits, the lowest first; bits beyond the
/// width are 0.
pub trait Wire: Synth {
    /// Writes the bits to as many words as they need.
    fn to_words(self, words: &mut [u64]);
    /// The value of these bits.
    fn from_words(words: &[u64]) -> Self;
}

impl Wire for bool {
    fn to_words(self, words: &mut [u64]) {
        words[0] = self.into();
    }

    fn from_words(words: &[u64]) -> Self {
        words[0] != 0
    }
}

impl Wire for Clock {
    fn to_words(self, words: &mut [u64]) {
        words[0] = self.clk.into();
    }

    fn from_words(words: &[u64]) -> Self {
        Clock { clk: words[0] != 0 }
    }
}

impl<const N: usize> Wire for Bits<N> {
    fn to_words(self, words: &mut [u64]) {
        if N <= 64 {
            words[0] = self.to_u64();
            return;
        }
        words.fill(0);
        for bit in 0..N {
            words[bit / 64] |= u64::from(self.get_bit(bit)) << (bit % 64);
        }
    }

    fn from_words(words: &[u64]) -> Self {
        if N <= 64 {
            return words[0].into();
        }
        let mut bits = [false; N];
        for (index, bit) in bits.iter_mut().enumerate() {
            *bit = words[index / 64] >> (index % 64) & 1 != 0;
        }
        Bits::Long(bits.into())
    }
}

impl<const N: usize> Wire for Signed<N> {
    fn to_words(self, words: &mut [u64]) {
        self.inner().to_words(words);
    }

    fn from_words(words: &[u64]) -> Self {
        signed_cast(Bits::from_words(words))
    }
}
