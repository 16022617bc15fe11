//! The command `ferrogrid`.

use clap::Parser;
use ferrogrid::cli::Cli;
use pyo3::prelude::*;

/// Runs the command of these words, the first of which is its name; gives its exit code.
#[pyfunction]
pub fn command(py: Python<'_>, words: Vec<String>) -> u8 {
    py.detach(|| match Cli::try_parse_from(words) {
        Ok(cli) => cli.run().map_or_else(
            |failure| {
                failure.print();
                failure.exit_code()
            },
            |()| 0,
        ),
        Err(error) => {
            // Where nobody reads there is nothing to say.
            let _ = error.print();
            error.exit_code() as u8
        }
    })
}
