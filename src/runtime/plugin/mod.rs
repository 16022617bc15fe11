//! What libraries have in common that other runtimes load: options by their names, the figures in a file, and which nodes
//! of a network the core takes.

mod choice;
mod options;
mod reports;

pub use choice::{Choice, Nodes, choose};
pub use options::PluginOptions;
pub use reports::Reports;
