//! Cells of a chip's vendor.

use super::rejected;
use crate::*;
use std::panic::catch_unwind;

/// A cell of this name and parameter, with an input of this width.
#[derive(Debug, Clone, PartialEq)]
struct ModelOf {
    module: &'static str,
    cell: VendorCell,
    width: u32,
}

#[hardware]
impl Block for ModelOf {
    fn module_name(&self) -> String {
        self.module.into()
    }

    fn vendor_cell(&self) -> Option<VendorCell> {
        Some(self.cell.clone())
    }

    fn inputs(&self) -> Shapes<Pins<'static>> {
        Pins::of([("I", unsigned(self.width))])
    }

    fn build<'m>(&self, _: &'m Module, pins: Pins<'m>) -> Pins<'m> {
        Pins::new([("O", pins["I"])])
    }
}

/// Closing a design with an instance of each of these.
fn rejected_cells(cells: &[ModelOf]) -> String {
    rejected(|m| {
        for (index, cell) in cells.iter().enumerate() {
            let i = m.input(format!("i{index}"), unsigned(cell.width));
            let pins = m.instance(cell, Pins::new([("I", i)]));
            m.output(format!("o{index}"), pins["O"]);
        }
    })
}

#[test]
fn models_of_a_cell_must_go_together() {
    let model = |module, level, width| ModelOf {
        module,
        cell: VendorCell::new("BUFFER").integer("LEVEL", level),
        width,
    };
    let clash = |second, reason: &str| {
        format!("vendor's cell `BUFFER`: modules `one` and `{second}` do not go together; {reason}")
    };
    assert_eq!(
        rejected_cells(&[model("one", 1, 1), model("two", 2, 2)]),
        clash("two", "the models of a cell must have the same ports")
    );
    assert_eq!(
        rejected_cells(&[model("one", 1, 1), model("two", 1, 1)])
            .lines()
            .last()
            .unwrap_or_default(),
        clash(
            "two",
            "a cell has one model for each choice of its parameters"
        )
    );
    let other = ModelOf {
        module: "two",
        cell: VendorCell::new("BUFFER").text("SPEED", "FAST"),
        width: 1,
    };
    assert_eq!(
        rejected_cells(&[model("one", 1, 1), other]),
        clash(
            "two",
            "the models of a cell must set the same parameters, defaults included"
        )
    );
    assert_eq!(
        rejected_cells(&[ModelOf {
            module: "BUFFER",
            ..model("", 1, 1)
        }]),
        "vendor's cell `BUFFER`: modules `BUFFER` and `BUFFER` do not go together; a module must \
         not have the name of a vendor's cell"
    );
}

#[test]
fn parameters_of_cells_are_legal_verilog() {
    let message = |make: fn() -> VendorCell| {
        let panic = catch_unwind(make).expect_err("it was accepted");
        panic.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    assert_eq!(
        message(|| VendorCell::new("reg")),
        "`reg` cannot be the name of a cell or its parameter in Verilog"
    );
    assert_eq!(
        message(|| VendorCell::new("X").text("MODE", "a\"b")),
        "parameter `MODE` of `X` cannot be \"a\\\"b\""
    );
    assert_eq!(
        message(|| VendorCell::new("X").bits("MODE", 2, 4)),
        "parameter `MODE` of `X` has 2 bits, which 4 does not fit"
    );
    assert_eq!(
        message(|| VendorCell::new("X").integer("MODE", 1).integer("MODE", 2)),
        "parameter `MODE` of `X` is set twice"
    );
}
