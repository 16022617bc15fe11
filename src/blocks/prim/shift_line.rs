//! Values some cycles later.

use super::shape_name;
use crate::hdl::{Block, Module, Shape, Shapes, bit, bundle};

/// Shows a value and its valid bit `cycles` cycles later. Valid bits are reset to 0; values are
/// not. With 0 cycles both pass through. A value alone is [`Module::delay_by`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShiftLine {
    /// Shape of the value.
    pub shape: Shape,
    /// By how many cycles, 0 or more.
    pub cycles: u32,
}

bundle! {
    /// What a [`ShiftLine`] takes.
    pub struct ShiftLineInputs(shape: Shape) {
        /// The value.
        s_payload: shape,
        /// It counts.
        s_valid: bit(),
    }
}

bundle! {
    /// What a [`ShiftLine`] gives.
    pub struct ShiftLineOutputs(shape: Shape) {
        /// The value, later.
        m_payload: shape,
        /// It counts.
        m_valid: bit(),
    }
}

impl Block for ShiftLine {
    type Inputs<'m> = ShiftLineInputs<'m>;
    type Outputs<'m> = ShiftLineOutputs<'m>;

    fn module_name(&self) -> String {
        format!("shift_line_{}x{}", shape_name(self.shape), self.cycles)
    }

    fn inputs(&self) -> Shapes<ShiftLineInputs<'static>> {
        ShiftLineInputs::of(self.shape)
    }

    fn build<'m>(&self, m: &'m Module, io: ShiftLineInputs<'m>) -> ShiftLineOutputs<'m> {
        m.doc(&format!("A value {} cycles later.", self.cycles));
        ShiftLineOutputs {
            m_payload: m.delay_by("payload", io.s_payload, self.cycles),
            m_valid: (1..=self.cycles).fold(io.s_valid, |valid, i| {
                m.flag(valid).named(format!("valid_{i}"))
            }),
        }
    }
}
