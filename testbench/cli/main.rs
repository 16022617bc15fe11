//! The `ferrogrid` command as its users meet it: the program is started, and its output, its exit
//! code and what it left on the disk are looked at.

#[path = "../models.rs"]
mod models;
#[path = "../tools.rs"]
mod tools;

mod campaigns;
mod digits;
mod documents;
mod errors;
mod explore;
mod fits;
mod folders;
mod fresh;
mod generate;
mod hierarchy;
mod interrupt;
mod matmul;
mod networks;
mod npy;
mod onnx;
mod others;
mod page;
mod program;
mod quantize;
#[cfg(unix)]
mod stand_ins;
mod synth;
#[cfg(unix)]
mod synth_artifacts;
mod synth_boards;
mod synth_core;
#[cfg(unix)]
mod synth_runs;
mod watch;

#[test]
fn without_fpga_tools() {
    tools::pass_without_fpga_tools(&["synth::", "synth_boards::", "synth_core::"]);
}
