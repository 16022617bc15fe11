//! Values some cycles later.

use super::shape_name;
use crate::hdl::{Block, Module, Shape, Signal, bit};

/// Shows a value `cycles` cycles later, with or without a valid bit that travels with it.
///
/// Valid bits are reset to 0; values are not reset. With 0 cycles the value passes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShiftLine {
    /// Shape of the value.
    pub shape: Shape,
    /// By how many cycles, 0 or more.
    pub cycles: u32,
    /// With the ports `s_valid` and `m_valid`.
    pub valid: bool,
}

impl ShiftLine {
    /// `value` after `cycles` cycles; `value` itself, without an instance, for 0.
    #[track_caller]
    pub fn insert<'m>(m: &'m Module, name: &str, value: Signal<'m>, cycles: u32) -> Signal<'m> {
        if cycles == 0 {
            return value;
        }
        let line = ShiftLine {
            shape: value.shape(),
            cycles,
            valid: false,
        };
        m.untyped_instance(name, &line)
            .input("s_payload", value)
            .output("m_payload")
    }

    /// `value` and its valid bit after `cycles` cycles; both themselves, without an instance,
    /// for 0.
    #[track_caller]
    pub fn insert_valid<'m>(
        m: &'m Module,
        name: &str,
        (value, valid): (Signal<'m>, Signal<'m>),
        cycles: u32,
    ) -> (Signal<'m>, Signal<'m>) {
        if cycles == 0 {
            return (value, valid);
        }
        let line = ShiftLine {
            shape: value.shape(),
            cycles,
            valid: true,
        };
        let instance = m
            .untyped_instance(name, &line)
            .input("s_payload", value)
            .input("s_valid", valid);
        (instance.output("m_payload"), instance.output("m_valid"))
    }
}

impl Block for ShiftLine {
    fn module_name(&self) -> String {
        let valid = if self.valid { "_valid" } else { "" };
        format!(
            "shift_line{valid}_{}x{}",
            shape_name(self.shape),
            self.cycles
        )
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        m.doc(&format!("A value {} cycles later.", self.cycles));
        let value = m.input("s_payload", self.shape);
        m.output("m_payload", m.delay_by("payload", value, self.cycles));
        if self.valid {
            let mut valid = m.input("s_valid", bit());
            for i in 1..=self.cycles {
                valid = m
                    .reg(bit())
                    .named(format!("valid_{i}"))
                    .reset(0)
                    .next(valid);
            }
            m.output("m_valid", valid);
        }
    }
}
