//! The netlist of a design as Verilog, for simulators.

use super::answers::read;
use super::cache::Cache;
use super::error::{Stage, SynthError};
use super::run::Watch;
use super::script::{VERILOG, flat, read_design};
use super::synthesis::{Synthesis, YOSYS_LOG, write};
use super::target::Family;
use super::tools::Tool;
use crate::hdl::ir::Design;
use crate::verilog::{self, VerilogFile};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

const NETLIST: &str = "netlist.v";
const CELLS: &str = "cells.v";

/// A design in the cells of a chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Netlist {
    /// One module, with the ports of the design.
    pub verilog: String,
    /// The models of cells that this Yosys has. Some large cells have none or an empty one.
    pub library: String,
}

impl Netlist {
    /// What a simulator needs: the netlist, and those models of the library that it uses. `own`
    /// are models that go before those of the same names.
    pub fn files(&self, own: &str) -> Vec<VerilogFile> {
        let file = |name: &str, text: String| VerilogFile {
            name: name.to_owned(),
            text,
        };
        let used = Parts::of(&self.library).used(&format!("{}{own}", self.verilog), own);
        vec![
            file(NETLIST, self.verilog.clone()),
            file(CELLS, used),
            file("own.v", own.to_owned()),
        ]
    }
}

/// A Verilog text cut at its modules.
struct Parts<'a>(Vec<(Option<&'a str>, &'a str)>);

impl<'a> Parts<'a> {
    /// Each module with its name, and what stands between them.
    fn of(text: &'a str) -> Self {
        const END: &str = "\nendmodule";
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = starts_of_lines(rest).find(|&at| rest[at..].starts_with("module "))
        {
            let (between, module) = rest.split_at(with_attributes(rest, start));
            let header = start - between.len();
            // Short modules stand on one line.
            let line = module[header..].lines().next().map_or(0, str::len);
            let end = match module[header..][..line].find("endmodule") {
                Some(at) => header + at + END.len() - 1,
                None => module.find(END).map_or(module.len(), |at| at + END.len()),
            };
            parts.push((None, between));
            parts.push((words(&module[header..]).nth(1), &module[..end]));
            rest = &module[end..];
        }
        parts.push((None, rest));
        Self(parts)
    }

    /// The text without the modules that `text` does not use, not through others either, and those
    /// that `own` defines.
    fn used(&self, text: &str, own: &str) -> String {
        let own = Parts::of(own);
        let own: BTreeSet<&str> = own.0.iter().filter_map(|(name, _)| *name).collect();
        let mut wanted: BTreeSet<&str> = words(text).collect();
        let mut kept = BTreeSet::new();
        loop {
            let modules = self
                .0
                .iter()
                .filter_map(|(name, text)| Some(((*name)?, text)));
            let more = modules.filter(|(name, _)| wanted.contains(name) && !own.contains(name));
            let more: Vec<_> = more.filter(|(name, _)| !kept.contains(name)).collect();
            if more.is_empty() {
                break;
            }
            for (name, text) in more {
                kept.insert(name);
                wanted.extend(words(text));
            }
        }
        let parts = self.0.iter();
        let parts = parts.filter(|(name, _)| name.is_none_or(|name| kept.contains(name)));
        parts.map(|(_, text)| *text).collect()
    }
}

/// Where the attributes in the lines above a module begin, or the module if it has none.
fn with_attributes(text: &str, module: usize) -> usize {
    let above = text[..module].trim_end();
    let line = above.rfind('\n').map_or(0, |at| at + 1);
    if above[line..].starts_with("(*") {
        with_attributes(text, line)
    } else {
        module
    }
}

fn starts_of_lines(text: &str) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let apart = |c: char| !(c.is_ascii_alphanumeric() || "_$".contains(c));
    text.split(apart).filter(|word| !word.is_empty())
}

/// Synthesizes a design as [`Flow`](super::Flow) does before placement, or takes the netlist from the
/// cache. Yosys may take `limit`.
///
/// # Errors
/// When Yosys is missing, fails or takes too long, or the watch cancels.
pub fn netlist(
    design: &Design,
    family: Family,
    limit: Duration,
    watch: &mut Watch,
) -> Result<Netlist, SynthError> {
    let library = match family {
        Family::Ecp5 => "+/ecp5/cells_sim.v",
        Family::Ice40 => "+/ice40/cells_sim.v",
        Family::Nexus => "+/nexus/cells_sim.v",
        Family::Gowin => "+/gowin/cells_sim.v",
        Family::Xilinx7 | Family::UltraScalePlus => "+/xilinx/cells_sim.v",
        Family::CycloneV => "+/intel_alm/cyclonev/cells_sim.v",
    };
    let yosys = Tool::synthesizer()?;
    let text = verilog::concat(design);
    // Reading the models has their path in the log, wherever this Yosys keeps them.
    let script = format!(
        "{}{}write_verilog -noattr {NETLIST}\nread_verilog -lib {library}\n",
        read_design(),
        flat(
            family,
            verilog::cell_models(design).is_none(),
            &design.top().name
        )
    );
    let synthesis = Synthesis {
        yosys: &yosys,
        script: &script,
        files: vec![(VERILOG, &text)],
        limit,
    };
    let folder = synthesis.folder(&Cache::open()?, watch, |folder| {
        let log = read(&folder.join(YOSYS_LOG))?;
        let models = models(&log).ok_or_else(|| SynthError::Answer {
            stage: Stage::Synthesis,
            file: YOSYS_LOG,
            reason: format!("it does not say where {library} is"),
        })?;
        // Values for unconnected ports are SystemVerilog; a netlist connects what it uses.
        let mut library = "`define NO_ICE40_DEFAULT_ASSIGNMENTS\n".to_owned();
        library.push_str(&with_includes(&models, &mut BTreeSet::new())?);
        write(&folder.join(CELLS), &library)
    })?;
    Ok(Netlist {
        verilog: read(&folder.join(NETLIST))?,
        library: read(&folder.join(CELLS))?,
    })
}

/// The file that Yosys read last, by its log.
fn models(log: &str) -> Option<PathBuf> {
    let (_, rest) = log.rsplit_once("Parsing Verilog input from `")?;
    Some(rest.split_once('\'')?.0.into())
}

/// The text of a file with those in it that it includes, which stand beside it, each once.
fn with_includes(path: &Path, seen: &mut BTreeSet<PathBuf>) -> Result<String, SynthError> {
    if !seen.insert(path.to_owned()) {
        return Ok(String::new());
    }
    let mut text = String::new();
    for line in read(path)?.lines() {
        let included = line.trim().strip_prefix("`include \"");
        match included.and_then(|rest| rest.strip_suffix('"')) {
            Some(name) => text.push_str(&with_includes(&path.with_file_name(name), seen)?),
            None => text.push_str(line),
        }
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_read_last_is_found() {
        let log = "Parsing Verilog input from `design.v' to AST representation.\n\
                   Parsing Verilog input from `/share/ecp5/cells_sim.v' to AST representation.\n\
                   Generating RTLIL representation for module `\\LUT4'.\n";
        assert_eq!(models(log), Some("/share/ecp5/cells_sim.v".into()));
        assert_eq!(models("nothing"), None);
    }

    #[test]
    fn includes_are_replaced_by_what_they_include() {
        let folder = tempfile::tempdir().expect("a folder");
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect(name);
        write("a.v", "one\n`include \"b.vh\"\nthree\n`include \"b.vh\"\n");
        write("b.vh", "two\n");
        let text = with_includes(&folder.path().join("a.v"), &mut BTreeSet::new());
        assert_eq!(text.expect("a text"), "one\ntwo\n\nthree\n\n");
    }

    #[test]
    fn models_that_nothing_uses_and_own_ones_are_left_out() {
        let netlist = Netlist {
            verilog: "module top; OUTER \\a.b (.A(1'b0)); RAM ram (); endmodule\n".into(),
            library: "`define X 1\n\
                      module OUTER(input A);\n  INNER #(.P(`X)) i (A);\nendmodule\n\
                      module INNER(input A); endmodule // short\n\
                      (* blackbox *)\nmodule RAM();\nendmodule\n\
                      module OTHER();\n  RAM ram ();\nendmodule\n"
                .into(),
        };
        let files = netlist.files("module RAM();\n  reg r;\nendmodule\n");
        let names: Vec<_> = files.iter().map(|file| &*file.name).collect();
        assert_eq!(names, ["netlist.v", "cells.v", "own.v"]);
        let expected = "`define X 1\n\
                        module OUTER(input A);\n  INNER #(.P(`X)) i (A);\nendmodule\n\
                        module INNER(input A); endmodule // short\n\n\n";
        assert_eq!(files[1].text, expected);
    }
}
