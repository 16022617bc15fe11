//! The matmul core: C = A x B behind AXI4-Stream and AXI4-Lite.

use super::array::{Array, Lanes, Skew};
use super::buffer::{Accumulators, operand_memory};
use super::control::{
    Drain, JobControl, LoadA, LoadB, OutputStationarySequencer, WeightStationarySequencer,
};
use super::prim::AxiLiteRegisters;
use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{
    AxiLite, AxiStream, Block, Instance, Module, Reset, Signal, bit, concat, connect, unsigned,
};
use crate::isa::{RegisterMap, matmul_registers};

/// A matrix-multiply core: one job at a time, operands and results as streams.
///
/// Ports: clock `aclk`, synchronous reset `aresetn` (asserted when 0), `s_axil` (registers),
/// `s_axis_a`, `s_axis_b`, `m_axis_c` (operands and results), `irq`.
#[derive(Debug, Clone)]
pub struct MatmulCore {
    arch: MatmulArch,
}

impl MatmulCore {
    /// The core of an architecture.
    pub fn new(arch: &MatmulArch) -> MatmulCore {
        MatmulCore { arch: arch.clone() }
    }

    /// The Verilog name: the architecture's, with `_` for what names cannot hold.
    pub fn module_name_of(arch: &MatmulArch) -> String {
        arch.name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
    }

    /// The registers behind `s_axil`.
    pub fn register_map(arch: &MatmulArch) -> RegisterMap {
        matmul_registers(&MatmulCore::module_name_of(arch), arch)
    }

    /// The array alone, with the name that it has in the core.
    pub fn array(arch: &MatmulArch) -> Array {
        Array::new(&format!("{}_array", MatmulCore::module_name_of(arch)), arch)
    }

    fn name(&self, part: &str) -> String {
        format!("{}_{part}", self.module_name())
    }
}

/// The tokens of a vector of sums.
struct Sums<'m> {
    valid: Signal<'m>,
    first: Signal<'m>,
    last: Signal<'m>,
    bank: Signal<'m>,
    address: Signal<'m>,
}

/// Cycles from the issue of operands until they stand at the edge of the array: the memory's
/// output register and the operand register.
const OPERAND_LATENCY: u32 = 2;

impl Block for MatmulCore {
    fn module_name(&self) -> String {
        MatmulCore::module_name_of(&self.arch)
    }

    fn build(&self, m: &Module) {
        let arch = &self.arch;
        m.clock("aclk", Reset::ActiveLow("aresetn"));
        m.doc(&format!(
            "Matrix-multiply core: C = A x B with {} x {} processing elements, {}, {}.",
            arch.rows, arch.columns, arch.dataflow, arch.operands
        ));
        let registers = AxiLiteRegisters::new(MatmulCore::register_map(arch));
        let axil: AxiLite<'_> = m.sink_port("s_axil", (registers.map().address_bits(),));
        let a: AxiStream<'_> = m.sink_port("s_axis_a", (arch.a.width,));
        let b: AxiStream<'_> = m.sink_port("s_axis_b", (arch.b.width,));
        let c: AxiStream<'_> = m.source_port("m_axis_c", (arch.c.width,));

        m.section("registers and job control");
        let registers = registers.insert(m, "registers", &axil);
        let job = m.instance(
            "job",
            &JobControl {
                name: self.name("job"),
                arch: arch.clone(),
            },
        );
        let job = job
            .input("start", registers.output("control_start"))
            .input("abort", registers.output("control_abort"))
            .input("m_size", registers.output("m_size"))
            .input("k_size", registers.output("k_size"))
            .input("n_size", registers.output("n_size"));
        let launch = job.output("launch").named("launch");
        let abandon = job.output("abandon").named("abandon");
        let abort = job.output("clear").named("abort");
        let clear = (abandon | abort).named("clear");
        let (rows, depth, columns) = (job.output("m"), job.output("k"), job.output("n"));

        m.section("loaders and operand buffers");
        let loader = |instance: Instance<'_>| {
            instance
                .input("start", launch)
                .input("abandon", abandon)
                .input("clear", abort);
        };
        let load_a = m.instance(
            "load_a",
            &LoadA {
                name: self.name("load_a"),
                arch: arch.clone(),
            },
        );
        loader(load_a);
        load_a.sink("s_axis", &a).input("m", rows).input("k", depth);
        let load_b = m.instance(
            "load_b",
            &LoadB {
                name: self.name("load_b"),
                arch: arch.clone(),
            },
        );
        loader(load_b);
        load_b
            .sink("s_axis", &b)
            .input("k", depth)
            .input("n", columns);

        m.section("sequencer");
        let sequencer = match arch.dataflow {
            Dataflow::WeightStationary => m.instance(
                "sequencer",
                &WeightStationarySequencer {
                    name: self.name("sequencer"),
                    arch: arch.clone(),
                },
            ),
            Dataflow::OutputStationary => m.instance(
                "sequencer",
                &OutputStationarySequencer {
                    name: self.name("sequencer"),
                    arch: arch.clone(),
                },
            ),
        };
        sequencer
            .input("start", launch)
            .input("clear", clear)
            .input("m", rows)
            .input("k", depth)
            .input("n", columns)
            .input("a_full", load_a.output("full"))
            .input("b_loaded", load_b.output("loaded"));
        load_a.input("bank_released", sequencer.output("a_release"));

        m.section("array");
        let (sums, result) = match arch.dataflow {
            Dataflow::WeightStationary => {
                self.weight_stationary(m, sequencer, load_a, load_b, clear)
            }
            Dataflow::OutputStationary => {
                self.output_stationary(m, sequencer, load_a, load_b, clear)
            }
        };

        m.section("accumulators and drain");
        let accumulators = m.instance(
            "accumulators",
            &Accumulators {
                name: self.name("accumulators"),
                arch: arch.clone(),
            },
        );
        accumulators
            .input("clear", clear)
            .input("valid", result.valid)
            .input("first", result.first)
            .input("last", result.last)
            .input("bank", result.bank)
            .input("address", result.address)
            .input("sums", sums);
        let drain = m.instance(
            "drain",
            &Drain {
                name: self.name("drain"),
                arch: arch.clone(),
            },
        );
        loader(drain);
        drain
            .input("m", rows)
            .input("n", columns)
            .input("block_complete", accumulators.output("block_complete"))
            .input("read_data", accumulators.output("read_data"));
        for port in ["read_enable", "read_bank", "read_address"] {
            accumulators.input(port, drain.output(port));
        }
        sequencer.input("drained", drain.output("block_drained"));
        let results: AxiStream<'_> = drain.source("m_axis", (arch.c.width,));
        connect(&results, &c);

        m.section("end of the job");
        let idle = load_a.output("idle") & load_b.output("idle") & drain.output("idle");
        job.input("a_truncated", load_a.output("truncated"))
            .input("a_overlong", load_a.output("overlong"))
            .input("b_truncated", load_b.output("truncated"))
            .input("b_overlong", load_b.output("overlong"))
            .input("units_idle", idle)
            .input("job_done", drain.output("job_done"));
        self.status(m, registers, job, sequencer, launch);
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
        launch: Signal<'m>,
    ) {
        m.section("status, interrupt and counters");
        let busy = job.output("busy");
        registers
            .input("status_busy", busy)
            .input("status_done", job.output("done"))
            .input("status_error", job.output("error"))
            .input("interrupt_status_done_set", job.output("ended"))
            .input("interrupt_status_error_set", job.output("failed"));
        let done =
            registers.output("interrupt_enable_done") & registers.output("interrupt_status_done");
        let error =
            registers.output("interrupt_enable_error") & registers.output("interrupt_status_error");
        m.output("irq", m.reg("irq_1", bit()).reset(0).next(done | error));

        let counter = |name: &str, event: Signal<'m>| {
            let count = m.reg(format!("{name}_count"), unsigned(32)).reset(0);
            let next = event.mux(count + 1, *count);
            count.next(launch.mux(m.zero(unsigned(32)), next));
            registers.input(&format!("{name}_count"), count);
        };
        counter("cycles", busy);
        counter("active_cycles", sequencer.output("active"));
        for name in ["stall_a", "stall_b", "stall_c"] {
            counter(name, sequencer.output(name));
        }
    }

    /// A line of registers: `value` after `cycles` cycles.
    fn line<'m>(m: &'m Module, name: &str, value: Signal<'m>, cycles: u32) -> Signal<'m> {
        m.delay_by(name, value, cycles)
    }

    /// A line of registers for a token that `clear` wipes out.
    fn token_line<'m>(
        m: &'m Module,
        name: &str,
        token: Signal<'m>,
        cycles: u32,
        clear: Signal<'m>,
    ) -> Signal<'m> {
        (1..=cycles).fold(token, |token, i| {
            m.reg(format!("{name}_{i}"), bit())
                .reset(0)
                .next(token & !clear)
        })
    }

    /// A token at row 0, as a bit for each row, a cycle later a row.
    fn row_tokens<'m>(m: &'m Module, name: &str, token: Signal<'m>, rows: u32) -> Signal<'m> {
        if rows == 1 {
            return token;
        }
        let later = m.reg(name, unsigned(rows - 1)).reset(0);
        let all = concat(&[*later, token]);
        later.next(all.truncate(rows - 1));
        all
    }

    fn skew<'m>(
        &self,
        m: &'m Module,
        part: &str,
        vector: Signal<'m>,
        lanes: u32,
        order: Lanes,
    ) -> Signal<'m> {
        if lanes == 1 {
            return vector;
        }
        let skew = Skew {
            name: self.name(part),
            lanes,
            width: vector.width() / lanes,
            order,
        };
        m.instance(part, &skew)
            .input("vector_in", vector)
            .output("vector_out")
    }

    fn b_memory<'m>(
        &self,
        m: &'m Module,
        load: Instance<'m>,
        read: Signal<'m>,
        address: Signal<'m>,
    ) -> Signal<'m> {
        let memory = operand_memory(
            m,
            "b_buffer",
            self.arch.b_buffer.word_bits,
            self.arch.b_buffer.depth,
        );
        memory.write(
            load.output("write"),
            load.output("write_address"),
            load.output("write_data"),
        );
        memory.read_enabled("b_word", read, address)
    }

    fn weight_stationary<'m>(
        &self,
        m: &'m Module,
        sequencer: Instance<'m>,
        load_a: Instance<'m>,
        load_b: Instance<'m>,
        clear: Signal<'m>,
    ) -> (Signal<'m>, Sums<'m>) {
        let arch = &self.arch;
        let depth = 2 * arch.a_buffer.bank_depth;
        let memory = operand_memory(m, "a_buffer", arch.a_buffer.word_bits, depth);
        let write = load_a.output("write");
        memory.write(
            write,
            load_a.output("write_address"),
            load_a.output("write_data"),
        );
        let a_word = memory.read_enabled(
            "a_word",
            sequencer.output("a_read"),
            sequencer.output("a_address"),
        );
        let activations = m.delay("activations", a_word);
        let b_read = sequencer.output("b_read").named("b_read");
        let b_word = self.b_memory(m, load_b, b_read, sequencer.output("b_address"));
        // Rows of a tile beyond K hold zeros.
        let b_valid = m.delay("b_valid", b_read);
        let weights = m.delay("weights", b_word.gate(b_valid));

        let start = sequencer.output("pass_start");
        let start = Self::token_line(m, "pass_start", start, OPERAND_LATENCY, clear);
        let swaps = Self::row_tokens(m, "swaps", start, arch.rows);
        let activations = self.skew(m, "skew_a", activations, arch.rows, Lanes::FirstLaneFirst);
        let weights = self.skew(m, "skew_b", weights, arch.columns, Lanes::FirstLaneFirst);
        let array = MatmulCore::array(arch);
        let sums = m
            .instance("array", &array)
            .input("swaps", swaps)
            .input("activations", activations)
            .input("weights", weights)
            .output("sums");
        let sums = self.skew(m, "deskew", sums, arch.columns, Lanes::LastLaneFirst);

        let cycles = OPERAND_LATENCY + array.latency() + arch.columns - 1;
        let valid = sequencer.output("result_valid");
        let result = Sums {
            valid: Self::token_line(m, "result_valid", valid, cycles, clear),
            first: Self::line(m, "result_first", sequencer.output("result_first"), cycles),
            last: Self::line(m, "result_last", sequencer.output("result_last"), cycles),
            bank: Self::line(m, "result_bank", sequencer.output("result_bank"), cycles),
            address: Self::line(
                m,
                "result_address",
                sequencer.output("result_address"),
                cycles,
            ),
        };
        (sums, result)
    }

    fn output_stationary<'m>(
        &self,
        m: &'m Module,
        sequencer: Instance<'m>,
        load_a: Instance<'m>,
        load_b: Instance<'m>,
        clear: Signal<'m>,
    ) -> (Signal<'m>, Sums<'m>) {
        let arch = &self.arch;
        let rows = arch.rows;
        let operands = sequencer.output("operands").named("operands");
        let a_address = sequencer.output("a_address").named("a_address");
        let write = load_a.output("write").named("a_write");
        let elements = arch.a_buffer.word_elements;
        let element_bits = arch.activation.bits;
        let operands_1 = m.delay("operands_1", operands);
        let lane = (elements > 1).then(|| m.delay("a_lane_1", sequencer.output("a_lane")));
        let mut activations = Vec::new();
        for row in 0..rows {
            let name = format!("a_buffer_{row}");
            let depth = 2 * arch.a_buffer.bank_depth;
            let memory = operand_memory(m, &name, arch.a_buffer.word_bits, depth);
            let (address, data) = (load_a.output("write_address"), load_a.output("write_data"));
            memory.write(write.bit(row), address, data);
            let word = memory.read_enabled(format!("a_word_{row}"), operands, a_address);
            let element = match lane {
                Some(lane) => lane.select(&word.split(element_bits)),
                None => word,
            };
            // Between tiles the array is fed with zeros, which leave its sums alone.
            activations.push(m.delay(format!("activation_{row}"), element.gate(operands_1)));
        }
        activations.reverse();
        let b_word = self.b_memory(m, load_b, operands, sequencer.output("b_address"));
        let weights = m.delay("weights", b_word.gate(operands_1));

        let start = sequencer.output("pass_start");
        let start = Self::token_line(m, "pass_start", start, OPERAND_LATENCY, clear);
        let starts = Self::row_tokens(m, "starts", start, rows);
        let activations = concat(&activations);
        let activations = self.skew(m, "skew_a", activations, rows, Lanes::FirstLaneFirst);
        let weights = self.skew(m, "skew_b", weights, arch.columns, Lanes::FirstLaneFirst);
        let array = MatmulCore::array(arch);

        // When the bottom row has caught its sums, row r moves its drain register r times.
        let caught = Self::token_line(m, "caught", start, array.latency() - 1, clear);
        let shifts = m.reg("shifts", unsigned(rows)).reset(0);
        let moved = if rows == 1 {
            m.zero(unsigned(1))
        } else {
            *shifts << 1
        };
        let all_but_first = (num_bigint::BigInt::from(1) << rows) - 2;
        shifts.next(caught.mux(m.lit(all_but_first, unsigned(rows)), moved));
        let sums = m
            .instance("array", &array)
            .input("starts", starts)
            .input("shifts", shifts)
            .input("activations", activations)
            .input("weights", weights)
            .output("sums");
        let sums = self.skew(m, "deskew", sums, arch.columns, Lanes::LastLaneFirst);

        (
            sums,
            self.collect(
                m,
                sequencer,
                OPERAND_LATENCY + array.latency() + arch.columns - 1,
                clear,
            ),
        )
    }

    /// Sums of an output-stationary array come row after row, the last row first.
    fn collect<'m>(
        &self,
        m: &'m Module,
        sequencer: Instance<'m>,
        cycles: u32,
        clear: Signal<'m>,
    ) -> Sums<'m> {
        let rows = self.arch.rows;
        let token = sequencer.output("result_valid");
        let token = Self::token_line(m, "result", token, cycles, clear).named("tile_begins");
        let last = Self::line(m, "result_last", sequencer.output("result_last"), cycles);
        let bank = Self::line(m, "result_bank", sequencer.output("result_bank"), cycles);
        let offset = Self::line(
            m,
            "result_address",
            sequencer.output("result_address"),
            cycles,
        );
        let row_shape = unsigned(crate::hdl::index_bits(rows.into()));
        let row = m.reg("result_row", row_shape);
        let busy = m.reg("result_rows_left", bit()).reset(0);
        let present = token
            .mux(m.lit(rows - 1, row_shape), *row)
            .named("present_row");
        let valid = (token | busy).named("result_valid");
        let end = present.eq(0);
        row.next(valid.mux(present - 1, *row));
        busy.next(valid & !end & !clear);
        let hold = |name: &str, value: Signal<'m>| {
            let held = m.reg(name, value.shape()).enable(token).next(value);
            token.mux(value, held)
        };
        let offset = hold("tile_address", offset);
        Sums {
            valid,
            first: m.high(),
            last: hold("tile_last", last) & end,
            bank: hold("tile_bank", bank),
            address: offset + present.zero_extend(offset.width()),
        }
    }
}
