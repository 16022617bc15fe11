//! What a design takes on a Lattice ECP5: Yosys' `synth_ecp5`.

use super::tools::{FoundTool, Tool, ToolError};
use crate::verilog::VerilogFile;
use miette::Diagnostic;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::process::{Command, Stdio};
use thiserror::Error;

/// Why there is no netlist.
#[derive(Debug, Error, Diagnostic)]
pub enum SynthError {
    /// Yosys is missing.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tool(#[from] ToolError),
    /// A folder for the run could not be made or used.
    #[error("cannot use a temporary folder for Yosys: {0}")]
    Files(#[from] io::Error),
    /// Yosys refused the Verilog.
    #[error("yosys failed:\n{output}")]
    #[diagnostic(help("if a Ferrogrid core caused this, it is a bug worth reporting"))]
    Failed {
        /// The end of what it printed.
        output: String,
    },
    /// Its statistics are not what was expected.
    #[error("the statistics of yosys cannot be read: {problem}")]
    Statistics {
        /// What is wrong with them.
        problem: String,
    },
}

/// Cells of a flattened netlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ecp5Cells {
    /// Number of cells of each type.
    pub cells: BTreeMap<String, u64>,
    /// The Yosys that made it.
    pub yosys: FoundTool,
}

impl Ecp5Cells {
    /// Number of cells of a type.
    pub fn count(&self, cell: &str) -> u64 {
        self.cells.get(cell).copied().unwrap_or(0)
    }

    /// LUT4 + 2 CCU2C + flip-flops: a CCU2C takes the place of two LUT4.
    pub fn logic(&self) -> u64 {
        self.count("LUT4") + 2 * self.count("CCU2C") + self.count("TRELLIS_FF")
    }

    /// MULT18X18D multipliers.
    pub fn multipliers(&self) -> u64 {
        self.count("MULT18X18D")
    }
}

/// Synthesizes `top` for ECP5, flattened.
///
/// # Errors
/// When Yosys is missing or fails.
pub fn synthesize(files: &[VerilogFile], top: &str) -> Result<Ecp5Cells, SynthError> {
    let yosys = Tool::Yosys.find()?;
    let folder = tempfile::Builder::new().prefix("ferrogrid-").tempdir()?;
    for file in files {
        fs::write(folder.path().join(&file.name), &file.text)?;
    }
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let script = format!(
        "read_verilog {}; synth_ecp5 -top {top}; tee -q -o stat.txt stat",
        names.join(" ")
    );
    let output = Command::new(&yosys.path)
        .current_dir(folder.path())
        .args(["-q", "-p", &script])
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let output = lines[lines.len().saturating_sub(20)..].join("\n");
        return Err(SynthError::Failed { output });
    }
    let stat = fs::read_to_string(folder.path().join("stat.txt"))?;
    let cells = read_statistics(&stat)?;
    Ok(Ecp5Cells { cells, yosys })
}

/// The cells of the last module in the text that `stat` prints: `<type> <count>` in Yosys up to
/// 0.4x, `<count> <type>` or `<count> <area> <type>` after it.
fn read_statistics(text: &str) -> Result<BTreeMap<String, u64>, SynthError> {
    let module = text.rfind("===").map_or(text, |start| &text[start..]);
    let mut lines = module.lines();
    let mut total = None;
    for line in lines.by_ref() {
        if line.contains("cells") {
            total = line
                .split_whitespace()
                .find_map(|word| word.parse::<u64>().ok());
            break;
        }
    }
    let problem = |problem: String| SynthError::Statistics { problem };
    let total = total.ok_or_else(|| problem("no number of cells".into()))?;
    let mut cells = BTreeMap::new();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (name, count) = match words[..] {
            [count, name] if count.parse::<u64>().is_ok() => (name, count),
            [name, count] | [count, _, name] => (name, count),
            _ => break,
        };
        let Ok(count) = count.parse() else { break };
        cells.insert(name.to_owned(), count);
    }
    let sum: u64 = cells.values().sum();
    if sum != total {
        return Err(problem(format!("{total} cells, but {sum} of known type")));
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<(String, u64)> {
        read_statistics(text).unwrap().into_iter().collect()
    }

    #[test]
    fn statistics_of_old_and_new_versions() {
        let expected = [("CCU2C".to_owned(), 560), ("TRELLIS_FF".to_owned(), 3816)];
        let old = "\n5. Printing statistics.\n\n=== array ===\n\n   Number of wires:   1501\n   \
                   Number of cells:   4376\n     CCU2C   560\n     TRELLIS_FF   3816\n\n";
        assert_eq!(cells(old), expected);
        let new = "=== array ===\n\n     1501 wires\n     4376 cells\n      560   CCU2C\n     \
                   3816   TRELLIS_FF\n\n";
        assert_eq!(cells(new), expected);
    }

    #[test]
    fn statistics_that_do_not_add_up_are_refused() {
        let text = "=== array ===\n   Number of cells: 3\n     LUT4   2\n";
        assert_eq!(
            read_statistics(text).unwrap_err().to_string(),
            "the statistics of yosys cannot be read: 3 cells, but 2 of known type"
        );
        assert_eq!(
            read_statistics("nothing").unwrap_err().to_string(),
            "the statistics of yosys cannot be read: no number of cells"
        );
    }
}
