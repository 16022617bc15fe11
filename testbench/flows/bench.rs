//! The self-checking test bench, with the commands that stand in it.

use super::{Core, TOP, WITH_CELLS, has_failed, has_passed, tools};
use ferrogrid::synth::tools::Tool;

/// The core for networks that is run.
const NPU: &str = "npu_nano";

#[test]
fn the_bench_passes_in_icarus_and_can_fail() {
    if !tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        return;
    }
    let core = Core::new();
    // The bench alone has a time scale, as it alone has delays.
    let compile = format!(
        "iverilog -g2005 -Wall -Wno-timescale -s tb_{TOP} -o tb.vvp -c filelist.f sim/tb_{TOP}.v"
    );
    assert_eq!(core.succeed(&compile), "", "no warning");
    let text = core.succeed("vvp -N tb.vvp");
    assert!(has_passed(&text), "{text}");

    core.expect_something_else();
    core.succeed(&compile);
    let run = core.run("vvp -N tb.vvp");
    assert!(!run.success && has_failed(&run.text), "{}", run.text);
}

/// Cells of the chip are in no file that synthesis reads, and in one that simulators do.
#[test]
fn the_bench_of_a_core_with_cells_passes_with_their_models() {
    if !tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        return;
    }
    let cores = WITH_CELLS.map(Core::for_target).into_iter();
    for core in cores.chain([Core::of("matmul-8x8-ecp5")]) {
        let (top, models) = (&core.top, core.models());
        assert!(
            core.read(&models)
                .contains("synthesis must not read this file")
        );
        assert!(!core.read("filelist.f").contains("cells"));
        let bench = core.read(&format!("sim/tb_{top}.v"));
        let command = |program: &str| {
            let start = format!("//     $ {program}");
            let line = bench.lines().find(|line| line.starts_with(&start));
            line.expect("the command").replace("//     $ ", "")
        };
        assert!(command("verilator").contains(&models));
        core.succeed(&command("iverilog"));
        let text = core.succeed("vvp -N tb.vvp");
        assert!(has_passed(&text), "{top}: {text}");
        let without = command("iverilog").replace(&models, "");
        assert!(!core.run(&without).success, "the cell is nowhere else");
    }
}

#[test]
fn the_bench_passes_in_verilator_and_can_fail() {
    let (true, Some(_)) = (
        tools::present(&[Tool::Verilator, Tool::Cxx]),
        tools::program("make"),
    ) else {
        return;
    };
    let core = Core::new();
    core.expect_something_else();
    let build = verilator(TOP);
    let text = core.succeed(&build);
    assert!(!text.contains("%Warning"), "{text}");
    let run = core.run(&format!("obj_dir/Vtb_{TOP}"));
    assert!(!run.success && has_failed(&run.text), "{}", run.text);

    let core = Core::new();
    core.succeed(&build);
    let text = core.succeed(&format!("obj_dir/Vtb_{TOP}"));
    assert!(has_passed(&text), "{text}");
}

/// A network on a core for networks, whose DRAM is in the bench.
#[test]
fn the_bench_of_a_core_for_networks_passes_in_icarus_and_can_fail() {
    if !tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        return;
    }
    let nano = || Core::generate(&["--preset", "nano"], NPU);
    let compile = format!(
        "iverilog -g2005 -Wall -Wno-timescale -s tb_{NPU} -o tb.vvp -c filelist.f sim/tb_{NPU}.v"
    );
    let core = nano();
    assert_eq!(core.succeed(&compile), "", "no warning");
    let text = core.succeed("vvp -N tb.vvp");
    assert!(has_passed(&text), "{text}");

    let fails = |core: &Core, start: &str| {
        core.succeed(&compile);
        let run = core.run("vvp -N tb.vvp");
        let failed = run.text.lines().any(|line| line.starts_with(start));
        assert!(!run.success && failed, "{}", run.text);
    };
    let pe = format!("rtl/{NPU}_pe.v");
    core.replace(&pe, "sum_in + product", "sum_in - product");
    fails(&core, "FAIL: 0 wrong register values, 2 wrong beats");
    let core = nano();
    let bench = core.read(&format!("sim/tb_{NPU}.v"));
    let step = bench.lines().find(|line| line.ends_with("// base_2_low"));
    let step = step.expect("the step that says where the results are");
    let (before, _) = step.split_once("32'h").expect("a value");
    // The program, which nobody may write.
    let elsewhere = format!("{before}32'h00000000}};");
    core.replace(&format!("sim/tb_{NPU}.v"), step, &elsewhere);
    fails(&core, "FAIL: 1 wrong register values, 2 wrong beats");
}

#[test]
fn the_bench_of_a_core_for_networks_passes_in_verilator() {
    let (true, Some(_)) = (
        tools::present(&[Tool::Verilator, Tool::Cxx]),
        tools::program("make"),
    ) else {
        return;
    };
    let core = Core::generate(&["--preset", "nano"], NPU);
    let text = core.succeed(&verilator(NPU));
    assert!(!text.contains("%Warning"), "{text}");
    let text = core.succeed(&format!("obj_dir/Vtb_{NPU}"));
    assert!(has_passed(&text), "{text}");
}

/// The command that builds a bench, quickly.
fn verilator(top: &str) -> String {
    format!(
        "verilator --cc --exe --build -Wall -CFLAGS -O0 --top-module tb_{top} -f filelist.f \
         sim/tb_{top}.v sim/main.cpp"
    )
}
