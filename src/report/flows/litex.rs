//! The LiteX module.

use super::Flow;
use super::template::fill;

impl Flow<'_> {
    /// Python that wraps the Verilog for LiteX.
    pub(super) fn litex(&self) -> String {
        let arch = self.arch;
        let models = self.cells.map_or(String::new(), |path| format!("{path:?}"));
        fill(
            include_str!("templates/litex.py"),
            &[
                ("models", &models),
                ("top", self.top()),
                ("class", &class_name(self.top())),
                ("rows", &arch.rows.to_string()),
                ("columns", &arch.columns.to_string()),
                ("dataflow", &arch.dataflow.to_string().replace('_', "-")),
                ("operands", &arch.operands.to_string()),
                ("a_width", &arch.a.width.to_string()),
                ("b_width", &arch.b.width.to_string()),
                ("c_width", &arch.c.width.to_string()),
                ("address_bits", &self.registers.address_bits().to_string()),
            ],
        )
    }
}

/// `matmul_8x8_os` as `Matmul8x8Os`.
fn class_name(top: &str) -> String {
    let mut name = String::new();
    for word in top.split('_').filter(|word| !word.is_empty()) {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::class_name;

    #[test]
    fn classes_are_named_as_in_python() {
        assert_eq!(class_name("matmul_8x8_os"), "Matmul8x8Os");
        assert_eq!(class_name("x__1_"), "X1");
    }
}
