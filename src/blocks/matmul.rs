//! The matmul core: C = A x B behind AXI4-Stream and AXI4-Lite.

mod params;

use super::array::{ArrayParams, within};
use super::buffer::AccumulatorInputs;
use super::control::{
    DrainInputs, JobInputs, JobOutputs, LoadAInputs, LoadBInputs, PacketErrors, SequencerInputs,
    SequencerStatus,
};
use super::datapath::{
    OutputStationaryDatapath, OutputStationaryDatapathInputs, WeightStationaryDatapath,
    WeightStationaryDatapathInputs,
};
use super::prim::{AxiLiteRegisters, AxiLiteRegistersInputs};
use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{
    AnyBlock, AxiLite, AxiStream, Block, Module, Pins, Reset, Shapes, Signal, bit, bundle, connect,
    hardware, unsigned,
};
use crate::isa::{RegisterMap, matmul_registers};

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
    pub fn array(arch: &MatmulArch) -> Box<dyn AnyBlock> {
        params::array(arch).block()
    }

    /// What the array is.
    pub fn array_params(arch: &MatmulArch) -> ArrayParams {
        params::array(arch)
    }

    /// Paths of the array's multiplier cells in the core; see [`ArrayParams::multipliers`].
    pub fn multipliers(arch: &MatmulArch) -> Vec<Vec<String>> {
        within("datapath.array", params::array(arch).multipliers())
    }

    /// Paths of the accumulators' block RAM cells in the core, a list for every column.
    pub fn accumulator_rams(arch: &MatmulArch) -> Vec<Vec<String>> {
        within("accumulators", params::accumulators(arch).block_rams())
    }
}

bundle! {
    /// What a [`MatmulCore`] takes.
    pub struct MatmulCoreInputs(arch: &MatmulArch, address_bits: u32) {
        /// The registers.
        s_axil: AxiLite(address_bits),
        /// A of each job.
        s_axis_a: AxiStream(arch.a.width),
        /// B of each job.
        s_axis_b: AxiStream(arch.b.width),
    }
}

bundle! {
    /// What a [`MatmulCore`] gives.
    pub struct MatmulCoreOutputs(arch: &MatmulArch) {
        /// C of each job.
        m_axis_c: AxiStream(arch.c.width),
        /// The interrupt.
        irq: bit(),
    }
}

#[hardware]
impl Block for MatmulCore {
    fn module_name(&self) -> String {
        self.arch.module_name()
    }

    fn inputs(&self) -> Shapes<MatmulCoreInputs<'static>> {
        let map = MatmulCore::register_map(&self.arch);
        MatmulCoreInputs::of(&self.arch, map.address_bits())
    }

    fn build<'m>(&self, m: &'m Module, io: MatmulCoreInputs<'m>) -> MatmulCoreOutputs<'m> {
        let arch = &self.arch;
        m.clock("aclk", Reset::ActiveLow("aresetn"));
        m.doc(&format!(
            "Matrix-multiply core: C = A x B with {} x {} processing elements, {}, {}.",
            arch.rows,
            arch.columns,
            arch.dataflow.to_string().replace('_', "-"),
            arch.operands
        ));
        let register_block = AxiLiteRegisters::new(MatmulCore::register_map(arch));

        // Signals that run against the order of the units below.
        let registers = m.wires(Pins::of(register_block.told()));
        let a_errors = m.wires(PacketErrors::of());
        let b_errors = m.wires(PacketErrors::of());
        let loaders_idle = m.wire(bit());
        let sequencer_idle = m.wire(bit());
        let drain_idle = m.wire(bit());
        let a_release = m.wire(bit());
        let drained = m.wire(bit());
        let results_sent = m.wire(bit());
        let block_complete = m.wire(bit());

        m.section("registers and job control");
        let inputs = JobInputs {
            start: registers["control_start"],
            abort: registers["control_abort"],
            m_size: registers["m_size"],
            k_size: registers["k_size"],
            n_size: registers["n_size"],
            a: a_errors,
            b: b_errors,
            loaders_idle,
            sequencer_idle,
            drain_idle,
            job_done: results_sent,
        };
        let job = m.instance(&params::job_control(arch), inputs);

        m.section("loaders");
        let inputs = LoadAInputs {
            start: job.load.start,
            orders: job.orders,
            s_axis: io.s_axis_a,
            m: job.load.m,
            k: job.load.k,
            bank_released: a_release,
        };
        let load_a = m.instance(&params::load_a(arch), inputs);
        let inputs = LoadBInputs {
            start: job.load.start,
            orders: job.orders,
            s_axis: io.s_axis_b,
            k: job.load.k,
            panels: job.load.panels,
            last_columns: job.load.last_columns,
        };
        let load_b = m.instance(&params::load_b(arch), inputs);
        connect(&load_a.errors, &a_errors);
        connect(&load_b.errors, &b_errors);
        loaders_idle.drive(load_a.idle & load_b.idle);

        m.section("sequencer and datapath");
        let inputs = SequencerInputs {
            clear: job.orders.forget,
            job: job.compute,
            next_job_loads: job.load.start,
            a_full: load_a.full,
            b_loaded: load_b.loaded,
            drained,
        };
        let block = params::datapath(arch);
        let (datapath, status, release) = match arch.dataflow {
            Dataflow::WeightStationary => {
                let sequencer = m.instance(&params::weight_stationary(arch), inputs);
                let inputs = WeightStationaryDatapathInputs {
                    clear: job.orders.forget,
                    issue: sequencer.issue,
                    target: sequencer.target,
                    a_write: load_a.write,
                    b_write: load_b.write,
                };
                let datapath = m.instance(&WeightStationaryDatapath(block), inputs);
                (datapath, sequencer.status, sequencer.a_release)
            }
            Dataflow::OutputStationary => {
                let sequencer = m.instance(&params::output_stationary(arch), inputs);
                let inputs = OutputStationaryDatapathInputs {
                    clear: job.orders.forget,
                    issue: sequencer.issue,
                    target: sequencer.target,
                    a_write: load_a.write,
                    b_write: load_b.write,
                };
                let datapath = m.instance(&OutputStationaryDatapath(block), inputs);
                (datapath, sequencer.status, sequencer.a_release)
            }
        };
        a_release.drive(release);
        sequencer_idle.drive(status.idle);

        m.section("accumulators and drain");
        let inputs = DrainInputs {
            orders: job.orders,
            job: job.drain,
            block_complete,
        };
        let drain = m.instance(&params::drain(arch), inputs);
        let inputs = AccumulatorInputs {
            maximum: Vec::new(),
            clear: job.orders.forget,
            target: datapath.result,
            sums: datapath.sums,
            drain: drain.words,
        };
        let accumulators = m.instance(&params::accumulators(arch), inputs);
        block_complete.drive(accumulators.block_complete);
        drained.drive(drain.block_drained);
        results_sent.drive(drain.job_done);
        drain_idle.drive(drain.idle);

        m.section("status, interrupt and counters");
        let done_interrupt =
            registers["interrupt_enable_done"] & registers["interrupt_status_done"];
        let error_interrupt =
            registers["interrupt_enable_error"] & registers["interrupt_status_error"];
        let irq = m.flag(done_interrupt | error_interrupt);
        let inputs = AxiLiteRegistersInputs {
            s_axil: io.s_axil,
            shown: status_and_counters(m, &job, &status),
        };
        let instance = m.instance_of(&register_block).named("registers");
        connect(&instance.connect(inputs), &registers);
        MatmulCoreOutputs {
            m_axis_c: drain.m_axis,
            irq,
        }
    }
}

/// What the registers show.
#[hardware]
fn status_and_counters<'m>(
    m: &'m Module,
    job: &JobOutputs<'m>,
    sequencer: &SequencerStatus<'m>,
) -> Pins<'m> {
    let mut shown = Pins::new([
        ("status_busy", job.status.busy),
        ("status_queued", job.status.queued),
        ("status_done", job.status.done),
        ("status_error", job.status.error.zero_extend(4)),
        ("interrupt_status_done_set", job.status.ended),
        ("interrupt_status_error_set", job.failed),
    ]);
    let mut counter = |name: &str, clear: Signal<'m>, event: Signal<'m>| {
        // Its clear is 1 from reset on.
        let count = m.reg(unsigned(32)).named(format!("{name}_count"));
        m.when(clear, || count.set(0))
            .else_when(event, || count.set(count + 1));
        shown.push(format!("{name}_count"), *count);
        *count
    };
    let aborted = job.orders.clear;
    let jobs_ended = counter("jobs_ended", aborted, job.status.ended);
    let failed_job_counted = m.flag(job.failed);
    let last_failed = m.reg(unsigned(32));
    m.when(aborted, || last_failed.set(0))
        .else_when(failed_job_counted, || last_failed.set(jobs_ended));
    counter("cycles", job.status.first, job.status.working);
    // Registered: where operands wait is decided late in a cycle.
    for (name, output) in [
        ("active_cycles", sequencer.active),
        ("stall_a", sequencer.stall_a),
        ("stall_b", sequencer.stall_b),
        ("stall_c", sequencer.stall_c),
    ] {
        let event = m.flag(output).named(format!("{name}_event"));
        counter(name, job.status.first, event);
    }
    shown.push("last_failed_job", *last_failed);
    shown
}
