//! The scripts for Vivado and Quartus. Neither is here: Yosys' Tcl runs them, their commands only
//! recorded.

use super::{Core, tools};
use ferrogrid::synth::Board;
use ferrogrid::synth::tools::Tool;
use std::fs;
use std::path::Path;

/// Defines the commands of both tools.
const RECORDER: &str = r#"
set recorded [open recorded.txt w]
proc record {args} { puts $::recorded $args; if {[lindex $args 0] eq "get_property"} { return 100% } }
foreach command {create_project add_files set_property get_files current_fileset get_filesets
        get_runs launch_runs wait_on_run open_run report_utilization report_timing_summary
        get_property create_clock get_ports project_new set_global_assignment set_instance_assignment
        export_assignments execute_module project_close} {
    proc $command args "record $command {*}\$args"
}
package provide ::quartus::project 1.0
package provide ::quartus::flow 1.0
set quartus(args) {}
"#;

/// What a script of the core asks of its tool, a command a line.
fn recorded(core: &Core, tool: &str) -> String {
    sourced(core, &core.path(&format!("{tool}/{}.tcl", core.top)))
}

/// The commands in a file.
fn sourced(core: &Core, script: &Path) -> String {
    let text = format!(
        "{RECORDER}\nsource {{{}}}\nclose $recorded\n",
        script.display()
    );
    fs::write(core.path("run.tcl"), text).expect("a written file");
    core.succeed("yosys -q -c run.tcl");
    core.read("recorded.txt")
}

#[test]
fn the_project_scripts_run_to_their_end_and_name_files_that_exist() {
    if !tools::present(&[Tool::Yosys]) {
        return;
    }
    let core = Core::new();
    for (tool, last) in [
        ("vivado", "report_timing_summary"),
        ("quartus", "project_close"),
    ] {
        let recorded = recorded(&core, tool);
        assert!(
            recorded
                .lines()
                .last()
                .is_some_and(|line| line.starts_with(last)),
            "{recorded}"
        );
        for source in core.read("filelist.f").lines() {
            assert!(
                recorded.contains(source),
                "{tool} does not read {source}:\n{recorded}"
            );
        }
        // Words with an ending are files; those of Quartus stand relative to its project.
        let project = core.path(&format!("{tool}/project"));
        let words = recorded.split(|c: char| c.is_whitespace() || "{}".contains(c));
        let mut files = words
            .filter(|word| [".v", ".xdc", ".sdc"].iter().any(|end| word.ends_with(end)))
            .peekable();
        assert!(files.peek().is_some());
        fs::create_dir_all(&project).expect("a folder");
        for file in files {
            assert!(project.join(file).exists(), "{tool}: {file} does not exist");
        }
    }
}

/// Vivado has models of the cells of its chips; ours would hide them. Cores with such cells go to
/// a chip that has them, and so does the other one that the script names.
#[test]
fn vivado_simulates_with_its_own_models() {
    if !tools::present(&[Tool::Yosys]) {
        return;
    }
    const ARTY: &str = "xc7a100tcsg324-1";
    let board = Board::named("arty-a7").expect("a board");
    let chip = board.part.as_ref().expect("a chip").name.to_lowercase();
    assert!(ARTY.starts_with(&format!("{chip}{}", board.package)));
    const ZU7EV: &str = "xczu7ev-ffvc1156-2-e";
    for (target, part, other, note) in [
        ("portable", ARTY, ZU7EV, "instantiates no cell"),
        ("xilinx", ARTY, "xc7z020clg400-1", "unisim"),
        ("ultrascale_plus", ZU7EV, "xcku5p-ffvb676-2-e", "unisim"),
    ] {
        let core = Core::for_target(target);
        let recorded = recorded(&core, "vivado");
        let project = recorded.lines().next().expect("a command");
        assert!(project.ends_with(&format!("-part {part}")), "{project}");
        assert!(!recorded.contains("_cells.v"), "{recorded}");
        let script = core.read(&format!("vivado/{}.tcl", core.top));
        assert!(script.contains(note), "{script}");
        assert!(script.contains(&format!("-tclargs {other}\n")), "{script}");
    }
}

/// XDC and SDC are Tcl.
#[test]
fn the_clock_is_a_command_of_tcl() {
    if !tools::present(&[Tool::Yosys]) {
        return;
    }
    let core = Core::new();
    for format in ["xdc", "sdc"] {
        let path = core.path(&format!("constraints/{}.{format}", core.top));
        let recorded = sourced(&core, &path);
        assert_eq!(
            recorded, "get_ports aclk\ncreate_clock -name aclk -period 10.000 {}\n",
            "{format}"
        );
    }
}
