//! The models of cells: those of two cores in one simulation, and cells that have none.

use super::fusesoc::fusesoc;
use super::{Core, has_passed, run, tools};
use ferrogrid::synth::tools::Tool;
use std::fs;
use std::process::Command;

/// Pairs of cores that differ.
fn pairs() -> [[Core; 2]; 2] {
    ["ecp5", "xilinx"].map(|target| {
        [
            Core::small("first", target, "", ""),
            Core::small("second", target, "activation = \"uint8\"", ""),
        ]
    })
}

/// The bench of a core beside that of another: the simulation ends when both have passed.
fn bench(core: &Core, other: &Core) -> String {
    let start = format!("module tb_{};\n", core.top);
    let end = format!("passed = 1'b1; if (tb_{}.passed) $finish;", other.top);
    core.read(&format!("sim/tb_{}.v", core.top))
        .replace(&start, &format!("{start}    reg passed = 1'b0;\n"))
        .replace("$finish;", &end)
}

/// Both benches, as files in the folder of the first core.
fn write_benches([first, second]: &[Core; 2]) {
    for (name, text) in [
        ("first.v", bench(first, second)),
        ("second.v", bench(second, first)),
    ] {
        fs::write(first.path(name), text).expect("a written file");
    }
}

/// Whose models come first makes no difference.
#[test]
fn two_cores_with_cells_run_in_one_simulation() {
    if !tools::present(&[Tool::Iverilog, Tool::Vvp, Tool::Verilator]) {
        return;
    }
    for cores in &pairs() {
        write_benches(cores);
        let [first, second] = cores;
        let models = [first, second].map(|core| {
            let path = core.path(&core.models());
            path.to_str().expect("a plain path").to_owned()
        });
        let rtl = [first, second].map(|core| {
            let list = core.read("filelist.f");
            let paths = list.lines().map(|line| core.path(line));
            let paths = paths.map(|path| path.to_str().expect("a plain path").to_owned());
            paths.collect::<Vec<_>>().join(" ")
        });
        for [one, two] in [[0, 1], [1, 0]] {
            let files = format!("{} {} {}", models[one], models[two], rtl.join(" "));
            first.succeed(&format!(
                "iverilog -g2005 -Wall -Wno-timescale -s tb_first -s tb_second -o both.vvp {files} \
                 first.v second.v"
            ));
            let text = first.succeed("vvp -N both.vvp");
            let passed = text.lines().filter(|line| line.starts_with("PASS")).count();
            assert!(has_passed(&text) && passed >= 2, "{text}");
            for core in [first, second] {
                let top = &core.top;
                first.succeed(&format!(
                    "verilator --lint-only -Wall --top-module {top} {files}"
                ));
            }
        }
    }
}

/// A design that depends on both, as FuseSoC simulates it.
#[test]
fn fusesoc_simulates_a_design_with_two_cores() {
    let Some(fusesoc) = fusesoc() else { return };
    let [cores, _] = pairs();
    write_benches(&cores);
    let [first, second] = &cores;
    let design = "CAPI=2:\nname: ::design:1\nfilesets:\n  bench:\n    \
        depend: [ferrogrid::first, ferrogrid::second]\n    file_type: verilogSource-2005\n    \
        files: [first.v, second.v]\ntargets:\n  sim:\n    flow: sim\n    flow_options:\n      \
        tool: icarus\n      iverilog_options: [-g2005, -s, tb_second]\n      vvp_options: [-N]\n    \
        filesets: [bench]\n    toplevel: tb_first\n";
    fs::write(first.path("design.core"), design).expect("a written file");
    let simulated = run(Command::new(&fusesoc)
        .args(["--cores-root", ".", "--cores-root"])
        .arg(second.path(""))
        .args(["run", "--target", "sim", "--flag", "models", "design"])
        .current_dir(first.path("")));
    assert!(simulated.success, "{}", simulated.text);
    assert!(has_passed(&simulated.text), "{}", simulated.text);
}

/// A cell with parameters that no model has ends the simulation as an error.
#[test]
fn a_cell_without_a_model_is_an_error() {
    let (true, Some(_)) = (
        tools::present(&[Tool::Iverilog, Tool::Vvp, Tool::Verilator, Tool::Cxx]),
        tools::program("make"),
    ) else {
        return;
    };
    let core = Core::for_target("xilinx");
    let pe = "rtl/small_xilinx_pe.v";
    let text = core.read(pe);
    let other = text.replace(".MREG          (1)", ".MREG          (2)");
    assert_ne!(text, other, "{text}");
    fs::write(core.path(pe), other).expect("a written file");
    let files = "-f filelist.f sim/small_xilinx_cells.v sim/tb_small_xilinx.v";
    core.succeed(&format!(
        "iverilog -g2005 -s tb_small_xilinx -o tb.vvp {}",
        files.replace("-f", "-c")
    ));
    core.succeed(&format!(
        "verilator --cc --exe --build -CFLAGS -O0 --top-module tb_small_xilinx {files} sim/main.cpp"
    ));
    for simulate in ["vvp -N tb.vvp", "obj_dir/Vtb_small_xilinx"] {
        let run = core.run(simulate);
        let said = (run.text).contains("DSP48E1 has no model for these parameters");
        assert!(!run.success && said, "{simulate}\n{}", run.text);
    }
}
