//! From a closed design to Verilog-2005 that an engineer can read.
//!
//! A module is first lowered to a typed syntax tree ([`ast`]), in which every expression knows
//! its width and signedness as Verilog sees them, and then printed. The text depends on nothing
//! but the design.
#![forbid(unsafe_code)]

pub mod ast;
mod cells;
mod declare;
mod expr;
mod fold;
mod graph;
mod hint;
mod instance;
mod lower;
mod memory;
mod names;
mod node;
mod output;
mod place;
mod placed;
mod print;
mod property;
mod register;
mod rename;
mod simplify;
#[cfg(test)]
mod tests;
mod tree;
mod unused;

use crate::ir::{Design, ModuleId};

/// One file of Verilog.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerilogFile {
    /// The file's name: the module's, with `.v`.
    pub name: String,
    /// Its contents.
    pub text: String,
}

/// All modules of a design, one file each, every module after those it instantiates. Of vendor's
/// cells there are only instances: see [`cell_models`].
pub fn emit(design: &Design) -> Vec<VerilogFile> {
    let ids = cells::of_product(design).into_iter();
    ids.map(|id| VerilogFile {
        name: format!("{}.v", design.module(id).name),
        text: emit_module(design, id),
    })
    .collect()
}

/// The models of the vendor's cells in a design, for simulators: a file that synthesis must not
/// read, called `<top>_cells.v`. `None` when the design has no such cell.
pub fn cell_models(design: &Design) -> Option<VerilogFile> {
    cells::models(design)
}

/// What a simulator reads: the [`models of cells`](cell_models), if there are any, and then all
/// that [`emit`] gives.
pub fn emit_for_simulation(design: &Design) -> Vec<VerilogFile> {
    let models = cell_models(design);
    models.into_iter().chain(emit(design)).collect()
}

/// The text of one module.
pub fn emit_module(design: &Design, id: ModuleId) -> String {
    print::module(&lower::module(design, design.module(id)))
}

/// All files of [`emit`] as one text, the top last.
pub fn concat(design: &Design) -> String {
    let texts: Vec<String> = emit(design).into_iter().map(|file| file.text).collect();
    texts.join("\n")
}
