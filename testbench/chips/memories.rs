//! What synthesis says memories are made of, of memories that Yosys builds differently.

use crate::tools;
use ferrogrid::hdl::{Block, Module, bit, elaborate, unsigned};
use ferrogrid::synth::cache::Cache;
use ferrogrid::synth::{Flow, Target, unwatched};

/// A memory of many words beside one of few.
#[derive(Debug, Clone, PartialEq)]
struct Memories;

/// Width and depth of both.
const SIZES: [(&str, u32, u32); 2] = [("many", 16, 1024), ("few", 4, 8)];

impl Block for Memories {
    fn module_name(&self) -> String {
        "memories".into()
    }

    ferrogrid::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let address = m.input("address", unsigned(10));
        let data = m.input("data", unsigned(16));
        let (write, read) = (m.input("write", bit()), m.input("read", bit()));
        let place = m.input("place", unsigned(10));
        for (name, width, depth) in SIZES {
            let bits = depth.ilog2();
            let memory = m.memory(width, depth).named(name).no_collision();
            memory.write(write, address.truncate(bits), data.truncate(width));
            let word = memory
                .read_enabled(read, place.truncate(bits))
                .named(format!("{name}_word"));
            m.output(format!("{name}_out"), word);
        }
    }
}

/// Registers are found where a chip has no memory in LUTs, and those LUTs where it has.
#[test]
fn memories_of_registers_and_luts_are_told_from_block_ram() {
    if !tools::synthesizer() {
        return;
    }
    let design = elaborate(&Memories).expect("a legal design");
    for (target, block_ram, other) in [
        ("ecp5-85k", "DP16KD", "TRELLIS_DPR16X4"),
        ("ice40-up5k", "SB_RAM40_4K", "SB_DFFE"),
        ("xilinx-7", "RAMB18E1", "RAM32M"),
        ("gowin-18", "DPX9B", "RAM16SDP4"),
        ("nexus-40", "PDPSC16K", "DPR16X4"),
    ] {
        let flow = Flow::to_count(&design, Target::named(target).expect("a target"));
        let cache = Cache::open().expect("a cache");
        let outcome = flow.run(&cache, &mut |_| (), &mut unwatched);
        let memories = outcome
            .unwrap_or_else(|error| panic!("{target}: {error}"))
            .memories;
        let [many, few] = &memories[..] else {
            panic!("{target}: {memories:?}");
        };
        assert_eq!([&*many.memory, &*few.memory], SIZES.map(|(name, ..)| name));
        for (memory, kind, in_block_ram) in [(many, block_ram, true), (few, other, false)] {
            let kinds: Vec<_> = memory.cells.keys().collect();
            assert_eq!(kinds, [kind], "{target}: {memory:?}");
            assert_eq!(memory.in_block_ram, in_block_ram, "{target}: {memory:?}");
        }
        assert_eq!((many.bits, few.bits), (16 * 1024, 32), "{target}");
    }
}
