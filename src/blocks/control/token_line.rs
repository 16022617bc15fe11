//! Tokens that travel beside the array.

use crate::hdl::{Block, Module, bit, concat, unsigned};

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

impl Block for TokenLine {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let TokenLine { cycles, width, .. } = *self;
        m.doc(&format!(
            "Tokens of the vectors in the array, {cycles} cycles long."
        ));
        let clear = m.input("clear", bit());
        let valid_in = m.input("valid_in", bit());
        let token_in = m.input("token_in", unsigned(width));

        let valid = m.reg(unsigned(cycles)).named("valid").reset(0);
        valid.next(concat(&[valid.truncate(cycles - 1), valid_in]).gate(!clear));
        let tokens = m.reg(unsigned(cycles * width)).named("tokens");
        tokens.next(concat(&[tokens.truncate((cycles - 1) * width), token_in]));

        m.output("valid_out", valid.msb());
        m.output("token_out", tokens.slice((cycles - 1) * width, width));
    }
}
