//! Why a tool cannot be used.

use super::{Tool, Version};
use miette::Diagnostic;
use std::path::PathBuf;
use thiserror::Error;

/// Why a tool cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum ToolError {
    /// Neither on `PATH` nor, if it belongs there, in the environment of `scripts/setup --fpga`.
    #[error(
        "`{0}` was not found on PATH{elsewhere} ({why})",
        elsewhere = .0.elsewhere(),
        why = .0.purpose()
    )]
    #[diagnostic(
        code(ferrogrid::tools::missing),
        help("{}", .0.installation())
    )]
    Missing(Tool),

    /// It does not run.
    #[error("`{tool}` does not run: {reason}")]
    #[diagnostic(
        code(ferrogrid::tools::broken),
        help("reinstall it: {}", tool.installation())
    )]
    Broken {
        /// Which one.
        tool: Tool,
        /// What happened.
        reason: String,
    },

    /// It is too old.
    #[error("`{}` is version {found}; {needed} or later is needed", path.display())]
    #[diagnostic(
        code(ferrogrid::tools::too_old),
        help("{}", tool.newer())
    )]
    TooOld {
        /// Which one.
        tool: Tool,
        /// Where it was found.
        path: PathBuf,
        /// Its version.
        found: Version,
        /// The version it should have.
        needed: Version,
    },
}
