//! The matmul core: C = A x B behind AXI4-Stream and AXI4-Lite.

use super::array::Array;
use super::buffer::Accumulators;
use super::control::{
    Drain, JobControl, LoadA, LoadB, OutputStationarySequencer, WeightStationarySequencer,
};
use super::datapath::{ARRAY, OutputStationaryDatapath, WeightStationaryDatapath};
use super::ports::{
    OutputStationaryIssue, PortSizes, ResultPort, Target, WeightStationaryIssue, WritePort,
};
use super::prim::AxiLiteRegisters;
use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{
    AxiLite, AxiStream, Block, Instance, Module, Reset, Signal, bit, connect, unsigned,
};
use crate::isa::{RegisterMap, matmul_registers};

/// The instance of the datapath.
const DATAPATH: &str = "datapath";
/// The instance of the accumulators.
const ACCUMULATORS: &str = "accumulators";

/// A matrix-multiply core: operands and results as streams. While a job computes, the operands of
/// the next are loaded.
///
/// Ports: clock `aclk`, synchronous reset `aresetn` (asserted when 0), `s_axil` (registers),
/// `s_axis_a`, `s_axis_b`, `m_axis_c` (operands and results), `irq`.
#[derive(Debug, Clone, PartialEq)]
pub struct MatmulCore {
    arch: MatmulArch,
}

impl MatmulCore {
    /// The core of an architecture.
    pub fn new(arch: &MatmulArch) -> MatmulCore {
        MatmulCore { arch: arch.clone() }
    }

    /// The registers behind `s_axil`.
    pub fn register_map(arch: &MatmulArch) -> RegisterMap {
        matmul_registers(&arch.module_name(), arch)
    }

    /// The array alone, with the name that it has in the core.
    pub fn array(arch: &MatmulArch) -> Array {
        Array::new(&format!("{}_array", arch.module_name()), arch)
    }

    /// Paths of the array's multiplier cells in the core; see [`Array::multipliers`].
    pub fn multipliers(arch: &MatmulArch) -> Vec<Vec<String>> {
        let columns = MatmulCore::array(arch).multipliers();
        within(&format!("{DATAPATH}.{ARRAY}"), columns)
    }

    /// Paths of the accumulators' block RAM cells in the core; see [`Accumulators::block_rams`].
    pub fn accumulator_rams(arch: &MatmulArch) -> Vec<Vec<String>> {
        within(ACCUMULATORS, Accumulators::block_rams(arch))
    }

    /// A part of the core: its module name and the architecture.
    fn part<T>(&self, part: &str, block: impl FnOnce(String, MatmulArch) -> T) -> T {
        block(format!("{}_{part}", self.module_name()), self.arch.clone())
    }
}

/// Paths of cells, as they are where `block` is an instance.
fn within(block: &str, columns: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let of_column =
        |paths: Vec<String>| paths.iter().map(|path| format!("{block}.{path}")).collect();
    columns.into_iter().map(of_column).collect()
}

impl Block for MatmulCore {
    fn module_name(&self) -> String {
        self.arch.module_name()
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let arch = &self.arch;
        m.clock("aclk", Reset::ActiveLow("aresetn"));
        m.doc(&format!(
            "Matrix-multiply core: C = A x B with {} x {} processing elements, {}, {}.",
            arch.rows,
            arch.columns,
            arch.dataflow.to_string().replace('_', "-"),
            arch.operands
        ));
        let sizes = PortSizes::of(arch);
        let registers = AxiLiteRegisters::new(MatmulCore::register_map(arch));
        let axil: AxiLite<'_> = m.sink_port("s_axil", AxiLite::of(registers.map().address_bits()));
        let a: AxiStream<'_> = m.sink_port("s_axis_a", AxiStream::of(arch.a.width));
        let b: AxiStream<'_> = m.sink_port("s_axis_b", AxiStream::of(arch.b.width));
        let c: AxiStream<'_> = m.source_port("m_axis_c", AxiStream::of(arch.c.width));

        // Signals that run against the order of the units below.
        let wire = |name: &str| m.wire(bit()).named(name);
        let a_release = wire("a_release");
        let drained = wire("drained");
        let (loaders_idle, drain_idle) = (wire("loaders_idle"), wire("drain_idle"));
        let sequencer_idle = wire("sequencer_idle");
        let job_done = wire("results_sent");
        let (a_truncated, a_overlong) = (wire("a_truncated"), wire("a_overlong"));
        let (b_truncated, b_overlong) = (wire("b_truncated"), wire("b_overlong"));

        m.section("registers and job control");
        let registers = registers.insert(m, "registers", &axil);
        let job = m
            .untyped_instance(
                "job",
                &self.part("job", |name, arch| JobControl { name, arch }),
            )
            .input("start", registers.output("control_start"))
            .input("abort", registers.output("control_abort"))
            .input("m_size", registers.output("m_size"))
            .input("k_size", registers.output("k_size"))
            .input("n_size", registers.output("n_size"))
            .input("a_truncated", a_truncated)
            .input("a_overlong", a_overlong)
            .input("b_truncated", b_truncated)
            .input("b_overlong", b_overlong)
            .input("loaders_idle", loaders_idle)
            .input("sequencer_idle", sequencer_idle)
            .input("drain_idle", drain_idle)
            .input("job_done", job_done);
        // Registers of job control, made for the units: each drives all of them.
        let (abandon, aborted) = (job.output("abandon"), job.output("aborted"));
        let forget = job.output("forget");
        let load_start = job.output("load_start");

        m.section("loaders");
        let load_a = m
            .untyped_instance(
                "load_a",
                &self.part("load_a", |name, arch| LoadA { name, arch }),
            )
            .input("start", load_start)
            .input("abandon", abandon)
            .input("clear", aborted)
            .input("forget", forget)
            .sink("s_axis", &a)
            .input("m", job.output("load_m"))
            .input("k", job.output("load_k"))
            .input("bank_released", a_release);
        let load_b = m
            .untyped_instance(
                "load_b",
                &self.part("load_b", |name, arch| LoadB { name, arch }),
            )
            .input("start", load_start)
            .input("abandon", abandon)
            .input("clear", aborted)
            .input("forget", forget)
            .sink("s_axis", &b)
            .input("k", job.output("load_k"))
            .input("panels", job.output("load_panels"))
            .input("last_columns", job.output("load_last_columns"));
        let a_write: WritePort<'_> = load_a.source("write", sizes.a_write.clone());
        let b_write: WritePort<'_> = load_b.source("write", sizes.b_write.clone());
        a_truncated.drive(load_a.output("truncated"));
        a_overlong.drive(load_a.output("overlong"));
        b_truncated.drive(load_b.output("truncated"));
        b_overlong.drive(load_b.output("overlong"));

        m.section("sequencer and datapath");
        let weight_stationary = arch.dataflow == Dataflow::WeightStationary;
        let sequencer = if weight_stationary {
            let block = self.part("sequencer", |name, arch| WeightStationarySequencer {
                name,
                arch,
            });
            m.untyped_instance("sequencer", &block)
        } else {
            let block = self.part("sequencer", |name, arch| OutputStationarySequencer {
                name,
                arch,
            });
            m.untyped_instance("sequencer", &block)
        };
        sequencer
            .input("start", job.output("compute_start"))
            .input("clear", forget)
            .input("m", job.output("compute_m"))
            .input("k", job.output("compute_k"))
            .input("panels", job.output("compute_panels"))
            .input("next_job_loads", load_start)
            .input("a_full", load_a.output("full"))
            .input("b_loaded", load_b.output("loaded"))
            .input("drained", drained);
        a_release.drive(sequencer.output("a_release"));
        let target: Target<'_> = sequencer.source("target", sizes.target.clone());
        let (core, arch_of_core) = (self.module_name(), arch.clone());
        let datapath = if weight_stationary {
            let block = WeightStationaryDatapath {
                core,
                arch: arch_of_core,
            };
            let issue: WeightStationaryIssue<'_> =
                sequencer.source("issue", sizes.weight_stationary());
            m.untyped_instance(DATAPATH, &block).sink("issue", &issue)
        } else {
            let block = OutputStationaryDatapath {
                core,
                arch: arch_of_core,
            };
            let issue: OutputStationaryIssue<'_> =
                sequencer.source("issue", sizes.output_stationary());
            m.untyped_instance(DATAPATH, &block).sink("issue", &issue)
        };
        datapath
            .input("clear", forget)
            .sink("target", &target)
            .sink("a_write", &a_write)
            .sink("b_write", &b_write);
        let result: Target<'_> = datapath.source("result", sizes.target);

        m.section("accumulators and drain");
        let block_complete = wire("block_complete");
        let drain = m
            .untyped_instance(
                "drain",
                &self.part("drain", |name, arch| Drain { name, arch }),
            )
            .input("start", job.output("drain_start"))
            .input("abandon", abandon)
            .input("clear", aborted)
            .input("forget", forget)
            .input("m", job.output("drain_m"))
            .input("panels", job.output("drain_panels"))
            .input("last_columns", job.output("drain_last_columns"))
            .input("block_complete", block_complete);
        let words: ResultPort<'_> = drain.source("words", sizes.result);
        let accumulators = m
            .untyped_instance(
                ACCUMULATORS,
                &self.part("accumulators", |name, arch| Accumulators { name, arch }),
            )
            .input("clear", forget)
            .sink("target", &result)
            .input("sums", datapath.output("sums"))
            .sink("drain", &words);
        block_complete.drive(accumulators.output("block_complete"));
        drained.drive(drain.output("block_drained"));
        job_done.drive(drain.output("job_done"));
        loaders_idle.drive(load_a.output("idle") & load_b.output("idle"));
        sequencer_idle.drive(sequencer.output("idle"));
        drain_idle.drive(drain.output("idle"));
        let results: AxiStream<'_> = drain.source("m_axis", AxiStream::of(arch.c.width));
        connect(&results, &c);

        self.status(m, registers, job, sequencer);
    }
}

impl MatmulCore {
    /// Status, interrupts and counters.
    fn status<'m>(
        &self,
        m: &'m Module,
        registers: Instance<'m>,
        job: Instance<'m>,
        sequencer: Instance<'m>,
    ) {
        m.section("status, interrupt and counters");
        let ended = job.output("ended").named("job_ended");
        let failed = job.output("failed").named("job_failed");
        registers
            .input("status_busy", job.output("busy"))
            .input("status_queued", job.output("queued"))
            .input("status_done", job.output("done"))
            .input("status_error", job.output("error"))
            .input("interrupt_status_done_set", ended)
            .input("interrupt_status_error_set", failed);
        let done =
            registers.output("interrupt_enable_done") & registers.output("interrupt_status_done");
        let done = done.named("done_interrupt");
        let error =
            registers.output("interrupt_enable_error") & registers.output("interrupt_status_error");
        let error = error.named("error_interrupt");
        m.output("irq", m.flag(done | error).named("irq"));

        let counter = |name: &str, clear: Signal<'m>, event: Signal<'m>| {
            // Its clear is 1 from reset on.
            let count = m.reg(unsigned(32)).named(format!("{name}_count"));
            let next = event.mux(count + 1, *count);
            registers.input(&format!("{name}_count"), count);
            count.next(clear.mux(m.zero(unsigned(32)), next))
        };
        let aborted = job.output("aborted");
        let jobs_ended = counter("jobs_ended", aborted, ended);
        let counted = m.flag(failed).named("failed_job_counted");
        let last_failed = m.reg(unsigned(32)).named("last_failed");
        let next = counted.mux(jobs_ended, *last_failed);
        last_failed.next(aborted.mux(m.zero(unsigned(32)), next));
        registers.input("last_failed_job", last_failed);
        let first = job
            .output("first")
            .named("first_job")
            .comment("a start that finds no job in the units");
        counter("cycles", first, job.output("working"));
        // Registered: where operands wait is decided late in a cycle.
        for (name, output) in [
            ("active_cycles", "active"),
            ("stall_a", "stall_a"),
            ("stall_b", "stall_b"),
            ("stall_c", "stall_c"),
        ] {
            let event = m
                .flag(sequencer.output(output))
                .named(format!("{name}_event"));
            counter(name, first, event);
        }
    }
}
