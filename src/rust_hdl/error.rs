//! Why a struct of ports does not fit a design.

use miette::Diagnostic;
use thiserror::Error;

/// The fields of a block are not the ports of the design that it was given.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("`{block}` does not fit the design `{top}`: {}", .problems.join("; "))]
#[diagnostic(
    code(ferrogrid::rust_hdl::ports),
    help(
        "a field has the port's name and direction, and its width or the type `Port`; outputs may \
          be left out, inputs, clocks and resets may not"
    )
)]
pub struct BindError {
    /// The rust-hdl block.
    pub block: String,
    /// The top module of the design.
    pub top: String,
    /// What does not fit, in the order of the fields, then of the ports.
    pub problems: Vec<String>,
}
