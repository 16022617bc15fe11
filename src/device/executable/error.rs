//! Why there is no executable network, or it does not run.

use crate::compiler::CompileError;
use crate::graph::Element;
use miette::Diagnostic;
use std::fmt::Display;
use thiserror::Error;

/// Why there is no executable network, or it does not take its inputs.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ExecutableError {
    /// It has no program.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// It is larger than networks that are run.
    #[error("the network is too large: {0}")]
    Large(String),
    /// The host cannot compute a node.
    #[error("node `{node}`, on the host: {reason}")]
    Host {
        /// Name of the node.
        node: String,
        /// Why not.
        reason: String,
    },
    /// It is for another core.
    #[error(
        "it was compiled for a configuration with the hash 0x{wanted:08x}, and `{core}` has 0x{found:08x}: compile \
         it for this core, or run it on the other"
    )]
    Core {
        /// This core.
        core: String,
        /// Hash of the other.
        wanted: u32,
        /// Hash of this one.
        found: u32,
    },
    /// The bytes of a file are no network.
    #[error("this is no compiled network: {0}")]
    File(String),
    /// The inputs are not as many as the network's.
    #[error("inputs of the network: {wanted}; inputs given: {found}")]
    Inputs {
        /// Those given.
        found: usize,
        /// Those of the network.
        wanted: usize,
    },
    /// An input is not what the network takes.
    #[error(
        "input `{tensor}` takes {wanted} values of {element}; {found} of {type_found} are given"
    )]
    Input {
        /// Name of the input.
        tensor: String,
        /// Number of its elements.
        wanted: usize,
        /// Their type.
        element: Element,
        /// Number of elements given.
        found: usize,
        /// Type of those.
        type_found: Element,
    },
}

impl Diagnostic for ExecutableError {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(match self {
            ExecutableError::Compile(CompileError::Program) => {
                "a larger array needs fewer instructions"
            }
            ExecutableError::Compile(_)
            | ExecutableError::Large(_)
            | ExecutableError::Host { .. } => {
                "`ferrogrid inspect` lists what of a model runs where"
            }
            ExecutableError::Core { .. } => {
                "`ferrogrid presets --json` lists the hashes of presets"
            }
            ExecutableError::File(_) => "write it again with `ferrogrid compile`",
            ExecutableError::Inputs { .. } | ExecutableError::Input { .. } => {
                "`ferrogrid inspect` lists the inputs of a model"
            }
        }))
    }
}
