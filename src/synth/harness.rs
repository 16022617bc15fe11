//! A top that needs three pins: every input of the design comes from a shift register, every
//! output goes into one. Without it a core would want more pins than chips have, and paths that
//! begin or end at a port would not be measured.

use crate::hdl::ir::{Design, Direction};

/// The module's name.
pub const HARNESS: &str = "ferrogrid_harness";

/// The instance of the design in it.
pub const INSTANCE: &str = "dut";

/// The harness of a design with one clock.
pub fn harness(design: &Design) -> String {
    let top = design.top();
    let domain = top.domains.first();
    let mut inputs = Vec::new();
    let mut outputs = Vec::new();
    let mut bits = [0u32; 2];
    if let Some(domain) = domain.filter(|domain| domain.uses_reset) {
        inputs.push((domain.reset.clone(), 0, 1));
        bits[0] = 1;
    }
    for port in &top.ports {
        let (ports, bits) = match port.direction {
            Direction::Input => (&mut inputs, &mut bits[0]),
            Direction::Output => (&mut outputs, &mut bits[1]),
        };
        ports.push((port.name.clone(), *bits, port.shape.width));
        *bits += port.shape.width;
    }
    // Neither is ever empty, so that the chain below can be written.
    let [inputs_bits, outputs_bits] = bits.map(|bits| bits.max(1));
    let mut connections = Vec::new();
    if let Some(domain) = domain.filter(|domain| domain.uses_clock) {
        connections.push(format!(".{}(clk)", domain.clock));
    }
    for (bus, ports) in [("inputs", &inputs), ("outputs", &outputs)] {
        for (name, low, width) in ports {
            connections.push(format!(".{name}({bus}[{}:{low}])", low + width - 1));
        }
    }
    format!(
        "// {HARNESS}: shift registers at all ports of {top}.\n\
         module {HARNESS} (\n    input  wire clk,\n    input  wire serial_in,\n    output wire serial_out\n);\n\n\
         \x20   reg  [{inputs_bits}:0] inputs;\n\
         \x20   wire [{outputs_high}:0] outputs;\n\
         \x20   reg  [{outputs_high}:0] results;\n\n\
         \x20   always @(posedge clk) begin\n\
         \x20       inputs <= {{inputs[{inputs_high}:0], serial_in}};\n\
         \x20       results <= {{results, inputs[{inputs_bits}]}} ^ outputs;\n\
         \x20   end\n\n\
         \x20   assign serial_out = results[{outputs_high}];\n\n\
         \x20   {top} {INSTANCE} (\n        {connections}\n    );\n\nendmodule\n",
        top = top.name,
        inputs_high = inputs_bits - 1,
        outputs_high = outputs_bits - 1,
        connections = connections.join(",\n        "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch;
    use crate::blocks::MatmulCore;
    use crate::hdl::elaborate;

    #[test]
    fn an_array_between_shift_registers() {
        let arch = arch::from_preset("matmul-4x4").unwrap();
        let design = elaborate(&*MatmulCore::array(&arch)).unwrap();
        insta::assert_snapshot!(harness(&design));
    }
}
