//! A matrix-multiply core between ordinary rust-hdl blocks: simulated by rust-hdl, traced and
//! emitted with the rest of the design.
//!
//!     cargo run --release --features rust-hdl --example rust_hdl_matmul -- [OUTPUT_FOLDER]
//!
//! rust-hdl blocks set the core's registers, feed both operands from ROMs, and collect the results
//! in a FIFO that a strobe empties slowly enough to stall the core. With a folder, the Verilog and
//! the waves of the run are written to it.

use ferrogrid::arch::{self, JobShape, MatmulArch};
use ferrogrid::blocks::MatmulCore;
use ferrogrid::device::matmul::MatmulJob;
use ferrogrid::device::pack::{pack_a, pack_b, unpack_c};
use ferrogrid::hdl::elaborate;
use ferrogrid::rust_hdl::{Matmul, emit};
use ndarray::{Array2, array};
use rust_hdl::prelude::*;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Sends the beats of a matrix, once, as fast as they are taken.
#[derive(LogicBlock)]
struct Feeder {
    pub clock: Signal<In, Clock>,
    pub tdata: Signal<Out, Bits<32>>,
    pub tlast: Signal<Out, Bit>,
    pub tvalid: Signal<Out, Bit>,
    pub tready: Signal<In, Bit>,
    beats: ROM<Bits<32>, 8>,
    last: Constant<Bits<8>>,
    index: DFF<Bits<8>>,
    done: DFF<Bit>,
}

impl Feeder {
    fn new(beats: &[Vec<u32>]) -> Self {
        let words = beats.iter().map(|beat| Bits::from(u64::from(beat[0])));
        Feeder {
            clock: Signal::default(),
            tdata: Signal::default(),
            tlast: Signal::default(),
            tvalid: Signal::default(),
            tready: Signal::default(),
            beats: ROM::from(words),
            last: Constant::new((beats.len() as u64 - 1).into()),
            index: DFF::default(),
            done: DFF::default(),
        }
    }
}

impl Logic for Feeder {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, index, done);
        self.beats.address.next = self.index.q.val();
        self.tdata.next = self.beats.data.val();
        self.tvalid.next = !self.done.q.val();
        self.tlast.next = self.index.q.val() == self.last.val();
        if !self.done.q.val() & self.tready.val() {
            self.index.d.next = self.index.q.val() + 1;
            self.done.d.next = self.index.q.val() == self.last.val();
        }
    }
}

/// Writes a list of registers over AXI4-Lite, once.
#[derive(LogicBlock)]
struct Programmer {
    pub clock: Signal<In, Clock>,
    pub enable: Signal<In, Bit>,
    pub awaddr: Signal<Out, Bits<7>>,
    pub awvalid: Signal<Out, Bit>,
    pub awready: Signal<In, Bit>,
    pub wdata: Signal<Out, Bits<32>>,
    pub wvalid: Signal<Out, Bit>,
    pub wready: Signal<In, Bit>,
    pub bvalid: Signal<In, Bit>,
    pub bready: Signal<Out, Bit>,
    writes: ROM<Bits<39>, 3>,
    count: Constant<Bits<3>>,
    index: DFF<Bits<3>>,
    address_sent: DFF<Bit>,
    data_sent: DFF<Bit>,
}

impl Programmer {
    fn new(writes: &[(u32, u32)]) -> Self {
        let words = writes
            .iter()
            .map(|&(address, data)| Bits::from(u64::from(address) << 32 | u64::from(data)));
        Programmer {
            clock: Signal::default(),
            enable: Signal::default(),
            awaddr: Signal::default(),
            awvalid: Signal::default(),
            awready: Signal::default(),
            wdata: Signal::default(),
            wvalid: Signal::default(),
            wready: Signal::default(),
            bvalid: Signal::default(),
            bready: Signal::default(),
            writes: ROM::from(words),
            count: Constant::new((writes.len() as u64).into()),
            index: DFF::default(),
            address_sent: DFF::default(),
            data_sent: DFF::default(),
        }
    }
}

impl Logic for Programmer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, index, address_sent, data_sent);
        self.writes.address.next = self.index.q.val();
        self.awaddr.next = self.writes.data.val().get_bits::<7>(32);
        self.wdata.next = self.writes.data.val().get_bits::<32>(0);
        self.awvalid.next = false;
        self.wvalid.next = false;
        self.bready.next = true;
        if self.enable.val() & (self.index.q.val() != self.count.val()) {
            self.awvalid.next = !self.address_sent.q.val();
            self.wvalid.next = !self.data_sent.q.val();
            if self.awready.val() {
                self.address_sent.d.next = true;
            }
            if self.wready.val() {
                self.data_sent.d.next = true;
            }
            if self.bvalid.val() {
                self.index.d.next = self.index.q.val() + 1;
                self.address_sent.d.next = false;
                self.data_sent.d.next = false;
            }
        }
    }
}

/// One product of two matrices that are part of the design.
#[derive(LogicBlock)]
pub(crate) struct Accelerator {
    pub clock: Signal<In, Clock>,
    /// Two results.
    pub result: Signal<Out, Bits<64>>,
    /// The results leave the FIFO in this cycle.
    pub valid: Signal<Out, Bit>,
    /// The core has raised its interrupt.
    pub led: Signal<Out, Bit>,
    power_on: AutoReset,
    programmer: Programmer,
    feed_a: Feeder,
    feed_b: Feeder,
    pub core: Matmul,
    results: SynchronousFIFO<Bits<64>, 2, 3, 1>,
    strobe: Strobe<8>,
    done: DFF<Bit>,
}

impl Accelerator {
    /// The product of `a` and `b` on a core of this architecture.
    pub fn new(arch: &MatmulArch, a: &Array2<i64>, b: &Array2<i64>) -> Self {
        let design = elaborate(&MatmulCore::new(arch)).expect("presets make cores");
        let job = MatmulJob::of_integers(arch, a, b).expect("elements of the core's types");
        let registers = MatmulCore::register_map(arch);
        let write = |register: &str, data| (registers.get(register).offset, data);
        Accelerator {
            clock: Signal::default(),
            result: Signal::default(),
            valid: Signal::default(),
            led: Signal::default(),
            power_on: AutoReset::default(),
            programmer: Programmer::new(&[
                write("interrupt_enable", 1),
                write("m", a.nrows() as u32),
                write("k", a.ncols() as u32),
                write("n", b.ncols() as u32),
                write("control", 1),
            ]),
            feed_a: Feeder::new(&pack_a(arch, &job.a, || 0)),
            feed_b: Feeder::new(&pack_b(arch, &job.b, || 0)),
            core: Matmul::new(&design).expect("the ports of the matmul core"),
            results: SynchronousFIFO::default(),
            strobe: Strobe::new(50, 10.0),
            done: DFF::default(),
        }
    }
}

impl Logic for Accelerator {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self, clock, power_on, programmer, feed_a, feed_b, results, strobe
        );
        dff_setup!(self, clock, done);
        self.core.aclk.next = self.clock.val();
        self.core.aresetn.next = !self.power_on.reset.val();

        // Registers. Widths that depend on the core's configuration are converted with `into`.
        self.programmer.enable.next = !self.power_on.reset.val();
        self.core.s_axil_awaddr.next = self.programmer.awaddr.val().into();
        self.core.s_axil_awvalid.next = self.programmer.awvalid.val();
        self.programmer.awready.next = self.core.s_axil_awready.val();
        self.core.s_axil_wdata.next = self.programmer.wdata.val();
        self.core.s_axil_wstrb.next = 15.into();
        self.core.s_axil_wvalid.next = self.programmer.wvalid.val();
        self.programmer.wready.next = self.core.s_axil_wready.val();
        self.programmer.bvalid.next = self.core.s_axil_bvalid.val();
        self.core.s_axil_bready.next = self.programmer.bready.val();
        self.core.s_axil_araddr.next = bits::<7>(0).into();
        self.core.s_axil_arvalid.next = false;
        self.core.s_axil_rready.next = true;

        // Operands.
        self.core.s_axis_a_tdata.next = self.feed_a.tdata.val().into();
        self.core.s_axis_a_tlast.next = self.feed_a.tlast.val();
        self.core.s_axis_a_tvalid.next = self.feed_a.tvalid.val();
        self.feed_a.tready.next = self.core.s_axis_a_tready.val();
        self.core.s_axis_b_tdata.next = self.feed_b.tdata.val().into();
        self.core.s_axis_b_tlast.next = self.feed_b.tlast.val();
        self.core.s_axis_b_tvalid.next = self.feed_b.tvalid.val();
        self.feed_b.tready.next = self.core.s_axis_b_tready.val();

        // Results.
        self.results.data_in.next = self.core.m_axis_c_tdata.val().into();
        self.results.write.next = self.core.m_axis_c_tvalid.val() & !self.results.full.val();
        self.core.m_axis_c_tready.next = !self.results.full.val();
        self.strobe.enable.next = true;
        self.results.read.next = self.strobe.strobe.val() & !self.results.empty.val();
        self.result.next = self.results.data_out.val();
        self.valid.next = self.strobe.strobe.val() & !self.results.empty.val();

        if self.core.irq.val() {
            self.done.d.next = true;
        }
        self.led.next = self.done.q.val();
    }
}

/// The smallest preset: beats of 32 bits in, of 64 bits out.
pub(crate) fn arch() -> MatmulArch {
    arch::from_preset("matmul-4x4").expect("a preset")
}

/// Runs an accelerator under rust-hdl's simulator until `count` pairs of results have come;
/// returns them and the waves.
pub(crate) fn run(accelerator: Accelerator, count: usize) -> (Vec<Vec<u32>>, Vec<u8>) {
    let collected = Arc::new(Mutex::new(Vec::new()));
    let results = Arc::clone(&collected);
    let mut simulation = simple_sim!(Accelerator, clock, 100_000_000, ep, {
        let mut x = ep.init()?;
        let mut found = 0;
        while found < count || !x.led.val() {
            wait_clock_cycle!(ep, clock, x);
            if x.valid.val() {
                let pair = x.result.val().to_u64();
                let mut results = results.lock().expect("one test bench");
                results.push(vec![pair as u32, (pair >> 32) as u32]);
                found += 1;
            }
        }
        ep.done(x)
    });
    let mut waves = Vec::new();
    simulation
        .run_traced(
            Box::new(accelerator),
            100 * sim_time::ONE_MICROSECOND,
            &mut waves,
        )
        .expect("the run comes to its end");
    let results = collected.lock().expect("the test bench has ended").clone();
    (results, waves)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arch = arch();
    let a = array![
        [-128, -128, -128, -128, -128],
        [1, 2, 3, 4, 5],
        [127, -1, 0, 1, -127]
    ];
    let b = array![[-128, 1], [-128, 2], [-128, 3], [-128, 4], [-128, 5]];

    let verilog = emit(&mut Accelerator::new(&arch, &a, &b))?;
    let shape = JobShape {
        m: a.nrows() as u32,
        k: a.ncols() as u32,
        n: b.ncols() as u32,
    };
    let (beats, waves) = run(
        Accelerator::new(&arch, &a, &b),
        arch.beats(shape).c as usize,
    );
    let product = unpack_c(&arch, shape, &beats)?.integers();
    println!("{a}\n\ntimes\n\n{b}\n\nis\n\n{product}");
    assert_eq!(product, a.dot(&b));

    if let Some(folder) = std::env::args().nth(1) {
        let folder = Path::new(&folder);
        std::fs::create_dir_all(folder)?;
        for file in verilog.cores.iter().chain([&verilog.design]) {
            std::fs::write(folder.join(&file.name), &file.text)?;
        }
        std::fs::write(folder.join("waves.vcd"), waves)?;
        println!("\nVerilog and waves are in {}", folder.display());
    }
    Ok(())
}
