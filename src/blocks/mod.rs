//! The hardware, from cells to cores.

#![forbid(unsafe_code)]

pub mod array;
pub mod buffer;
pub mod control;
pub mod datapath;
mod matmul;
pub mod pe;
pub mod ports;
pub mod prim;
pub mod vendor;

pub use matmul::MatmulCore;

use crate::hdl::binding::Nameable;

/// Gives the instance whose outputs these are a name that is no binding, or that has its number even
/// where it is the only one.
fn named<B: Nameable>(name: impl AsRef<str>, outputs: B) -> B {
    outputs.suggest(name.as_ref());
    outputs
}
