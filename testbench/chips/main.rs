//! What cores for the chips of one vendor are made of: cells that equal the portable text, and
//! the numbers of cells in them.

#[path = "../cells/tool.rs"]
#[allow(dead_code)]
mod tool;

#[path = "../tools.rs"]
mod tools;

mod bank_pair;
mod block_ram;
mod duel;
mod floorplan;
mod memories;
mod models;
mod multipliers;
mod netlists;
mod resources;
mod slices;

#[test]
fn without_fpga_tools() {
    tools::pass_without_fpga_tools(&["resources::", "memories::", "floorplan::"]);
}
