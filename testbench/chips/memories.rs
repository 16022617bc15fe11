//! What synthesis says memories are made of, of memories that Yosys builds differently.

use crate::tools;
use ferrogrid::hdl::{Block, Module, bit, bundle, elaborate, hardware, unsigned};
use ferrogrid::synth::cache::Cache;
use ferrogrid::synth::{Flow, Target, unwatched};

/// A memory of many words beside one of few.
#[derive(Debug, Clone, PartialEq)]
struct Memories;

/// Width and depth of both.
const SIZES: [(&str, u32, u32); 2] = [("many", 16, 1024), ("few", 4, 8)];

bundle! {
    struct MemoriesInputs() {
        write: bit(),
        address: unsigned(10),
        data: unsigned(16),
        read: bit(),
        place: unsigned(10),
    }
}

bundle! {
    struct MemoriesOutputs() {
        many_out: unsigned(16),
        few_out: unsigned(4),
    }
}

#[hardware]
impl Block for Memories {
    fn module_name(&self) -> String {
        "memories".into()
    }

    fn build<'m>(&self, m: &'m Module, io: MemoriesInputs<'m>) -> MemoriesOutputs<'m> {
        let [many_out, few_out] = SIZES.map(|(name, width, depth)| {
            let bits = depth.ilog2();
            let memory = m.memory(width, depth).named(name).no_collision();
            memory.write(io.write, io.address.truncate(bits), io.data.truncate(width));
            memory
                .read_enabled(io.read, io.place.truncate(bits))
                .named(format!("{name}_word"))
        });
        MemoriesOutputs { many_out, few_out }
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
