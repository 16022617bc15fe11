//! The Verilog of a rust-hdl design with cores: what tools say of it, and what it does.

use crate::tools::{folder, is_present, run, silent};
use crate::{accelerator, example, operands};
use ferrogrid::blocks::MatmulCore;
use ferrogrid::hdl::elaborate;
use ferrogrid::rust_hdl::emit;
use ferrogrid::verilog::VerilogFile;
use rust_hdl::prelude::*;

/// Verilator's waivers for rust-hdl's file, and for no other.
///
/// - WIDTH: rust-hdl prints integers as 32-bit literals: `index + 32'h1`.
/// - DECLFILENAME: it prints all its modules as one text.
/// - VARHIDDEN: its widgets have outputs named like their instances: `strobe.strobe`.
/// - UNOPTFLAT: it drives all wires of a module in one `always @(*)`, in which a wire that depends
///   on another one of the same block looks like a loop.
/// - UNUSED: `almost_full` and the like of its FIFO are there for others.
const WAIVERS: &str = "\
`verilator_config
lint_off -rule WIDTH -file \"*top.v\"
lint_off -rule DECLFILENAME -file \"*top.v\"
lint_off -rule VARHIDDEN -file \"*top.v\"
lint_off -rule UNOPTFLAT -file \"*top.v\"
lint_off -rule UNUSED -file \"*top.v\"
";

#[test]
fn tools_accept_the_example() {
    let emitted = emit(&mut accelerator()).unwrap();
    let core = elaborate(&MatmulCore::new(&example::arch())).unwrap();
    let own = ferrogrid::verilog::emit(&core);
    for (emitted, own) in emitted.cores.iter().zip(&own) {
        assert_eq!(emitted.name, own.name);
        assert_eq!(emitted.text.trim_end(), own.text.trim_end());
    }
    assert_eq!(emitted.cores.len(), own.len());

    let waivers = VerilogFile {
        name: "waivers.vlt".into(),
        text: WAIVERS.into(),
    };
    let files = emitted.cores.iter().chain([&emitted.design]);
    let names: Vec<_> = files.clone().map(|file| file.name.as_str()).collect();
    let folder = folder(files.clone().chain([&waivers]));
    let lint = ["--lint-only", "-Wall", "--top-module", "top", "waivers.vlt"];
    silent(folder.path(), "verilator", &[&lint[..], &names].concat());
    let compile = ["-g2005", "-s", "top", "-o", "top.vvp"];
    silent(folder.path(), "iverilog", &[&compile[..], &names].concat());
    let script = format!(
        "read_verilog {}; hierarchy -check -top top; proc; check -assert",
        names.join(" ")
    );
    silent(folder.path(), "yosys", &["-q", "-p", &script]);
}

/// Two accelerators: four feeders, two cores.
#[derive(LogicBlock)]
struct Twins {
    clock: Signal<In, Clock>,
    led: Signal<Out, Bit>,
    first: example::Accelerator,
    second: example::Accelerator,
}

impl Logic for Twins {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, first, second);
        self.led.next = self.first.led.val() & self.second.led.val();
    }
}

#[test]
fn tools_accept_the_text_of_rust_hdl_with_two_cores() {
    let mut twins = Twins {
        clock: Signal::default(),
        led: Signal::default(),
        first: accelerator(),
        second: accelerator(),
    };
    twins.connect_all();
    let text = generate_verilog(&twins);
    assert_eq!(text.matches("module matmul_4x4 (").count(), 2);
    let file = VerilogFile {
        name: "all.v".into(),
        text,
    };
    let folder = folder([&file]);
    let compile = ["-g2005", "-s", "top", "-o", "top.vvp", "all.v"];
    silent(folder.path(), "iverilog", &compile);
    let script = "read_verilog all.v; hierarchy -check -top top; proc; check -assert";
    silent(folder.path(), "yosys", &["-q", "-p", script]);
    // Each module of the core is there once.
    assert_eq!(emit(&mut twins).unwrap(), emit(&mut twins).unwrap());
    let (twins, one) = (emit(&mut twins).unwrap(), emit(&mut accelerator()).unwrap());
    assert_eq!(twins.cores, one.cores);
}

/// What is compared in each cycle: a handshake or a flag, and the data that go with it.
const OBSERVED: &str = "\
    $display(\"%b %b %b %b %b %b %h %h\", led, uut.core$irq, uut.core$s_axil_bvalid,
      uut.core$s_axis_a_tready, uut.core$s_axis_b_tready, {valid, uut.core$m_axis_c_tvalid},
      valid ? result : 64'h0,
      uut.core$m_axis_c_tvalid ? uut.core$m_axis_c_tdata : 64'h0);
";

#[test]
fn icarus_gives_the_cycles_of_rust_hdl() {
    if !is_present("iverilog") || !is_present("vvp") {
        return;
    }
    let mut top = accelerator();
    let emitted = emit(&mut top).unwrap();
    let mut expected = Vec::new();
    let mut after = 0;
    while after < 100 {
        assert!(expected.len() < 5_000, "the example never ends");
        assert!(simulate(&mut top, 100));
        after += usize::from(top.led.val());
        let core = &top.core;
        let (valid, c_valid) = (top.valid.val(), core.m_axis_c_tvalid.val());
        let result = if valid { top.result.val().to_u64() } else { 0 };
        let c: Bits<64> = core.m_axis_c_tdata.val().into();
        let c = if c_valid { c.to_u64() } else { 0 };
        expected.push(format!(
            "{} {} {} {} {} {}{} {result:016x} {c:016x}",
            u8::from(top.led.val()),
            u8::from(core.irq.val()),
            u8::from(core.s_axil_bvalid.val()),
            u8::from(core.s_axis_a_tready.val()),
            u8::from(core.s_axis_b_tready.val()),
            u8::from(valid),
            u8::from(c_valid),
        ));
        for level in [true, false] {
            top.clock.next = level.into();
            assert!(simulate(&mut top, 100));
        }
    }
    let (_, _, product) = operands();
    let results = expected.iter().filter(|line| line.contains(" 1")).count();
    assert!(results > product.len() / 2);

    let bench = VerilogFile {
        name: "bench.v".into(),
        text: format!(
            "module bench;\n  reg clock = 0;\n  wire [63:0] result;\n  wire valid, led;\n  \
             top uut (.clock(clock), .result(result), .valid(valid), .led(led));\n  integer i;\n  \
             initial for (i = 0; i < {}; i = i + 1) begin\n    #1;\n{OBSERVED}    \
             #1 clock = 1;\n    #1 clock = 0;\n  end\nendmodule\n",
            expected.len()
        ),
    };
    let files = emitted.cores.iter().chain([&emitted.design, &bench]);
    let names: Vec<_> = files.clone().map(|file| file.name.as_str()).collect();
    let folder = folder(files.clone());
    let compile = ["-g2005", "-s", "bench", "-o", "bench.vvp"];
    silent(folder.path(), "iverilog", &[&compile[..], &names].concat());
    let found = run(folder.path(), "vvp", &["-n", "bench.vvp"]);
    let cycles = found.lines().zip(&expected).enumerate();
    // Before the first edge, which finds the core in reset, its registers are X in Icarus.
    for (cycle, (found, expected)) in cycles.skip(1) {
        assert_eq!(found, expected, "cycle {cycle}");
    }
    assert_eq!(found.lines().count(), expected.len());
}
