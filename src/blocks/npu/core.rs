//! The NPU.

use super::super::array::{ArrayParams, within};
use super::super::buffer::{AccumulatorInputs, Accumulators, MemoryParams};
use super::super::pe::{PeFormat, shape};
use super::super::ports::ResultPort;
use super::super::post::Arithmetic;
use super::super::prim::{
    AxiLiteRegisters, AxiLiteRegistersInputs, AxiMerge, AxiReadArbiter, AxiReadArbiterInputs,
    AxiReadTransfers, AxiReadTransfersInputs, AxiWriteTransfers, AxiWriteTransfersInputs,
    BurstSplitter, RamRead, Transfer, WriteBeat,
};
use super::events::Events;
use super::front::UNITS;
use super::ports::{ByteRead, ByteWrite, Signalling};
use super::tables::TABLE_BITS;
use super::{
    FrontEnd, FrontEndInputs, LoadUnit, LoadUnitInputs, MatrixUnit, MatrixUnitInputs, Parameters,
    ParametersInputs, PostUnit, PostUnitInputs, Ranges, Ring, RingInputs, Scratchpad,
    ScratchpadInputs, StoreUnit, StoreUnitInputs, TablesInputs, VectorLanes, VectorRows,
    VectorUnit, VectorUnitInputs, VectorUnitOutputs, VectorWeights,
};
use crate::arch::{ControlOrder, Dataflow, MemoryStyle, NpuArch, Requantization};
use crate::hdl::{
    Axi4, AxiLite, Block, Module, Pins, Reset, Shapes, Stream, bit, bundle, concat, connect,
    hardware, index_bits, join, signed, unsigned,
};
use crate::isa::npu::{COUNTERS_OF, REGIONS, npu_registers};
use crate::isa::{self, RegisterMap};

/// Bits of a number of beats of a transfer.
const COUNT_BITS: u32 = 20;

/// A core that runs programs of networks: AXI4 to DRAM, AXI4-Lite for control.
///
/// Ports: clock `aclk`, synchronous reset `aresetn` (asserted when 0), `s_axil` (registers), `m_axi`
/// (DRAM), `irq`, and `m_axis_events`, a stream without TREADY that is for whoever watches programs.
#[derive(Debug, Clone, PartialEq)]
pub struct NpuCore {
    arch: NpuArch,
}

bundle! {
    /// What an [`NpuCore`] takes.
    pub struct NpuCoreInputs(address_bits: u32) {
        /// The registers.
        s_axil: AxiLite(address_bits),
    }
}

bundle! {
    /// What an [`NpuCore`] gives.
    pub struct NpuCoreOutputs(core: &NpuCore) {
        /// DRAM.
        m_axi: Axi4(ID_BITS, NpuArch::ADDRESS_BITS, core.arch.bus_bits),
        /// The interrupt.
        irq: bit(),
        /// What the units do.
        m_axis_events: Events(),
    }
}

/// Bits of an id of the AXI4 port.
const ID_BITS: u32 = 2;

impl NpuCore {
    /// The core of an architecture.
    pub fn new(arch: &NpuArch) -> NpuCore {
        NpuCore { arch: arch.clone() }
    }

    /// The registers behind `s_axil`.
    pub fn register_map(arch: &NpuArch) -> RegisterMap {
        npu_registers(&arch.module_name(), arch)
    }

    /// Paths of the array's multiplier cells in the core; see [`ArrayParams::multipliers`].
    pub fn multipliers(&self) -> Vec<Vec<String>> {
        within("matrix.array", self.array().multipliers())
    }

    fn name(&self, part: &str) -> String {
        format!("{}_{part}", self.arch.module_name())
    }

    fn splitter(&self) -> BurstSplitter {
        BurstSplitter {
            address_bits: NpuArch::ADDRESS_BITS,
            count_bits: COUNT_BITS,
            beat_bytes: self.arch.bus_bytes(),
            outstanding: self.arch.outstanding,
        }
    }

    fn scratchpad(&self) -> Scratchpad {
        Scratchpad {
            name: self.name("scratchpad"),
            rows: self.arch.rows,
            bytes: self.arch.scratchpad_bytes,
            image_rows: self.arch.image_rows(),
        }
    }

    fn parameters(&self) -> Parameters {
        Parameters {
            name: self.name("parameters"),
            lanes: self.arch.lanes,
            channels: self.arch.parameter_channels,
            bus_bits: self.arch.bus_bits,
        }
    }

    /// The array.
    pub fn array(&self) -> ArrayParams {
        let arch = &self.arch;
        let sum = signed(arch.sum_bits());
        ArrayParams {
            name: self.name("array"),
            dataflow: Dataflow::WeightStationary,
            rows: arch.rows,
            columns: arch.columns,
            format: PeFormat {
                activation: shape(NpuArch::ACTIVATION),
                weight: shape(NpuArch::WEIGHT),
                product: signed(16),
                sum,
                product_register: arch.product_register,
                target: arch.target,
            },
        }
    }

    fn target_bits(&self) -> u32 {
        index_bits(self.arch.accumulator_vectors.into())
    }

    fn accumulators(&self) -> Accumulators {
        let arch = &self.arch;
        Accumulators {
            name: self.name("accumulators"),
            partial: true,
            maximum: false,
            columns: arch.columns,
            sum: self.array().format.sum,
            lane: signed(NpuArch::ACCUMULATOR_BITS),
            bank: self.bank(arch.columns),
        }
    }

    /// A bank for so many sums of a vector.
    fn bank(&self, sums: u32) -> MemoryParams {
        MemoryParams {
            core: self.arch.module_name(),
            width: NpuArch::ACCUMULATOR_BITS * sums,
            depth: self.arch.accumulator_vectors,
            style: MemoryStyle::Block,
            output_register: false,
        }
    }

    /// VECTOR, of a core that has one.
    fn vector_unit(&self) -> Option<VectorUnit> {
        let arch = &self.arch;
        let (taps, channels) = (arch.vector_taps, arch.vector_channels());
        let lanes = VectorLanes {
            name: self.name("vector_lanes"),
            channels,
            taps,
            target: arch.target,
        };
        (taps > 0).then(|| VectorUnit {
            name: self.name("vector"),
            weights: VectorWeights {
                name: self.name("vector_weights"),
                taps,
                row_bits: 8 * channels,
                bus_bits: arch.bus_bits,
                groups: arch.vector_weights,
            },
            accumulators: Accumulators {
                name: self.name("vector_accumulators"),
                partial: true,
                maximum: true,
                columns: channels,
                sum: signed(lanes.sum_bits()),
                lane: signed(NpuArch::ACCUMULATOR_BITS),
                bank: self.bank(channels),
            },
            lanes,
            scratchpad_bits: self.scratchpad().address_bits(),
        })
    }

    fn load_unit(&self) -> LoadUnit {
        let arch = &self.arch;
        let group_bits = arch.vector_weights.ilog2();
        LoadUnit {
            name: self.name("load"),
            splitter: self.splitter(),
            rows: self.arch.rows,
            scratchpad_bits: self.scratchpad().address_bits(),
            channel_bits: (self.parameters().channel_bits())
                .max(TABLE_BITS)
                .max(group_bits),
            ring_tiles: self.arch.ring_tiles,
            parameter_channels: self.arch.parameter_channels,
            vector: (arch.vector_taps > 0).then(|| {
                [
                    arch.vector_taps,
                    arch.vector_channels(),
                    arch.vector_weights,
                ]
            }),
            tile_beats: self.arch.tile_bytes() / self.arch.bus_bytes(),
        }
    }

    fn matrix_unit(&self) -> MatrixUnit {
        MatrixUnit {
            name: self.name("matrix"),
            array: self.array(),
            scratchpad_bits: self.scratchpad().address_bits(),
            ring_tiles: self.arch.ring_tiles,
            target_bits: self.target_bits(),
            image_rows: self.arch.image_rows(),
            reuse_distance: self.accumulators().reuse_distance(),
        }
    }

    fn post_unit(&self) -> PostUnit {
        PostUnit {
            name: self.name("post"),
            columns: self.arch.columns,
            vector_channels: self.arch.vector_channels(),
            lanes: self.arch.lanes,
            arithmetic: match self.arch.requantization {
                Requantization::Fixed => Arithmetic::FixedPoint,
                Requantization::Float => Arithmetic::Float,
                Requantization::Both => Arithmetic::Both,
            },
            target: self.arch.target,
            rows: self.arch.rows,
            scratchpad_bits: self.scratchpad().address_bits(),
            target_bits: self.target_bits(),
            group_bits: self.parameters().group_bits(),
            bus_bits: self.arch.bus_bits,
        }
    }
}

#[hardware]
impl Block for NpuCore {
    fn module_name(&self) -> String {
        self.arch.module_name()
    }

    fn inputs(&self) -> Shapes<NpuCoreInputs<'static>> {
        NpuCoreInputs::of(NpuCore::register_map(&self.arch).address_bits())
    }

    fn build<'m>(&self, m: &'m Module, io: NpuCoreInputs<'m>) -> NpuCoreOutputs<'m> {
        let arch = &self.arch;
        m.clock("aclk", Reset::ActiveLow("aresetn"));
        m.doc(&format!(
            "Core that runs networks, with {} x {} processing elements, int8.",
            arch.rows, arch.columns
        ));
        let register_block = AxiLiteRegisters::new(NpuCore::register_map(arch));
        let registers = m.wires(Pins::of(register_block.told()));
        let address = |name: &str| {
            concat(&[
                registers[&*format!("{name}_high_address")],
                registers[&*format!("{name}_low_address")],
            ])
        };
        let bases: [_; REGIONS as usize] =
            std::array::from_fn(|region| address(&format!("base_{region}")));

        m.section("DRAM");
        let splitter = self.splitter();
        let [program_transfers, load_transfers, store_transfers] =
            [(); 3].map(|_| m.wires(Stream::of(Transfer::of(&splitter))));
        let store_beats = m.wires(Stream::of(WriteBeat::of(&splitter)));
        let reads = |name: &str, s| {
            let reads = m.instance_of(&AxiReadTransfers(splitter)).named(name);
            reads.connect(AxiReadTransfersInputs { s })
        };
        let program_reads = reads("program_reads", program_transfers);
        let load_reads = reads("load_reads", load_transfers);
        let merge = AxiMerge {
            id_bits: 1,
            address_bits: NpuArch::ADDRESS_BITS,
            data_bits: arch.bus_bits,
            managers: 2,
        };
        let inputs = AxiReadArbiterInputs {
            s: vec![program_reads.axi, load_reads.axi],
        };
        let read = m.instance(&AxiReadArbiter(merge), inputs).m;
        let inputs = AxiWriteTransfersInputs {
            s: store_transfers,
            data: store_beats,
        };
        let writes = m.instance(&AxiWriteTransfers(splitter), inputs);
        let write = writes.axi;
        let bid = m.wire(unsigned(ID_BITS));
        write.bid.drive(bid.truncate(1));
        let m_axi = Axi4 {
            awid: write.awid.zero_extend(ID_BITS),
            awaddr: write.awaddr,
            awlen: write.awlen,
            awsize: write.awsize,
            awburst: write.awburst,
            awvalid: write.awvalid,
            awready: write.awready,
            wdata: write.wdata,
            wstrb: write.wstrb,
            wlast: write.wlast,
            wvalid: write.wvalid,
            wready: write.wready,
            bid,
            bresp: write.bresp,
            bvalid: write.bvalid,
            bready: write.bready,
            arid: read.arid,
            araddr: read.araddr,
            arlen: read.arlen,
            arsize: read.arsize,
            arburst: read.arburst,
            arvalid: read.arvalid,
            arready: read.arready,
            rid: read.rid,
            rdata: read.rdata,
            rresp: read.rresp,
            rlast: read.rlast,
            rvalid: read.rvalid,
            rready: read.rready,
        };

        m.section("front end");
        let signalling: Vec<_> = (0..UNITS)
            .map(|unit| {
                let valid = m.wire(bit()).named(format!("signalling_{unit}"));
                let semaphore = m.wire(unsigned(4)).named(format!("semaphore_{unit}"));
                Signalling { valid, semaphore }
            })
            .collect();
        let units_idle = m.wire(unsigned(UNITS));
        let progress = m.wire(bit());
        let bus_quiet = m.wire(bit());
        let [read_failed, write_failed] = [(); 2].map(|_| m.wire(bit()));
        let out_of_range = m.wire(bit());
        let inputs = FrontEndInputs {
            start: registers["control_start"],
            stop: registers["control_stop"],
            fetch: registers["control_fetch"],
            watchdog: registers["watchdog_cycles"],
            progress,
            bus_quiet,
            program_address: address("program"),
            instructions: registers["instructions_count"],
            beats: program_reads.data,
            signalling: signalling.clone(),
            units_idle,
            read_failed,
            write_failed,
            out_of_range,
        };
        let front_end = FrontEnd {
            name: self.name("front"),
            ranges: Ranges::of(arch),
            splitter,
            queue_depth: arch.queue_depth,
            central: arch.order == ControlOrder::Central,
        };
        let front = m.instance(&front_end, inputs);
        connect(&front.transfers, &program_transfers);
        let [
            load_issue,
            matrix_issue,
            post_issue,
            store_issue,
            vector_issue,
        ] = front.issue[..]
        else {
            unreachable!("an issue port for each unit")
        };

        m.section("load");
        let tile_released = m.wire(bit());
        let inputs = LoadUnitInputs {
            instruction: load_issue,
            bases,
            beats: load_reads.data,
            tile_released,
            halt: front.halt,
            clear: front.clear,
        };
        let load = m.instance(&self.load_unit(), inputs);
        connect(&load.transfers, &load_transfers);

        m.section("memories");
        let pad = self.scratchpad();
        let bits = pad.address_bits();
        let matrix_read = m.wires(ByteRead::of(bits));
        let matrix_rows = m.wires(VectorRows::of(pad.image_rows, pad.rows, pad.word_bits()));
        let store_read = m.wires(ByteRead::of(bits));
        let vector_read = m.wires(ByteRead::of(bits));
        let post_enable = m.wire(bit());
        let post_write = m.wires(ByteWrite::of(bits, arch.rows));
        let residual_enable = m.wire(bit());
        let residual_address = m.wire(unsigned(bits));
        let inputs = ScratchpadInputs {
            post_enable,
            post: post_write,
            load: load.scratchpad,
            residual_enable,
            residual_address,
            matrix: matrix_read,
            matrix_rows,
            store: store_read,
            vector: vector_read,
        };
        let scratchpad = m.instance(&pad, inputs);
        let ring = Ring {
            name: self.name("ring"),
            row_bits: 8 * arch.columns,
            bus_bits: arch.bus_bits,
            depth: arch.ring_tiles * arch.rows,
        };
        let ring_read = m.wires(RamRead::of(index_bits(
            (arch.ring_tiles * arch.rows).into(),
        )));
        let inputs = RingInputs {
            enable: load.ring_enable,
            beat: load.ring_beat,
            data: load.data,
            read: ring_read,
        };
        let ring = m.instance(&ring, inputs);
        let group = m.wire(unsigned(self.parameters().group_bits()));
        let inputs = ParametersInputs {
            enable: load.parameters_enable,
            target: load.parameters_target,
            channel: load.channel.truncate(self.parameters().channel_bits()),
            data: load.data,
            read: group,
        };
        let parameters = m.instance(&self.parameters(), inputs);
        let results = m.wire(unsigned(8 * arch.lanes));
        let residuals = m.wire(unsigned(8 * arch.lanes));
        let inputs = TablesInputs {
            enable: load.parameters_enable,
            target: load.parameters_target,
            entry: load.channel.truncate(TABLE_BITS),
            data: load.data,
            results,
            residuals,
        };
        let tables = m.instance(&self.post_unit().tables(), inputs);

        m.section("array and accumulators");
        let bank_freed = m.wire(bit());
        let inputs = MatrixUnitInputs {
            instruction: matrix_issue,
            data: scratchpad.matrix_data,
            weights: ring.weights,
            tile_written: load.tile_written,
            tile_comes: load.tile_comes,
            bank_freed,
            clear: front.clear,
        };
        let matrix = m.instance(&self.matrix_unit(), inputs);
        connect(&matrix.scratchpad, &matrix_read);
        connect(&matrix.rows, &matrix_rows);
        connect(&matrix.ring, &ring_read);
        tile_released.drive(matrix.tile_released);
        let drain = m.wires(ResultPort::of(
            self.target_bits(),
            NpuArch::ACCUMULATOR_BITS * arch.columns,
        ));
        let inputs = AccumulatorInputs {
            clear: front.clear,
            maximum: Vec::new(),
            target: matrix.target,
            sums: matrix.sums,
            drain,
        };
        let accumulators = m.instance(&self.accumulators(), inputs);

        m.section("vector");
        let vector_bank_freed = m.wire(bit());
        let vector_drain = m.wires(ResultPort::of(
            self.target_bits(),
            self.bank(arch.vector_channels()).width,
        ));
        let inputs = VectorUnitInputs {
            instruction: vector_issue,
            weights_enable: load.parameters_enable
                & load
                    .parameters_target
                    .eq(isa::npu::Target::VectorWeights as u32),
            run_begins: load.run_begins,
            group: load.channel.truncate(arch.vector_weights.ilog2()),
            beat: load.data,
            data: (scratchpad.vector_data).truncate(8 * arch.vector_channels()),
            drain: vector_drain,
            bank_freed: vector_bank_freed,
            clear: front.clear,
        };
        let vector = match self.vector_unit() {
            Some(unit) => m.instance(&unit, inputs),
            None => without_vector(m, inputs, bits),
        };
        connect(&vector.scratchpad, &vector_read);

        m.section("post and store");
        let inputs = PostUnitInputs {
            instruction: post_issue,
            bank_complete: accumulators.block_complete,
            vector_bank_complete: vector.bank_complete,
            biases: parameters.biases,
            multipliers: parameters.multipliers,
            shifts: parameters.shifts,
            residual_data: scratchpad.residual_data,
            tables,
            clear: front.clear,
        };
        let post = m.instance(&self.post_unit(), inputs);
        connect(&post.sums, &drain);
        connect(&post.vector_sums, &vector_drain);
        group.drive(post.parameters);
        residual_enable.drive(post.residual_enable);
        residual_address.drive(post.residual_address);
        results.drive(post.results);
        residuals.drive(post.residuals);
        post_enable.drive(post.write_enable);
        connect(&post.write, &post_write);
        bank_freed.drive(post.bank_freed);
        vector_bank_freed.drive(post.vector_bank_freed);
        let store_unit = StoreUnit {
            name: self.name("store"),
            splitter,
            rows: arch.rows,
            scratchpad_bits: bits,
        };
        let inputs = StoreUnitInputs {
            instruction: store_issue,
            bases,
            data: scratchpad.store_data,
            done: writes.done,
            halt: front.halt,
            clear: front.clear,
        };

        let store = m.instance(&store_unit, inputs);
        connect(&store.scratchpad, &store_read);
        connect(&store.transfers, &store_transfers);
        connect(&store.beats, &store_beats);

        let units = [
            load.signalling,
            matrix.signalling,
            post.signalling,
            store.signalling,
            vector.signalling,
        ];
        for (unit, wire) in units.iter().zip(&signalling) {
            connect(unit, wire);
        }
        units_idle.drive(join(&[
            load.idle,
            matrix.idle,
            post.idle,
            store.idle,
            vector.idle,
        ]));
        bus_quiet.drive(load.quiet & store.quiet);
        let beat = (read.rvalid & read.rready) | (write.wvalid & write.wready);
        // The watchdog has time.
        let moved = m.flag(beat | matrix.active | post.active | vector.active);
        progress.drive(moved);
        read_failed.drive(load.failed);
        write_failed.drive(store.failed);
        let of_units = [
            load.out_of_range,
            matrix.out_of_range,
            post.out_of_range,
            store.out_of_range,
            vector.out_of_range,
        ];
        out_of_range.drive(join(&of_units).any());

        m.section("events");
        let issued: Vec<_> = front.issue.iter().map(|issue| issue.fires()).collect();
        let works = [
            !load.idle,
            matrix.active,
            post.active,
            !store.idle,
            vector.works,
        ];
        let m_axis_events = Events::of_units(m, join(&issued), join(&works));

        m.section("status, interrupt and counters");
        let done = registers["interrupt_enable_done"] & registers["interrupt_status_done"];
        let error = registers["interrupt_enable_error"] & registers["interrupt_status_error"];
        let irq = m.flag(done | error);
        let fault = m.reg(load.failed_address.shape()).reset(0);
        let has_fault = m.reg(bit()).reset(0);
        m.when(front.begins, || {
            fault.set(0);
            has_fault.set(false);
        })
        .else_when((load.failed | store.failed) & !has_fault, || {
            fault.set(load.failed.mux(load.failed_address, store.failed_address));
            has_fault.set(true);
        });
        let mut shown = Pins::new([
            ("fault_low_address", fault.truncate(32)),
            (
                "fault_high_address",
                fault.slice(32, NpuArch::ADDRESS_BITS - 32),
            ),
            ("status_busy", front.busy),
            ("status_cause", front.cause.zero_extend(4)),
            ("status_code", front.code),
            ("interrupt_status_done_set", front.done),
            ("interrupt_status_error_set", front.stopped),
            ("index_index", front.index),
        ]);
        let events = [
            front.busy,
            !load.idle,
            matrix.active,
            post.active,
            !store.idle,
            matrix.stall_weights,
            matrix.stall_bank,
            read.rvalid & read.rready,
            write.wvalid & write.wready,
            vector.active,
            vector.stall_scratchpad,
        ];
        let counted = m.reg(unsigned(events.len() as u32)).reset(0);
        let mut counts = Vec::new();
        for (number, ((name, _), event)) in (0..).zip(COUNTERS_OF.into_iter().zip(events)) {
            // What was fetched ahead of the start counts too.
            let (begins, counts_now) = match name {
                "read_beats" => (front.fetch_begins, event),
                _ => (front.begins, event & front.busy),
            };
            counts.push(counts_now);
            let event = counted.bit(number);
            let count = m.reg(unsigned(64)).named(format!("{name}_count")).reset(0);
            m.when(begins, || count.set(0))
                .else_when(event, || count.set(count + 1));
            shown.push(format!("{name}_low_count"), count.truncate(32));
            shown.push(format!("{name}_high_count"), count.slice(32, 32));
        }
        counted.next(join(&counts));
        let inputs = AxiLiteRegistersInputs {
            s_axil: io.s_axil,
            shown,
        };
        let instance = m.instance_of(&register_block).named("registers");
        connect(&instance.connect(inputs), &registers);
        NpuCoreOutputs {
            m_axi,
            irq,
            m_axis_events,
        }
    }
}

/// What VECTOR gives where there is none.
#[hardware]
fn without_vector<'m>(
    m: &'m Module,
    inputs: VectorUnitInputs<'m>,
    address_bits: u32,
) -> VectorUnitOutputs<'m> {
    let (low, high) = (m.low(), m.high());
    inputs.instruction.ready.drive(high);
    inputs.drain.data.drive(m.zero(inputs.drain.data.shape()));
    for unused in [
        inputs.drain.enable,
        inputs.drain.advance,
        inputs.drain.bank,
        inputs.drain.address,
        inputs.bank_freed,
    ] {
        m.unused(unused);
    }
    let scratchpad = m.wires(ByteRead::of(address_bits));
    scratchpad.request.drive(low);
    scratchpad.address.drive(m.zero(unsigned(address_bits)));
    m.unused(scratchpad.grant);
    VectorUnitOutputs {
        scratchpad,
        bank_complete: low,
        signalling: Signalling {
            valid: low,
            semaphore: m.zero(unsigned(4)),
        },
        idle: high,
        works: low,
        active: low,
        stall_scratchpad: low,
        out_of_range: low,
    }
}
