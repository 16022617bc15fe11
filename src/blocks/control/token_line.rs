//! Tokens that travel beside the array.

use crate::hdl::{Block, Module, bit, bundle, concat, hardware, unsigned};

bundle! {
    /// Inputs of [`TokenLine`].
    pub struct TokenInputs(line: &TokenLine) {
        /// Wipes out all valid bits.
        clear: bit(),
        /// There is a token.
        valid_in: bit(),
        /// What goes with the valid bit.
        token_in: unsigned(line.width),
    }
}

bundle! {
    /// The token of some cycles before.
    pub struct TokenOutputs(width: u32) {
        /// There is one.
        valid_out: bit(),
        /// What goes with it.
        token_out: unsigned(width),
    }
}

/// Delays a valid bit and what goes with it. `clear` wipes out the valid bits on their way.
///
/// Written as two shift registers, whatever the length.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenLine {
    /// Module name.
    pub name: String,
    /// Delay in cycles, at least 2.
    pub cycles: u32,
    /// Bits that go with the valid bit.
    pub width: u32,
}

#[hardware]
impl Block for TokenLine {
    fn build<'m>(&self, m: &'m Module, io: TokenInputs<'m>) -> TokenOutputs<'m> {
        let TokenLine { cycles, width, .. } = *self;
        m.doc(&format!(
            "Tokens of the vectors in the array, {cycles} cycles long."
        ));
        let valid = m.reg(unsigned(cycles)).reset(0);
        valid.next(concat(&[valid.truncate(cycles - 1), io.valid_in]).gate(!io.clear));
        let tokens = m.reg(unsigned(cycles * width));
        tokens.next(concat(&[
            tokens.truncate((cycles - 1) * width),
            io.token_in,
        ]));
        TokenOutputs {
            valid_out: valid.msb(),
            token_out: tokens.slice((cycles - 1) * width, width),
        }
    }
}
