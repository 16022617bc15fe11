//! The self-checking test bench, with the commands that stand in it.

use super::{Core, TOP, WITH_CELLS, has_failed, has_passed, tools};
use ferrogrid::synth::tools::Tool;
use rayon::prelude::*;

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
    fails(&core, "FAIL: 0 wrong register values, 12 wrong beats");
    let core = nano();
    let bench = core.read(&format!("sim/tb_{NPU}.v"));
    let step = bench.lines().find(|line| line.ends_with("// base_2_low"));
    let step = step.expect("the step that says where the results are");
    let (before, _) = step.split_once("32'h").expect("a value");
    // The program, which nobody may write.
    let elsewhere = format!("{before}32'h00000000}};");
    core.replace(&format!("sim/tb_{NPU}.v"), step, &elsewhere);
    fails(&core, "FAIL: ");
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

/// Mistakes of a core that its bench finds: what is wrong, the file, what stands there and what does instead.
type Mistake = (&'static str, &'static str, &'static str, &'static str);

const OF_MATMUL: [Mistake; 16] = [
    (
        "rows above 255 are lost",
        "_job",
        "front_m <= m_size;",
        "front_m <= {8'd0, m_size[7:0]};",
    ),
    (
        "rows above 1,023 are lost",
        "_job",
        "drain_m <= compute_m;",
        "drain_m <= {6'd0, compute_m[9:0]};",
    ),
    (
        "the largest B is too large",
        "_job",
        "vectors > MAX_VECTORS;",
        "vectors > MAX_VECTORS + 18'd1;",
    ),
    (
        "the largest B is refused",
        "_job",
        "vectors > MAX_VECTORS;",
        "vectors >= MAX_VECTORS;",
    ),
    (
        "an abort leaves a job",
        "_job",
        "&& !load_done)) && !gives_up;",
        "&& !load_done));",
    ),
    (
        "the error interrupt is never raised",
        "",
        "done_interrupt || error_interrupt;",
        "done_interrupt;",
    ),
    (
        "jobs are counted to 15",
        "",
        "jobs_ended_count <= jobs_ended_count + 32'd1;",
        "jobs_ended_count <= {28'd0, jobs_ended_count[3:0] + 4'd1};",
    ),
    (
        "cycles are counted to 1,023",
        "",
        "cycles_count <= cycles_count + 32'd1;\n            if (active_cycles_event) active_cycles_count <= active",
        "cycles_count <= {22'd0, cycles_count[9:0] + 10'd1};\n            if (active_cycles_event) active_cycles_count <= active",
    ),
    (
        "waiting for A is not counted",
        "",
        "stall_a_count <= stall_a_count + 32'd1;",
        "stall_a_count <= stall_a_count;",
    ),
    (
        "a strobe is ignored",
        "_registers",
        "wire [7:0] k_size_choice = write_strobes[1] ?",
        "wire [7:0] k_size_choice = 1'b1 ?",
    ),
    (
        "reads of no register are answered well",
        "_registers",
        "read_response <= SLVERR;",
        "read_response <= OKAY;",
    ),
    (
        "writes of no register are answered well",
        "_registers",
        "write_response <= SLVERR;",
        "write_response <= OKAY;",
    ),
    (
        "TVALID waits for TREADY",
        "_drain",
        "m_axis_tvalid = out_valid;",
        "m_axis_tvalid = out_valid && m_axis_tready;",
    ),
    (
        "a beat changes while it waits",
        "_drain",
        "wire out_loads = !out_valid || m_axis_tready;",
        "wire out_loads = 1'b1;",
    ),
    (
        "a bank is wrong behind an abort",
        "_load_b",
        "bank <= orders_forget || (bank ^ begins);",
        "bank <= bank ^ begins;",
    ),
    (
        "results of the last row are lost",
        "_drain",
        "wire [16:0] rows_total = {1'b0, job_m} - 17'd3;",
        "wire [16:0] rows_total = {1'b0, job_m} - 17'd4;",
    ),
];

const OF_NPU: [Mistake; 5] = [
    (
        "the error interrupt is never raised",
        "",
        "irq <= done || error;",
        "irq <= done;",
    ),
    (
        "the watchdog sleeps",
        "_front",
        "barks <= (|watchdog) && watchdog <= still;",
        "barks <= 1'b0;",
    ),
    (
        "writes of no register are answered well",
        "_registers",
        "write_response <= SLVERR;",
        "write_response <= OKAY;",
    ),
    (
        "reads of no register are answered well",
        "_registers",
        "read_response <= SLVERR;",
        "read_response <= OKAY;",
    ),
    (
        "a strobe is ignored",
        "_registers",
        "wire [7:0] base_2_low_address_choice_2 =\n        write_strobes[2] ?",
        "wire [7:0] base_2_low_address_choice_2 =\n        1'b1 ?",
    ),
];

#[test]
fn the_bench_finds_mistakes() {
    if !tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        return;
    }
    let of_matmul = OF_MATMUL
        .par_iter()
        .map(|mistake| (Core::of("matmul-4x4"), mistake));
    let of_npu = OF_NPU
        .par_iter()
        .map(|mistake| (Core::generate(&["--preset", "nano"], NPU), mistake));
    let missed = of_matmul.chain(of_npu).filter_map(|(core, mistake)| {
        let (what, module, right, wrong) = *mistake;
        let top = &core.top;
        core.replace(&format!("rtl/{top}{module}.v"), right, wrong);
        core.succeed(&format!(
            "iverilog -g2005 -s tb_{top} -o tb.vvp -c filelist.f sim/tb_{top}.v"
        ));
        let run = core.run("vvp -N tb.vvp");
        let failed = run.text.lines().any(|line| line.starts_with("FAIL"));
        (run.success || !failed).then(|| format!("{top}: {what}"))
    });
    let missed: Vec<String> = missed.collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// The command that builds a bench, quickly.
fn verilator(top: &str) -> String {
    format!(
        "verilator --cc --exe --build -Wall -CFLAGS -O0 --top-module tb_{top} -f filelist.f \
         sim/tb_{top}.v sim/main.cpp"
    )
}
