//! The FuseSoC core description (CAPI2).

use crate::arch::MatmulArch;
use std::fmt::Write;

/// A `.core` file: the Verilog, the C header, a default target and a lint target.
pub(super) fn fusesoc_core(arch: &MatmulArch, top: &str, rtl: &[&str], header: &str) -> String {
    let mut text = format!(
        "CAPI=2:\n\
         name: ferrogrid::{name}:{version}\n\
         description: {rows} x {columns} matrix-multiply core, {dataflow}, {operands}\n\
         \n\
         filesets:\n\
         \x20 rtl:\n\
         \x20   file_type: verilogSource-2005\n\
         \x20   files:\n",
        name = arch.name,
        version = env!("CARGO_PKG_VERSION"),
        rows = arch.rows,
        columns = arch.columns,
        dataflow = arch.dataflow,
        operands = arch.operands,
    );
    for path in rtl {
        writeln!(text, "      - {path}").expect("a String takes everything");
    }
    write!(
        text,
        "  driver:\n\
         \x20   files:\n\
         \x20     - {header}: {{is_include_file: true, file_type: user}}\n\
         \n\
         targets:\n\
         \x20 default:\n\
         \x20   filesets: [rtl]\n\
         \x20   toplevel: {top}\n\
         \x20 lint:\n\
         \x20   description: no warnings are expected\n\
         \x20   filesets: [rtl]\n\
         \x20   toplevel: {top}\n\
         \x20   flow: lint\n\
         \x20   flow_options:\n\
         \x20     tool: verilator\n\
         \x20     verilator_options: [-Wall]\n"
    )
    .expect("a String takes everything");
    text
}
