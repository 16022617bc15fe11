//! What Yosys makes of the cells, in Icarus with Yosys' own models of them.

use crate::duel::format;
use crate::models::{models, module};
use crate::multipliers::{files, in_icarus};
use crate::tool::run_tool;
use ferrogrid::arch::{ElementType, Target};
use ferrogrid::verilog::VerilogFile;
use std::fs;
use std::process::Command;

/// Yosys' models of the cells of iCE40; without them, says that the test is skipped.
fn ice40_models(test: &str) -> Option<String> {
    let text = models("ice40", test)?;
    // Values for inputs left open are beyond Verilog-2005.
    Some(format!("`define NO_ICE40_DEFAULT_ASSIGNMENTS\n{text}"))
}

fn file(name: &str, text: String) -> VerilogFile {
    VerilogFile {
        name: name.into(),
        text,
    }
}

/// Our model of SB_MAC16 leaves place to that of Yosys.
#[test]
fn the_model_of_sb_mac16_agrees_with_that_of_yosys() {
    let Some(models) = ice40_models("SB_MAC16 against Yosys' model") else {
        return;
    };
    for element in [ElementType::Int8, ElementType::Uint8] {
        for register in [false, true] {
            let mut files = files(format(element, register, Target::Ice40));
            files[0].text = module(&models, "SB_MAC16");
            assert_eq!(in_icarus(&files), "0 mismatches", "{element} {register}");
        }
    }
}

/// Synthesis leaves the cells as they are.
#[test]
fn the_netlist_for_ice40_computes_the_same() {
    let Some(models) = ice40_models("netlists for iCE40") else {
        return;
    };
    for register in [false, true] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut names = Vec::new();
        // Without the file of models, which stands first.
        for file in &files(format(ElementType::Int4, register, Target::Ice40))[1..] {
            fs::write(folder.path().join(&file.name), &file.text).expect("a written file");
            names.push(file.name.clone());
        }
        let script = format!(
            "read_verilog {}; synth_ice40 -top duel; write_verilog -noattr netlist.v",
            names.join(" ")
        );
        run_tool(
            Command::new("yosys")
                .args(["-q", "-p", &script])
                .current_dir(folder.path()),
        );
        let netlist = fs::read_to_string(folder.path().join("netlist.v")).expect("the netlist");
        assert_eq!(netlist.matches("SB_MAC16 #(").count(), 1, "{netlist}");
        let files = [file("netlist.v", netlist), file("cells.v", models.clone())];
        assert_eq!(
            in_icarus(&files),
            "0 mismatches",
            "product register: {register}"
        );
    }
}
