//! The bench of a design.

use super::axi_lite::{Access, AxiLiteMaster, ChannelStalls, MasterInput};
use super::axi_memory::{AxiMemory, MemoryInput, MemorySettings};
use super::run::RunSignals;
use super::sequencer::{Sequencer, SequencerInput, SequencerOutput};
use super::sink::{SinkInput, StreamSink};
use super::source::{SourceInput, StreamSource};
use super::uart::{UartInput, UartLine};
use super::{Axi4Ports, AxiLitePorts, Known, Ports, StreamPorts};
use crate::hdl::binding::suggest_bundle;
use crate::hdl::ir::Design;
use crate::hdl::{
    self, Axi4, AxiLite, AxiStream, Bundle, DesignError, Module, Reset, Signal, bit, connect,
    unsigned,
};

/// Beats that the tables of a sink hold: the bench wants attention when they are full.
pub const SINK_DEPTH: u32 = 2048;

/// Everything around a design: a block for each of its interfaces, and the sequencer.
///
/// Ports of the design stand here with the same names, in the other direction. All other ports
/// begin with `bench_`:
///
/// - `bench_start`, `bench_first`, `bench_reset` and `bench_hold` are 1 in the first cycle of a run;
///   all but `bench_start` also in the first cycle of a restart; `bench_hold` is 1 as long as the
///   design is held in reset from outside.
/// - `bench_in_reset` says that an operation has put the design into reset.
/// - `bench_attention` asks for somebody: the run is over (`bench_done`), the design must enter or
///   leave reset (`bench_reset_wanted`), or the tables of a sink are full
///   (`bench_<prefix>_full`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bench {
    /// Name of the clock.
    pub clock: String,
    /// The interfaces of the design.
    pub ports: Ports,
    /// Operations that the table holds.
    pub operations: u32,
    /// Beats that the tables of each source hold.
    pub source_depth: u32,
    /// Words that the table of each memory holds.
    pub memory_depth: u32,
}

impl Bench {
    /// The bench as a design of its own.
    ///
    /// # Errors
    /// When ports of the design have the names of ports of the bench.
    pub fn design(&self) -> Result<Design, DesignError> {
        hdl::design("ferrogrid_bench", |m| self.build(m))
    }

    fn build(&self, m: &Module) {
        m.doc("The world around a design.");
        m.clock(&self.clock, Reset::ActiveHigh("bench_reset"));
        let hold = m.input("bench_hold", bit());
        let in_reset = m.input("bench_in_reset", bit());
        let run = RunSignals {
            start: m.input("bench_start", bit()),
            first: m.input("bench_first", bit()),
            quiet: m.wire(bit()).named("quiet"),
            cycle: m.wire(unsigned(64)).named("cycle"),
        };
        let finished = m.wire(unsigned(16)).named("finished");
        let drop = m.wire(bit()).named("drop");
        let access = m.wires(Access::of());
        name(&access, "access");
        let waits_for_interrupt = m.wire(bit()).named("waits_for_interrupt");

        let mut done = m.high();
        let mut attention = m.low();
        let mut packets = Vec::new();
        for ports in &self.ports.sources {
            done = done & self.source(m, run, (drop, finished), ports);
        }
        for ports in &self.ports.sinks {
            let sink = sink(m, run, ports);
            done = done & sink.done;
            attention = attention | sink.full;
            packets.push(sink.packets);
        }
        for ports in &self.ports.memories {
            self.memory(m, run, ports);
        }
        for prefix in &self.ports.uarts {
            done = done & uart(m, run, prefix);
        }
        let answers = self.ports.control.iter();
        let answers = answers.map(|ports| master(m, run, access, ports));
        let [answered, answer_data, answer_response] = answers
            .reduce(|all, one| std::array::from_fn(|i| all[i] | one[i]))
            .unwrap_or([m.low(), m.zero(unsigned(32)), m.zero(unsigned(2))]);
        let interrupts = self.ports.interrupts.iter().map(|name| {
            let port = m.input(name.clone(), bit());
            Known::insert(m, name, port, waits_for_interrupt)
        });
        let sequencer = Sequencer {
            depth: self.operations,
            interrupts: self.ports.interrupts.len(),
            sinks: self.ports.sinks.len(),
        };
        let input = SequencerInput {
            start: run.start,
            first: run.first,
            hold,
            operations: m.input("bench_operations", unsigned(16)),
            trailing: m.input("bench_trailing", unsigned(32)),
            answered,
            answer_data,
            answer_response,
            streams_done: done,
            interrupts: interrupts.collect(),
            packets,
        };
        let sequencer: SequencerOutput = m.instance(&sequencer, input);
        name(&sequencer, "sequencer");
        run.quiet.drive(hold | sequencer.reset);
        run.cycle.drive(sequencer.cycle);
        finished.drive(sequencer.finished);
        drop.drive(sequencer.reset_begins);
        connect(&sequencer.access, &access);
        waits_for_interrupt.drive(sequencer.waits_for_interrupt);
        let attention = attention | sequencer.done | (sequencer.reset ^ in_reset);
        m.output("bench_attention", attention);
        m.output("bench_reset_wanted", sequencer.reset);
        m.output("bench_done", sequencer.done);
        m.output("bench_finished", sequencer.finished);
    }

    /// A source of which nothing but its end matters here.
    fn source<'m>(
        &self,
        m: &'m Module,
        run: RunSignals<'m>,
        (drop, finished): (Signal<'m>, Signal<'m>),
        ports: &StreamPorts,
    ) -> Signal<'m> {
        let prefix = &ports.prefix;
        let block = StreamSource {
            prefix: prefix.clone(),
            width: ports.width,
            depth: self.source_depth,
        };
        let input = SourceInput {
            run,
            drop,
            finished,
            beats: setting(m, prefix, "beats", 32),
            optional: setting(m, prefix, "optional", 1),
            stall_last: stall(m, prefix, "stall"),
        };
        let source = m.instance(&block, input);
        name(&source, prefix);
        connect(
            &source.m,
            &m.source_port(prefix, AxiStream::of(ports.width)),
        );
        report(m, prefix, &source.report);
        source.done
    }

    fn memory<'m>(&self, m: &'m Module, run: RunSignals<'m>, ports: &Axi4Ports) {
        let prefix = &ports.prefix;
        let (id_bits, address_bits, data_bits) =
            (ports.id_bits, ports.address_bits, ports.data_bits);
        let block = AxiMemory {
            prefix: prefix.clone(),
            id_bits,
            address_bits,
            data_bits,
            depth: self.memory_depth,
        };
        let input = MemoryInput {
            run,
            s: m.sink_port(prefix, Axi4::of(id_bits, address_bits, data_bits)),
            settings: MemorySettings {
                latency: setting(m, prefix, "latency", 16),
                write_latency: setting(m, prefix, "write_latency", 16),
                stalls: setting(m, prefix, "stalls", 8),
                overtake: setting(m, prefix, "overtake", 1),
                after_valid: setting(m, prefix, "after_valid", 1),
                seed: setting(m, prefix, "seed", 32),
                base: setting(m, prefix, "base", 64),
            },
        };
        let memory = m.instance(&block, input);
        name(&memory, prefix);
        report(m, prefix, &memory.report);
    }
}

/// A serial line; whether all is sent and received.
fn uart<'m>(m: &'m Module, run: RunSignals<'m>, prefix: &str) -> Signal<'m> {
    let block = UartLine {
        prefix: prefix.to_owned(),
    };
    let input = UartInput {
        run,
        tx: m.input(format!("{prefix}_tx"), bit()),
        bit_cycles: setting(m, prefix, "bit_cycles", 16),
        bytes: setting(m, prefix, "bytes", 16),
        goal: setting(m, prefix, "goal", 16),
    };
    let uart = m.instance(&block, input);
    name(&uart, prefix);
    m.output(format!("{prefix}_rx"), uart.rx);
    report(m, prefix, &uart.report);
    uart.done
}

/// What the bench wants to know of a sink.
struct SinkState<'m> {
    done: Signal<'m>,
    full: Signal<'m>,
    packets: Signal<'m>,
}

fn sink<'m>(m: &'m Module, run: RunSignals<'m>, ports: &StreamPorts) -> SinkState<'m> {
    let prefix = &ports.prefix;
    let block = StreamSink {
        prefix: prefix.clone(),
        width: ports.width,
        depth: SINK_DEPTH,
    };
    let input = SinkInput {
        run,
        s: m.sink_port(prefix, AxiStream::of(ports.width)),
        goal: setting(m, prefix, "goal", 32),
        counts_packets: setting(m, prefix, "counts_packets", 1),
        used: setting(m, prefix, "used", 1),
        stall_last: stall(m, prefix, "stall"),
        after_valid: setting(m, prefix, "stall_after_valid", 1),
    };
    let sink = m.instance(&block, input);
    name(&sink, prefix);
    report(m, prefix, &sink.report);
    m.output(format!("bench_{prefix}_full"), sink.full);
    SinkState {
        done: sink.done,
        full: sink.full,
        packets: sink.packet_count,
    }
}

/// A master; whether its access is finished, with data and response, all 0 where it has none.
fn master<'m>(
    m: &'m Module,
    run: RunSignals<'m>,
    access: Access<'m>,
    ports: &AxiLitePorts,
) -> [Signal<'m>; 3] {
    let prefix = &ports.prefix;
    let block = AxiLiteMaster {
        prefix: prefix.clone(),
        address_bits: ports.address_bits,
    };
    let used = setting(m, prefix, "used", 1);
    let input = MasterInput {
        run,
        access: Access {
            write: access.write & used,
            read: access.read & used,
            ..access
        },
        used,
        stall_last: ChannelStalls {
            aw: stall(m, prefix, "aw_stall"),
            w: stall(m, prefix, "w_stall"),
            b: stall(m, prefix, "b_stall"),
            ar: stall(m, prefix, "ar_stall"),
            r: stall(m, prefix, "r_stall"),
        },
        b_after_valid: setting(m, prefix, "b_stall_after_valid", 1),
        r_after_valid: setting(m, prefix, "r_stall_after_valid", 1),
    };
    let master = m.instance(&block, input);
    name(&master, prefix);
    connect(
        &master.m,
        &m.source_port(prefix, AxiLite::of(ports.address_bits)),
    );
    report(m, prefix, &master.report);
    [
        master.finished,
        master.data.gate(used),
        master.response.gate(used),
    ]
}

fn name<'m>(bundle: &impl Bundle<'m>, name: &str) {
    suggest_bundle(bundle, name);
}

/// A port `bench_<prefix>_<name>`.
#[track_caller]
fn setting<'m>(m: &'m Module, prefix: &str, name: &str, width: u32) -> Signal<'m> {
    m.input(format!("bench_{prefix}_{name}"), unsigned(width))
}

#[track_caller]
fn stall<'m>(m: &'m Module, prefix: &str, name: &str) -> Signal<'m> {
    setting(
        m,
        prefix,
        &format!("{name}_last"),
        super::stalls::INDEX_BITS,
    )
}

/// Ports `bench_<prefix>_<member>` for the members of a report.
#[track_caller]
fn report<'m>(m: &'m Module, prefix: &str, report: &impl Bundle<'m>) {
    let layout = report.layout();
    let mut signals = Vec::new();
    report.signals(&mut signals);
    for (member, signal) in layout.members().iter().zip(signals) {
        m.output(format!("bench_{prefix}_{}", member.name), signal);
    }
}
