//! The native simulator allocates nothing while it runs.
//!
//! A target of its own: it counts what the whole process allocates.

use ferrogrid::hdl::sim::Simulator;
use ferrogrid::hdl::{bit, design, unsigned};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Wide and narrow arithmetic, registers of every kind, masked memories and properties.
fn simulator() -> Simulator {
    let design = design("everything", |m| {
        let enable = m.input("enable", bit());
        let narrow = m.input("narrow", unsigned(16));
        let wide = m.input("wide", unsigned(200));
        let address = m.reg(unsigned(4)).named("address").reset(0);
        address.next(address + 1);
        let product = m
            .reg(unsigned(400))
            .named("product")
            .enable(enable)
            .next(wide * wide);
        let shifted = m
            .reg(unsigned(200))
            .named("shifted")
            .reset(5)
            .next(wide >> narrow);
        let ram = m.memory(200, 13).named("ram").granularity(25);
        ram.write_masked(enable, *address, shifted, narrow.truncate(8));
        let word = ram.read_enabled(enable, *address).named("word");
        m.assert("in_range", address.lt(13), "the address left the memory");
        m.cover("wrapped", address.eq(0));
        m.output("sum", (word + shifted).lt(wide).mux(narrow, 1) + narrow);
        m.output("high", product.slice(300, 100));
    });
    match design {
        Ok(design) => Simulator::new(&design),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_cycle_allocates_nothing() {
    let mut sim = simulator();
    sim.reset(2);
    let handle = |name: &str| sim.signal(name).expect("a port of the design");
    let (enable, narrow, wide) = (handle("enable"), handle("narrow"), handle("wide"));
    let (sum, high) = (handle("sum"), handle("high"));
    // Failures are records and may allocate: stay below the address that fails.
    let mut check = 0;
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for cycle in 0..12u64 {
        sim.set(enable, cycle & 1);
        sim.set(narrow, cycle * 77);
        sim.set_words(
            wide,
            &[cycle * 0x1234_5678_9abc, !cycle, cycle << 40, 200 - cycle],
        );
        check ^= sim.get(sum);
        sim.step();
        check ^= sim.words(high)[1];
        sim.eval();
    }
    sim.reset(3);
    sim.run(12);
    let after = ALLOCATIONS.load(Ordering::Relaxed);
    assert_eq!(after - before, 0, "check {check}");
    assert_eq!(sim.failures(), []);
    sim.run(2);
    assert!(
        !sim.failures().is_empty(),
        "the counter counts what a failure allocates"
    );
    assert!(ALLOCATIONS.load(Ordering::Relaxed) > after);
}
