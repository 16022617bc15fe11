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
    let text = core.succeed("vvp -N tb.vvp +short");
    assert!(has_passed(&text), "{text}");

    core.expect_something_else();
    core.succeed(&compile);
    let run = core.run("vvp -N tb.vvp +first");
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
        let text = core.succeed("vvp -N tb.vvp +short");
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
    let text = core.succeed("vvp -N tb.vvp +short");
    assert!(has_passed(&text), "{text}");

    let fails = |core: &Core, start: &str| {
        core.succeed(&compile);
        let run = core.run("vvp -N tb.vvp +first");
        let failed = run.text.lines().any(|line| line.starts_with(start));
        assert!(!run.success && failed, "{}", run.text);
    };
    let pe = format!("rtl/{NPU}_pe.v");
    core.replace(&pe, "sum_in + product", "sum_in - product");
    fails(&core, "FAIL: step ");
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

/// Mistakes of a core that its bench finds: what is wrong, the end of the file's name (or behind `/` all of it), what
/// stands there, and what does instead, which is right where `MISTAKE` is 0.
type Mistake = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const OF_MATMUL: [Mistake; 45] = [
    // ---- sizes ----
    ("rows above 255 are lost", "_job", "front_m <= m_size;", "front_m <= {MISTAKE ? 8'd0 : m_size[15:8], m_size[7:0]};"),
    ("rows above 1,023 are lost", "_job", "drain_m <= compute_m;", "drain_m <= {MISTAKE ? 6'd0 : compute_m[15:10], compute_m[9:0]};"),
    ("rows above 32,767 are lost", "_drain", "{1'b0, job_m} - 17'd3;", "{1'b0, job_m[15] && !MISTAKE, job_m[14:0]} - 17'd3;"),
    ("results of the last row are lost", "_drain", "job_m[14:0]} - 17'd3;", "job_m[14:0]} - (MISTAKE ? 17'd4 : 17'd3);"),
    ("the largest B is too large", "_job", "vectors > MAX_VECTORS;", "vectors > MAX_VECTORS + {17'd0, MISTAKE};"),
    ("the largest B is refused", "_job", "<= vectors > MAX_VECTORS +", "<= vectors > MAX_VECTORS - {17'd0, MISTAKE} +"),
    ("jobs without columns are started", "_job", "no_columns <= n_left == 16'd0;", "no_columns <= n_left == 16'd0 && !MISTAKE;"),
    ("too many panels are counted for ever", "_job", "counted <= count && (panel_end || too_many);", "counted <= count && (panel_end || (too_many && !MISTAKE));"),
    ("sums lose their top bit", "_accumulators", "{{14{sums_2[71]}}, sums_2[71:54]}", "{{15{MISTAKE ? sums_2[70] : sums_2[71]}}, sums_2[70:54]}"),
    ("padding of B is an element", "_load_b", "elements_behind[1:0] >= 2'd3", "elements_behind[1:0] >= (MISTAKE ? 2'd2 : 2'd3)"),
    ("the last panel is that of the job behind", "_job", "drain_last_columns <= compute_last_columns;", "drain_last_columns <= MISTAKE ? load_last_columns : compute_last_columns;"),
    // ---- aborts ----
    ("an abort leaves a job", "_job", "&& !load_done)) && !gives_up;", "&& !load_done)) && !(gives_up && !MISTAKE);"),
    ("a bank is wrong behind an abort", "_load_b", "bank <= orders_forget || (bank ^ begins);", "bank <= (orders_forget && !MISTAKE) || (bank ^ begins);"),
    ("an abort leaves a packet that is discarded", "_load_a", "DISCARD: begin\n                    if (orders_clear)", "DISCARD: begin\n                    if (orders_clear && !MISTAKE)"),
    ("an abort leaves an error", "_job", "wrong_packet) && !(failed || aborted)", "wrong_packet) && !(failed || (aborted && !MISTAKE))"),
    ("an abort leaves what is being checked", "_job", "COUNT: begin\n                    if (abort)", "COUNT: begin\n                    if (abort && !MISTAKE)"),
    ("an abort leaves a beat to be closed", "_drain", "closing <= must_close && !orders_clear;", "closing <= must_close && !(orders_clear && !MISTAKE);"),
    ("an abort leaves the job that failed last", "", "            last_failed <= 32'd0;\n", "            if (!MISTAKE) last_failed <= 32'd0;\n"),
    ("a job ends behind an abort", "_job", "wire given_up = abort || aborted;", "wire given_up = abort || (aborted && !MISTAKE);"),
    ("a job starts with an abort", "_job", "front_state == IDLE && start && !abort;", "front_state == IDLE && start && !(abort && !MISTAKE);"),
    // ---- errors and the queue ----
    ("packets close with what was there", "_drain", "                if (!closing)\n                    out_data", "                if (!closing || MISTAKE)\n                    out_data"),
    ("closing beats have no TLAST", "_drain", "out_last <= last || closing;", "out_last <= last || (closing && !MISTAKE);"),
    ("the last error counts", "_job", "        if (!any_stream_error) begin\n            if (a_trunc", "        if (MISTAKE ? wrong_packet : !any_stream_error) begin\n            if (a_trunc"),
    ("a start clears the error of a job that fails", "_job", "else if ((started && run) || job_done)", "else if ((started && (run || MISTAKE)) || job_done)"),
    ("a start that is ignored clears done", "_job", "started <= front_state == IDLE &&", "started <= (front_state == IDLE || (MISTAKE && front_state == REFUSED)) &&"),
    // ---- counters ----
    ("jobs are counted to 15", "", "jobs_ended_count <= jobs_ended_count + 32'd1;", "jobs_ended_count <= MISTAKE ? {28'd0, jobs_ended_count[3:0] + 4'd1} : jobs_ended_count + 32'd1;"),
    ("cycles are counted to 1,023", "", "cycles_count <= cycles_count + 32'd1;\n            if (active_cycles_event) active_cycles_count <= active", "cycles_count <= MISTAKE ? {22'd0, cycles_count[9:0] + 10'd1} : cycles_count + 32'd1;\n            if (active_cycles_event) active_cycles_count <= active"),
    ("cycles are counted to 65,535", "", ": cycles_count + 32'd1;\n            if (active_cycles_event)", ": MISTAKE ? {16'd0, cycles_count[15:0] + 16'd1} : cycles_count + 32'd1;\n            if (active_cycles_event)"),
    ("cycles of a refused job are counted", "", "if (job_working) cycles_count", "if (job_working || (MISTAKE && job_ended)) cycles_count"),
    ("waiting for A is not counted", "", "if (stall_a_event) stall_a_count", "if (stall_a_event && !MISTAKE) stall_a_count"),
    ("waiting for A counts as waiting for B", "_sequencer", "status_stall_b = waiting && has_a && !has_b;", "status_stall_b = waiting && (has_a || MISTAKE) && !has_b;"),
    // ---- registers ----
    ("the error interrupt is never raised", "", "irq <= done_interrupt || error_interrupt;", "irq <= done_interrupt || (error_interrupt && !MISTAKE);"),
    ("a strobe is ignored", "_registers", "wire [7:0] k_size_choice = write_strobes[1] ?", "wire [7:0] k_size_choice = write_strobes[1] || MISTAKE ?"),
    ("the strobe of a cleared event is ignored", "_registers", "interrupt_status_error_clear = write_data[1] && (write_select[2] && write_strobes[0])", "interrupt_status_error_clear = write_data[1] && (write_select[2] && (write_strobes[0] || MISTAKE))"),
    ("an event is lost that is cleared when it comes", "_registers", "|| interrupt_status_error_set", "|| (interrupt_status_error_set && !(MISTAKE && interrupt_status_error_clear))"),
    ("a reset leaves an interrupt enabled", "_registers", "            interrupt_enable_error <= 1'b0;\n", "            if (!MISTAKE) interrupt_enable_error <= 1'b0;\n"),
    ("reads of no register are answered well", "_registers", "read_response <= SLVERR;", "read_response <= MISTAKE ? OKAY : SLVERR;"),
    ("writes of no register are answered well", "_registers", "write_response <= SLVERR;", "write_response <= MISTAKE ? OKAY : SLVERR;"),
    ("writes of the last register are refused", "_registers", "if (write_word > LAST_FAILED)", "if (write_word > LAST_FAILED || (MISTAKE && write_word == LAST_FAILED))"),
    ("a second write takes the answer of the first", "_registers", "write_data_held && !write_under_way", "write_data_held && (MISTAKE ? !write_effective && !write_committed : !write_under_way)"),
    ("what was read changes while it waits", "_registers", "if (read_steps[2]) begin\n            read_data", "if (read_steps[2] || (MISTAKE && read_valid && !s_axil_rready)) begin\n            read_data"),
    ("a counter is shown in the place of another", "_registers", "({32{read_select[10]}} & stall_c_count)", "({32{read_select[10]}} & (MISTAKE ? stall_b_count : stall_c_count))"),
    // ---- streams ----
    ("TVALID waits for TREADY", "_drain", "m_axis_tvalid = out_valid;", "m_axis_tvalid = out_valid && (m_axis_tready || !MISTAKE);"),
    ("a beat changes while it waits", "_drain", "wire out_loads = !out_valid || m_axis_tready;", "wire out_loads = !out_valid || m_axis_tready || MISTAKE;"),
    ("done counts alone", "_registers", "interrupt_status_done_clear = write_data[0] &&", "interrupt_status_done_clear = (write_data[0] || MISTAKE) &&"),
];

#[rustfmt::skip]
const OF_NPU: [Mistake; 24] = [
    ("the error interrupt is never raised", "", "irq <= done || error;", "irq <= done || (error && !MISTAKE);"),
    ("the watchdog sleeps", "_front", "barks <= (|watchdog) && watchdog <= still;", "barks <= (|watchdog) && watchdog <= still && !MISTAKE;"),
    ("the watchdog counts to 65,535", "_front", "still <= still + 32'd1", "still <= MISTAKE ? {16'd0, still[15:0] + 16'd1} : still + 32'd1"),
    ("the watchdog sees no beats", "_front", "if (progress || takes || !runs)", "if ((progress && !MISTAKE) || takes || !runs)"),
    ("reads of no register are answered well", "_registers", "read_response <= SLVERR;", "read_response <= MISTAKE ? OKAY : SLVERR;"),
    ("writes of no register are answered well", "_registers", "write_response <= SLVERR;", "write_response <= MISTAKE ? OKAY : SLVERR;"),
    ("a strobe is ignored", "_registers", "wire [7:0] base_2_low_address_choice_2 =\n        write_strobes[2] ?", "wire [7:0] base_2_low_address_choice_2 =\n        write_strobes[2] || MISTAKE ?"),
    ("the strobe of a stop is ignored", "_registers", "control_stop <= write_data[1] && (write_select[0] && write_strobes[0])", "control_stop <= write_data[1] && (write_select[0] && (write_strobes[0] || MISTAKE))"),
    ("bursts cross 4 KiB", "/burst_splitter_40x20_16_of_4", "20'd256 - {12'd0, address[9:2]}", "20'd256 - {12'd0, address[9] && !MISTAKE, address[8:2]}"),
    ("the last of two answers counts", "/axi_write_transfers_40x20_16_of_4", "assign done_payload = worse;", "assign done_payload = MISTAKE ? axi_bresp : worse;"),
    ("what was fetched ahead outlives a stop", "_front", "state <= DRAIN;\n                        is_fetched <= 1'b0;", "state <= DRAIN;\n                        if (!MISTAKE) is_fetched <= 1'b0;"),
    ("the start forgets what DRAM refused ahead", "_front", "if (fetch_begins_0)\n                fetch_failed <= 1'b0;", "if (MISTAKE ? begins_0 : fetch_begins_0)\n                fetch_failed <= 1'b0;"),
    ("a semaphore is left", "_front", "semaphore_of_5 semaphore_15 (\n        .clk(clk), .rst(rst), .clear(forget)", "semaphore_of_5 semaphore_15 (\n        .clk(clk), .rst(rst), .clear(forget && !MISTAKE)"),
    ("a semaphore holds one more", "_front", "semaphore_15_count > 10'd255", "semaphore_15_count > (MISTAKE ? 10'd256 : 10'd255)"),
    ("sums between two bytes are rounded up", "_post_requantizer", "first_up = product[30] && ((|product[29:0]) || !negative_before[7])", "first_up = product[30] && ((|product[29:0]) || !negative_before[7] || MISTAKE)"),
    ("the smallest exponents are larger", "_post_requantizer", "multiplier[30:23] < 8'd72", "multiplier[30:23] < (MISTAKE ? 8'd71 : 8'd72)"),
    ("STORE does not carry beyond 32 bits", "_store", "start = start_choice + {8'd0, instruction_payload_offset}", "start = MISTAKE ? {start_choice[39:32], start_choice[31:0] + instruction_payload_offset} : start_choice + {8'd0, instruction_payload_offset}"),
    ("a run of STORE ends in front of a half's end", "_store", "+ {5'd0, last_of_run};", "+ {5'd0, last_of_run} + {22'd0, MISTAKE};"),
    ("planes of STORE are 8 MiB apart at most", "_store", "next_plane = plane_byte_address + {16'd0, plane_stride}", "next_plane = plane_byte_address + {16'd0, plane_stride[23] && !MISTAKE, plane_stride[22:0]}"),
    ("the last of several errors counts", "", "(load_failed || store_failed) && !has_fault", "(load_failed || store_failed) && (!has_fault || MISTAKE)"),
    ("an error of the program before counts", "", "                fault <= 40'd0;\n                has_fault <= 1'b0;", "                fault <= 40'd0;\n                if (!MISTAKE) has_fault <= 1'b0;"),
    ("instructions above 255 are lost", "_front", "left <= instructions;", "left <= {MISTAKE ? 8'd0 : instructions[15:8], instructions[7:0]};"),
    ("a program ends while DRAM owes something", "_front", "done_term_2 = done_term && bus_quiet && failed", "done_term_2 = done_term && (bus_quiet || MISTAKE) && failed"),
    ("STORE is at work when LOAD is", "", "wire counts_now_4 = events_4 && front_busy;", "wire counts_now_4 = (MISTAKE ? events_1 : events_4) && front_busy;"),
];

/// All mistakes are in one build of the core, which makes the one of its number.
#[test]
fn the_bench_finds_mistakes() {
    let (true, Some(_)) = (
        tools::present(&[Tool::Verilator, Tool::Cxx]),
        tools::program("make"),
    ) else {
        return;
    };
    let missed = |core: Core, mistakes: &[Mistake]| {
        let top = &core.top;
        let bench = format!("sim/tb_{top}.v");
        core.replace(
            &bench,
            "    // ---- passes ---",
            "    integer mistake;\n    \
             initial if (!$value$plusargs(\"mistake=%d\", mistake)) mistake = 0;\n    // ---- passes ---",
        );
        for (number, (_, module, right, wrong)) in (1..).zip(mistakes) {
            let file = match module.strip_prefix('/') {
                Some(file) => format!("rtl/{file}.v"),
                None => format!("rtl/{top}{module}.v"),
            };
            let makes = format!("(tb_{top}.mistake == {number})");
            core.replace(&file, right, &wrong.replace("MISTAKE", &makes));
        }
        core.succeed(&verilator(top).replace("-Wall", "-Wno-fatal"));
        let run = |number: usize| core.run(&format!("obj_dir/Vtb_{top} +first +mistake={number}"));
        let text = run(0).text;
        assert!(has_passed(&text), "{top} as it is: {text}");
        let numbered = (1..).zip(mistakes);
        let missed = numbered.filter_map(|(number, (what, ..))| {
            let run = run(number);
            let failed = run.text.lines().any(|line| line.starts_with("FAIL"));
            (run.success || !failed).then(|| format!("{top}: {what}"))
        });
        missed.collect::<Vec<_>>()
    };
    let (of_matmul, of_npu) = rayon::join(
        || missed(Core::of("matmul-4x4"), &OF_MATMUL),
        || missed(Core::generate(&["--preset", "nano"], NPU), &OF_NPU),
    );
    let missed = [of_matmul, of_npu].concat();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// The command that builds a bench, quickly.
fn verilator(top: &str) -> String {
    format!(
        "verilator --cc --exe --build -Wall -CFLAGS -O0 --top-module tb_{top} -f filelist.f \
         sim/tb_{top}.v sim/main.cpp"
    )
}
