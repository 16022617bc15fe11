//! An array written by hand, to measure the generated one against.

use crate::verilog::VerilogFile;

/// A 16x16 int8 weight-stationary array with the ports and cycles of the generated one. Its top
/// module is `ws_array_16x16`.
pub fn hand_written_array() -> VerilogFile {
    VerilogFile {
        name: "ws_array_16x16.v".to_owned(),
        text: include_str!("../../../testbench/bench/ws_array_16x16.v").to_owned(),
    }
}
