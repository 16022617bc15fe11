//! What libraries have in common that other runtimes load: options by their names, the figures in a file, which nodes of a
//! network the core takes, and how a run ends early.

mod choice;
mod interruption;
mod options;
mod reports;

pub use choice::{Choice, Nodes, choose};
pub use interruption::{end_runs_when, interruptible};
pub use options::PluginOptions;
pub use reports::Reports;
