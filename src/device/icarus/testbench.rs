//! The Verilog testbench that executes a plan: the same as `engine`, said in Verilog.
//!
//! The text depends on the number and widths of the streams; operations, beats and stall patterns
//! are read from files with `$readmemh`. What happens is printed in lines that begin with `@`
//! (see `parse.rs`). While nothing is offered, payloads are X: a design that uses them shows it.

use crate::device::interface::Interface;
use crate::device::plan::{AXI_LITE_PORTS, AxiLitePorts, Plan, StreamPorts};
use crate::device::scenario::{Source, StallPattern};
use crate::device::verilator::{goal_words, operation_words};
use crate::hdl::ir::Direction;
use std::fmt::Write;

/// Name of the testbench module.
pub(super) const NAME: &str = "ferrogrid_testbench";

/// Name of the design's instance in it.
pub(super) const INSTANCE: &str = "dut";

/// The testbench and the files that it reads, by name.
pub(super) struct Testbench {
    pub text: String,
    pub data: Vec<(String, String)>,
}

/// Cycles between two lines of progress.
const WATCH_INTERVAL: u64 = 1 << 10;

macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{
        // Writing to a string cannot fail.
        let _ = writeln!($out, $($arg)*);
    }};
}

/// Writes the testbench of a plan. With `count_cycles` a line is printed for every cycle, so that
/// the lines that the design prints can be dated.
pub(super) fn testbench(plan: &Plan<'_>, count_cycles: bool, vcd: bool) -> Testbench {
    let mut bench = Bench {
        plan,
        declare: String::new(),
        load: String::new(),
        restart: String::new(),
        reset: String::new(),
        drive: String::new(),
        sample: String::new(),
        done: String::from("1"),
        end: String::new(),
        next: String::new(),
        data: Vec::new(),
    };
    bench.operations();
    for index in 0..plan.sources.len() {
        bench.source(index);
    }
    for index in 0..plan.sinks.len() {
        bench.sink(index);
    }
    if let Some(ports) = plan.control {
        bench.control(&ports);
    }
    bench.interrupt();
    let text = bench.text(count_cycles, vcd);
    Testbench {
        text,
        data: bench.data,
    }
}

struct Bench<'a> {
    plan: &'a Plan<'a>,
    declare: String,
    load: String,
    /// Everything from the beginning.
    restart: String,
    /// An operation that resets begins.
    reset: String,
    drive: String,
    sample: String,
    /// Sources and sinks have what they need.
    done: String,
    end: String,
    next: String,
    data: Vec<(String, String)>,
}

impl Bench<'_> {
    fn memory(&mut self, name: &str, width: u32, words: impl Iterator<Item = String>) {
        let words: Vec<String> = words.collect();
        let depth = words.len().max(1);
        put!(
            self.declare,
            "  reg [{}:0] {name} [0:{}];",
            width - 1,
            depth - 1
        );
        if !words.is_empty() {
            put!(
                self.load,
                "    $readmemh(\"{name}.hex\", {name}, 0, {});",
                words.len() - 1
            );
            self.data
                .push((format!("{name}.hex"), words.join("\n") + "\n"));
        }
    }

    /// Declares a stall pattern; `<name>_now` is its bit of the cycle.
    fn stall(&mut self, name: &str, pattern: &StallPattern) {
        if pattern.bits().is_empty() {
            put!(self.declare, "  wire {name}_now = 1'b0;");
            return;
        }
        let bits = pattern.bits().iter().map(|&bit| u8::from(bit).to_string());
        self.memory(name, 1, bits);
        put!(self.declare, "  integer {name}_at;");
        put!(self.declare, "  wire {name}_now = {name}[{name}_at];");
        put!(self.load, "    {name}_at = 0;");
        let last = pattern.bits().len() - 1;
        put!(
            self.next,
            "      {name}_at = {name}_at == {last} ? 0 : {name}_at + 1;"
        );
    }

    fn operations(&mut self) {
        let scenario = self.plan.scenario;
        let words: Vec<[u32; 4]> = scenario.operations.iter().map(operation_words).collect();
        for (index, name) in ["op_kind", "op_a", "op_b", "op_c"].into_iter().enumerate() {
            self.memory(
                name,
                32,
                words.iter().map(|words| format!("{:x}", words[index])),
            );
        }
    }

    fn source(&mut self, index: usize) {
        let source: &Source = &self.plan.scenario.sources[index];
        let ports = self.plan.sources[index];
        let s = format!("source{index}");
        let beats = || source.packets.iter().flat_map(|packet| &packet.beats);
        self.memory(
            &format!("{s}_data"),
            ports.width,
            beats().map(|b| hex(&b.data)),
        );
        let lasts = beats().map(|b| u8::from(b.last).to_string());
        self.memory(&format!("{s}_last"), 1, lasts);
        let packets = source.packets.iter();
        let after = packets.clone().map(|p| format!("{:x}", p.start_after));
        self.memory(&format!("{s}_after"), 32, after);
        let counts = packets.map(|p| format!("{:x}", p.beats.len()));
        self.memory(&format!("{s}_count"), 32, counts);
        self.stall(&format!("{s}_stall"), &source.stall);

        let StreamPorts {
            data,
            last,
            valid,
            ready,
            width,
        } = ports;
        let count = source.packets.len();
        put!(
            self.declare,
            "  integer {s}_packet, {s}_beat, {s}_position, {s}_accepted;"
        );
        put!(self.declare, "  reg {s}_offered;");
        put!(
            self.declare,
            "  reg [63:0] {s}_first, {s}_latest, {s}_waited;"
        );
        put!(self.declare, "  task {s}_skip; begin");
        put!(
            self.declare,
            "    while ({s}_packet < {count} && {s}_count[{s}_packet] == {s}_beat)"
        );
        put!(self.declare, "    begin");
        put!(self.declare, "      {s}_packet = {s}_packet + 1;");
        put!(self.declare, "      {s}_beat = 0;");
        put!(self.declare, "    end");
        put!(self.declare, "  end endtask");
        put!(
            self.restart,
            "    {s}_packet = 0; {s}_beat = 0; {s}_position = 0;"
        );
        put!(self.restart, "    {s}_accepted = 0; {s}_offered = 0;");
        put!(
            self.restart,
            "    {s}_first = ~64'd0; {s}_latest = ~64'd0; {s}_waited = 0;"
        );
        put!(self.restart, "    {s}_skip;");
        put!(
            self.reset,
            "    if (({s}_beat != 0 || {s}_offered) && {s}_packet < {count}) begin"
        );
        put!(
            self.reset,
            "      {s}_position = {s}_position + {s}_count[{s}_packet] - {s}_beat;"
        );
        put!(self.reset, "      {s}_beat = {s}_count[{s}_packet];");
        put!(self.reset, "      {s}_skip;");
        put!(self.reset, "    end");
        put!(self.reset, "    {s}_offered = 0;");

        put!(
            self.drive,
            "      if (!quiet && !{s}_offered && {s}_packet < {count})"
        );
        put!(
            self.drive,
            "        {s}_offered = {s}_after[{s}_packet] <= done && !{s}_stall_now;"
        );
        put!(self.drive, "      p{valid} = {s}_offered && !quiet;");
        put!(
            self.drive,
            "      p{data} = p{valid} ? {s}_data[{s}_position] : {{{width}{{1'bx}}}};"
        );
        if let Some(last) = last {
            put!(
                self.drive,
                "      p{last} = p{valid} ? {s}_last[{s}_position] : 1'bx;"
            );
        }

        put!(
            self.sample,
            "        if (p{ready} === 1'bx) $display(\"@X {ready} %0d\", cycle);"
        );
        put!(self.sample, "        if ({s}_offered && p{ready} !== 1'b1)");
        put!(self.sample, "          {s}_waited = {s}_waited + 1;");
        put!(self.sample, "        else if ({s}_offered) begin");
        put!(self.sample, "          {s}_offered = 0;");
        put!(self.sample, "          {s}_beat = {s}_beat + 1;");
        put!(self.sample, "          {s}_skip;");
        put!(self.sample, "          {s}_position = {s}_position + 1;");
        put!(self.sample, "          {s}_accepted = {s}_accepted + 1;");
        put!(
            self.sample,
            "          if ({s}_first == ~64'd0) {s}_first = cycle;"
        );
        put!(self.sample, "          {s}_latest = cycle;");
        put!(self.sample, "        end");

        if !source.optional {
            let _ = write!(self.done, " && {s}_packet == {count}");
        }
        put!(
            self.end,
            "    $display(\"@S {index} %0d %0d %0d %0d %0d %0d\", {s}_accepted,"
        );
        put!(
            self.end,
            "      {s}_position, {s}_offered, {s}_first, {s}_latest, {s}_waited);"
        );
    }

    fn sink(&mut self, index: usize) {
        let sink = &self.plan.scenario.sinks[index];
        let StreamPorts {
            data,
            last,
            valid,
            ready,
            width,
        } = self.plan.sinks[index];
        let s = format!("sink{index}");
        self.stall(&format!("{s}_stall"), &sink.stall);
        let last = last.map_or_else(|| "1'b0".to_owned(), |last| format!("p{last}"));
        put!(self.declare, "  reg {s}_holding, {s}_last;");
        put!(self.declare, "  reg [{}:0] {s}_data;", width - 1);
        put!(
            self.declare,
            "  reg [63:0] {s}_beats, {s}_packets, {s}_waited;"
        );
        put!(
            self.restart,
            "    {s}_holding = 0; {s}_beats = 0; {s}_packets = 0; {s}_waited = 0;"
        );
        put!(self.reset, "    {s}_holding = 0;");
        put!(self.drive, "      p{ready} = !quiet && !{s}_stall_now;");

        put!(
            self.sample,
            "        if (p{valid} === 1'bx) $display(\"@X {valid} %0d\", cycle);"
        );
        put!(self.sample, "        if (p{valid} !== 1'b1) begin");
        put!(
            self.sample,
            "          if ({s}_holding) $display(\"@F 0 {index} %0d\", cycle);"
        );
        put!(self.sample, "          {s}_holding = 0;");
        put!(self.sample, "        end else begin");
        put!(self.sample, "          if (^{{p{data}, {last}}} === 1'bx)");
        put!(
            self.sample,
            "            $display(\"@X {data} %0d\", cycle);"
        );
        put!(
            self.sample,
            "          if ({s}_holding && (p{data} !== {s}_data || {last} !== {s}_last))"
        );
        put!(
            self.sample,
            "            $display(\"@F 1 {index} %0d\", cycle);"
        );
        put!(self.sample, "          if (p{ready}) begin");
        put!(
            self.sample,
            "            $display(\"@B {index} %0d %b %h\", cycle, {last}, p{data});"
        );
        put!(self.sample, "            {s}_beats = {s}_beats + 1;");
        put!(
            self.sample,
            "            if ({last} === 1'b1) {s}_packets = {s}_packets + 1;"
        );
        put!(
            self.sample,
            "          end else {s}_waited = {s}_waited + 1;"
        );
        put!(self.sample, "          {s}_holding = !p{ready};");
        put!(self.sample, "          {s}_data = p{data};");
        put!(self.sample, "          {s}_last = {last};");
        put!(self.sample, "        end");

        let (packets, goal) = goal_words(sink.goal);
        let what = if packets != 0 { "packets" } else { "beats" };
        let _ = write!(self.done, " && {s}_{what} >= 64'd{goal}");
        put!(self.end, "    $display(\"@T {index} %0d\", {s}_waited);");
    }

    fn control(&mut self, ports: &AxiLitePorts) {
        if let Some(master) = &self.plan.scenario.control {
            self.stall("aw_stall", &master.aw_stall);
            self.stall("w_stall", &master.w_stall);
            self.stall("b_stall", &master.b_stall);
            self.stall("ar_stall", &master.ar_stall);
            self.stall("r_stall", &master.r_stall);
        }
        // The text names the ports as the protocol does: `{awvalid}` and so on.
        let named = |text: &str| {
            AXI_LITE_PORTS
                .iter()
                .zip(ports.0)
                .fold(text.to_owned(), |text, ((name, ..), port)| {
                    text.replace(&format!("{{{name}}}"), &format!("p{port}"))
                        .replace(&format!("{{#{name}}}"), &port.to_string())
                })
        };
        self.declare.push_str(include_str!("control_declare.v"));
        self.restart.push_str("    control_restart;\n");
        self.reset.push_str("    b_holding = 0; r_holding = 0;\n");
        self.drive.push_str(&named(include_str!("control_drive.v")));
        self.sample
            .push_str(&named(include_str!("control_sample.v")));
    }

    fn interrupt(&mut self) {
        let Some(port) = self.plan.interrupt else {
            return;
        };
        put!(
            self.sample,
            "        if (p{port} === 1'bx) $display(\"@X {port} %0d\", cycle);"
        );
    }

    fn text(&self, count_cycles: bool, vcd: bool) -> String {
        let (plan, scenario) = (self.plan, self.plan.scenario);
        let mut out = String::from("`default_nettype none\n");
        put!(out, "module {NAME};");
        declare_ports(&mut out, plan.interface);
        put!(out, "  reg [63:0] cycle, started, spent;");
        put!(out, "  reg [31:0] done, trailing, result_data;");
        put!(out, "  reg [1:0] result_response;");
        put!(out, "  reg held, operating, quiet, finished, more;");
        out.push_str(&self.declare);

        put!(out, "\n  task restart; begin");
        put!(
            out,
            "    done = 0; spent = 0; trailing = {};",
            scenario.trailing_cycles
        );
        out.push_str(&self.restart);
        put!(out, "  end endtask");
        put!(out, "\n  task begin_reset; begin");
        put!(out, "    done = done;");
        out.push_str(&self.reset);
        put!(out, "  end endtask");

        put!(out, "\n  task advance_trailing; begin");
        put!(out, "    if ({}) begin", self.done);
        put!(out, "      more = trailing != 0;");
        put!(out, "      if (more) trailing = trailing - 1;");
        put!(out, "    end");
        put!(out, "  end endtask");
        self.advance(&mut out);
        self.main(&mut out, count_cycles, vcd);
        put!(out, "endmodule");
        put!(out, "`default_nettype wire");
        out
    }

    fn advance(&self, out: &mut String) {
        let operations = self.plan.scenario.operations.len();
        put!(out, "\n  task advance; begin");
        put!(out, "    more = 1;");
        put!(out, "    if (operating) begin");
        put!(out, "      spent = spent + 1;");
        put!(
            out,
            "      finished = 0; result_data = 0; result_response = 0;"
        );
        put!(out, "      case (op_kind[done])");
        if self.plan.control.is_some() {
            put!(out, "        0, 1, 2: begin");
            put!(out, "          finished = access_finished;");
            put!(out, "          result_data = access_data;");
            put!(out, "          result_response = access_response;");
            put!(out, "          access_finished = 0;");
            put!(out, "        end");
        }
        if let Some(port) = self.plan.interrupt {
            put!(out, "        3: finished = p{port} === 1'b1;");
        }
        put!(out, "        4: case (op_a[done])");
        for index in 0..self.plan.sinks.len() {
            put!(
                out,
                "          {index}: finished = sink{index}_packets >= op_b[done];"
            );
        }
        put!(out, "          default: finished = 0;");
        put!(out, "        endcase");
        put!(out, "        default: finished = spent >= op_a[done];");
        put!(out, "      endcase");
        put!(out, "      if (finished) begin");
        put!(
            out,
            "        $display(\"@O %h %0d %0d %0d\", result_data, result_response,"
        );
        put!(out, "          started, cycle);");
        put!(out, "        done = done + 1;");
        put!(out, "        spent = 0;");
        put!(out, "      end");
        put!(out, "    end");
        put!(out, "    if (done == {operations}) advance_trailing;");
        put!(out, "  end endtask");
    }

    fn main(&self, out: &mut String, count_cycles: bool, vcd: bool) {
        let (plan, scenario) = (self.plan, self.plan.scenario);
        put!(out, "\n  initial begin");
        if vcd {
            put!(out, "    $dumpfile(\"waves.vcd\");");
            put!(out, "    $dumpvars(0, {INSTANCE});");
        }
        out.push_str(&self.load);
        put!(out, "    cycle = 0; more = 1; started = 0;");
        put!(out, "    restart;");
        put!(
            out,
            "    while (more && cycle < 64'd{}) begin",
            scenario.max_cycles
        );
        let (from, to) = scenario
            .restart
            .map_or((u64::MAX, u64::MAX), |r| (r.cycle, r.end()));
        put!(
            out,
            "      if (cycle == 64'd{from}) begin restart; $display(\"@R\"); end"
        );
        put!(out, "      held = cycle < {} ||", scenario.reset_cycles);
        put!(out, "        (cycle >= 64'd{from} && cycle < 64'd{to});");
        put!(
            out,
            "      operating = !held && done < {};",
            scenario.operations.len()
        );
        put!(out, "      quiet = held;");
        put!(out, "      if (operating) quiet = op_kind[done] == 6;");
        put!(out, "      if (!held && spent == 0) begin");
        put!(out, "        started = cycle;");
        put!(out, "        if (operating && quiet) begin_reset;");
        if plan.control.is_some() {
            put!(out, "        if (operating) begin_access;");
        }
        put!(out, "      end");
        put!(out, "      rst = quiet;");
        out.push_str(&self.drive);
        put!(out, "      #1;");
        put!(out, "      if (!quiet) begin");
        out.push_str(&self.sample);
        put!(out, "      end");
        put!(out, "      if (!held) advance;");
        if count_cycles {
            put!(out, "      $display(\"@C %0d\", cycle);");
        }
        put!(out, "      #1 clk = 1;");
        put!(out, "      #1 clk = 0;");
        out.push_str(&self.next);
        put!(out, "      cycle = cycle + 1;");
        put!(out, "      if (cycle % {WATCH_INTERVAL} == 0) begin");
        put!(out, "        $display(\"@W %0d\", cycle);");
        put!(out, "        $fflush;");
        put!(out, "      end");
        put!(out, "    end");
        out.push_str(&self.end);
        if plan.control.is_some() {
            put!(out, "    if (has_polled) $display(\"@P %h\", polled);");
        }
        put!(out, "    $display(\"@E %0d %0d\", cycle, !more);");
        put!(out, "    $finish;");
        put!(out, "  end");
    }
}

fn declare_ports(out: &mut String, interface: &Interface) {
    put!(out, "  reg clk = 0, rst = 1;");
    let mut connections = Vec::new();
    if let Some(clock) = &interface.clock {
        connections.push(format!(".{clock} (clk)"));
    }
    if let Some(reset) = &interface.reset {
        let invert = if reset.active_low { "!" } else { "" };
        connections.push(format!(".{} ({invert}rst)", reset.port));
    }
    for (index, port) in interface.ports.iter().enumerate() {
        let high = port.width - 1;
        match port.direction {
            Direction::Input => put!(out, "  reg [{high}:0] p{index} = 0;"),
            Direction::Output => put!(out, "  wire [{high}:0] p{index};"),
        }
        connections.push(format!(".{} (p{index})", port.name));
    }
    put!(out, "  {} {INSTANCE} (", interface.top);
    put!(out, "    {}", connections.join(",\n    "));
    put!(out, "  );");
}

/// The words of a payload as one number.
fn hex(words: &[u32]) -> String {
    let digits: String = words
        .iter()
        .rev()
        .map(|word| format!("{word:08x}"))
        .collect();
    if digits.is_empty() {
        "0".to_owned()
    } else {
        digits
    }
}
