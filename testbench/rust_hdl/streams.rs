//! Random jobs on the block of the matmul core, in lockstep with the native simulator.

use crate::lockstep::Lockstep;
use crate::{accelerator, operands, shape};
use ferrogrid::arch::{JobShape, MatmulArch};
use ferrogrid::blocks::MatmulCore;
use ferrogrid::config::{Kind, presets_of};
use ferrogrid::device::matmul::MatmulJob;
use ferrogrid::device::pack::{pack_a, pack_b, unpack_c};
use ferrogrid::hdl::elaborate;
use ferrogrid::reference::integer_matmul;
use ferrogrid::rust_hdl::{Matmul, Value};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rust_hdl::prelude::*;
use std::collections::VecDeque;

fn arch(preset: &str) -> MatmulArch {
    ferrogrid::arch::from_preset(preset).unwrap()
}

fn value(width: u32, words: &[u32]) -> Value {
    let pairs = words.chunks(2);
    let words: Vec<u64> = pairs
        .map(|pair| u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32)
        .collect();
    Value::from_words(width, &words)
}

/// Register writes, one at a time.
struct Writes {
    address_bits: u32,
    left: VecDeque<(u32, u32)>,
    address_sent: bool,
    data_sent: bool,
}

impl Writes {
    fn drive(&self, core: &mut Matmul) {
        let (address, data) = self.left.front().copied().unwrap_or_default();
        let some = !self.left.is_empty();
        core.s_axil_awaddr.next = value(self.address_bits, &[address]);
        core.s_axil_awvalid.next = some && !self.address_sent;
        core.s_axil_wdata.next = u64::from(data).into();
        core.s_axil_wstrb.next = 15.into();
        core.s_axil_wvalid.next = some && !self.data_sent;
        core.s_axil_bready.next = true;
        core.s_axil_rready.next = true;
    }

    fn advance(&mut self, core: &Matmul) {
        self.address_sent |= core.s_axil_awvalid.val() && core.s_axil_awready.val();
        self.data_sent |= core.s_axil_wvalid.val() && core.s_axil_wready.val();
        if core.s_axil_bvalid.val() {
            self.left.pop_front();
            self.address_sent = false;
            self.data_sent = false;
        }
    }
}

/// A clock cycle; the comparison stands before the edge.
fn cycle(core: &mut Matmul, lockstep: &mut Lockstep, observe: impl FnOnce(&Matmul)) {
    assert!(simulate(core, 10));
    lockstep.cycle(core);
    observe(core);
    for level in [true, false] {
        core.aclk.next = level.into();
        assert!(simulate(core, 10));
    }
}

/// One job with random stalls on all streams.
fn job(
    arch: &MatmulArch,
    core: &mut Matmul,
    lockstep: &mut Lockstep,
    (a, b): (&Array2<i64>, &Array2<i64>),
    rng: &mut ChaCha8Rng,
) -> Array2<i64> {
    let shape = shape(a, b);
    let registers = MatmulCore::register_map(arch);
    let write = |name: &str, data| (registers.get(name).offset, data);
    let mut writes = Writes {
        address_bits: registers.address_bits(),
        left: [
            write("m", shape.m),
            write("k", shape.k),
            write("n", shape.n),
            write("control", 1),
        ]
        .into(),
        address_sent: false,
        data_sent: false,
    };
    let job = MatmulJob::of_integers(arch, a, b).unwrap();
    let mut a: VecDeque<_> = pack_a(arch, &job.a, || rng.random()).into();
    let mut b: VecDeque<_> = pack_b(arch, &job.b, || rng.random()).into();
    let [idle_a, idle_b, stall_c] = [0; 3].map(|_| rng.random_range(0.0..0.7));
    let mut beats = Vec::new();
    let (mut valid_a, mut valid_b, mut last) = (false, false, false);
    while !last {
        assert!(lockstep.cycles() < 20_000, "the job never ends");
        // A beat that was offered stays until it is taken.
        valid_a = !a.is_empty() && (valid_a || !rng.random_bool(idle_a));
        valid_b = !b.is_empty() && (valid_b || !rng.random_bool(idle_b));
        writes.drive(core);
        if let Some(beat) = a.front() {
            core.s_axis_a_tdata.next = value(arch.a.width, beat);
        }
        core.s_axis_a_tlast.next = a.len() == 1;
        core.s_axis_a_tvalid.next = valid_a;
        if let Some(beat) = b.front() {
            core.s_axis_b_tdata.next = value(arch.b.width, beat);
        }
        core.s_axis_b_tlast.next = b.len() == 1;
        core.s_axis_b_tvalid.next = valid_b;
        core.m_axis_c_tready.next = !rng.random_bool(stall_c);
        cycle(core, lockstep, |core| {
            writes.advance(core);
            if valid_a && core.s_axis_a_tready.val() {
                a.pop_front();
                valid_a = false;
            }
            if valid_b && core.s_axis_b_tready.val() {
                b.pop_front();
                valid_b = false;
            }
            if core.m_axis_c_tvalid.val() && core.m_axis_c_tready.val() {
                let words = core.m_axis_c_tdata.val();
                let halves = words.words().flat_map(|w| [w as u32, (w >> 32) as u32]);
                beats.push(halves.collect::<Vec<_>>());
                last = core.m_axis_c_tlast.val();
            }
        });
    }
    unpack_c(arch, shape, &beats)
        .expect("all results")
        .integers()
}

#[test]
fn random_jobs_match_the_native_simulator_in_every_cycle() {
    let mut rng = ChaCha8Rng::seed_from_u64(46);
    for preset in ["matmul-4x4", "matmul-6x10", "matmul-8x8-os"] {
        let arch = arch(preset);
        let design = elaborate(&MatmulCore::new(&arch)).unwrap();
        let mut core = Matmul::new(&design).unwrap();
        let mut lockstep = Lockstep::new(&design, &core);
        for _ in 0..3 {
            cycle(&mut core, &mut lockstep, |_| {});
        }
        core.aresetn.next = true;
        for round in 0..4 {
            let [m, k, n] = [0; 3].map(|_| rng.random_range(1..=13));
            let mut element = || match round {
                0 => -128,
                1 => [-128, 127][usize::from(rng.random::<bool>())],
                _ => rng.random_range(-128..=127),
            };
            let a = Array2::from_shape_simple_fn((m, k), &mut element);
            let b = Array2::from_shape_simple_fn((k, n), &mut element);
            let expected = integer_matmul(a.view(), b.view()).unwrap();
            let found = job(&arch, &mut core, &mut lockstep, (&a, &b), &mut rng);
            assert_eq!(found, expected, "{preset}, round {round}");
        }
    }
}

#[test]
fn the_core_of_the_example_matches_the_native_simulator_in_every_cycle() {
    let (a, b, _) = operands();
    let JobShape { m, k, n } = shape(&a, &b);
    let design = elaborate(&MatmulCore::new(&crate::example::arch())).unwrap();
    let mut top = accelerator();
    let mut lockstep = Lockstep::new(&design, &top.core);
    top.connect_all();
    while !top.led.val() {
        assert!(lockstep.cycles() < 5_000, "{m} x {k} x {n} never ends");
        assert!(simulate(&mut top, 100));
        lockstep.cycle(&top.core);
        for level in [true, false] {
            top.clock.next = level.into();
            assert!(simulate(&mut top, 100));
        }
    }
}

#[test]
fn the_block_has_the_ports_of_every_preset() {
    for preset in presets_of(Kind::Matmul) {
        let arch = arch(preset.name);
        let design = elaborate(&MatmulCore::new(&arch)).unwrap();
        let core = Matmul::new(&design).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(core.s_axis_a_tdata.width(), arch.a.width);
        assert_eq!(core.m_axis_c_tdata.width(), arch.c.width);
        Lockstep::new(&design, &core);
    }
}
