//! From which memories of its chip a core is made.

use super::{BANKS, BlockRams, Dataflow, MatmulArch, Target};

/// How a memory is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryStyle {
    /// As the tools choose.
    Any,
    /// Of block RAM.
    Block,
    /// Of UltraRAM.
    Ultra,
    /// Of block RAMs of ECP5 with the output registers that they have inside.
    Registered(BlockRams),
    /// Two banks of one port each, of the large memories of iCE40 UltraPlus (SPRAM).
    SinglePort,
}

/// SPRAM of an iCE40 UltraPlus: so many, of so many words of so many bits.
const SPRAMS: u32 = 4;
const SPRAM_DEPTH: u32 = 16 * 1024;
const SPRAM_WIDTH: u32 = 16;

/// An UltraRAM has so many words of so many bits.
const ULTRA_RAM_DEPTH: u32 = 4096;
const ULTRA_RAM_WIDTH: u32 = 72;

impl MatmulArch {
    /// Of a memory of `depth` words of `width` bits with a write port and a read port.
    ///
    /// Chips of the 7-series have block RAM. Some of UltraScale+ have UltraRAM too, and tools
    /// refuse a design that asks for it on the others: what is as deep as an UltraRAM and would
    /// fill one is made of it. Tools leave an output register outside the block RAM of ECP5, so
    /// that memories that have one are made of its cells there, unless they cost less in LUTs.
    pub fn memory_style(&self, width: u32, depth: u32) -> MemoryStyle {
        let one = u64::from(ULTRA_RAM_DEPTH * ULTRA_RAM_WIDTH);
        let large = depth >= ULTRA_RAM_DEPTH && u64::from(width) * u64::from(depth) >= one;
        match self.target {
            Target::UltraScalePlus if large => MemoryStyle::Ultra,
            Target::Xilinx | Target::UltraScalePlus => MemoryStyle::Block,
            Target::Ecp5
                if self.output_register && BlockRams::luts_instead(width, depth).is_none() =>
            {
                MemoryStyle::Registered(BlockRams::of(width, depth))
            }
            Target::Portable | Target::Ecp5 | Target::Ice40 => MemoryStyle::Any,
        }
    }

    /// Whether a memory of the core is made of cells of its chip.
    pub fn has_block_ram_cells(&self) -> bool {
        let MatmulArch {
            b_buffer: b,
            accumulators,
            ..
        } = self;
        let styles = [
            self.a_buffer_style(),
            self.memory_style(b.word_bits, BANKS * b.bank_depth),
            self.memory_style(accumulators.word_bits, accumulators.bank_depth),
        ];
        let mut styles = styles.into_iter();
        styles.any(|style| matches!(style, MemoryStyle::Registered(_)))
    }

    /// Of the A buffer.
    ///
    /// One of its banks is written while the other is read, so that each can live with one port.
    /// The B buffer cannot: it is read while it is filled. Nor can the accumulators, which are
    /// read and written in every cycle.
    pub fn a_buffer_style(&self) -> MemoryStyle {
        let buffer = &self.a_buffer;
        let wide = buffer.word_bits.div_ceil(SPRAM_WIDTH);
        let deep = buffer.bank_depth.div_ceil(SPRAM_DEPTH);
        let fits = u64::from(BANKS * wide) * u64::from(deep) <= u64::from(SPRAMS);
        if self.target == Target::Ice40 && self.dataflow == Dataflow::WeightStationary && fits {
            MemoryStyle::SinglePort
        } else {
            self.memory_style(buffer.word_bits, BANKS * buffer.bank_depth)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Bytes, ElementType, MatmulConfig};

    fn arch(target: Target, rows: u32, change: impl Fn(&mut MatmulConfig)) -> MatmulArch {
        let mut config = MatmulConfig::new(rows, 2);
        config.common.target = target;
        change(&mut config);
        MatmulArch::new(&config).expect("a legal architecture")
    }

    #[test]
    fn single_ports_are_for_what_fits_four_large_memories() {
        let style = |rows, change: fn(&mut MatmulConfig)| {
            arch(Target::Ice40, rows, change).a_buffer_style()
        };
        assert_eq!(style(4, |_| {}), MemoryStyle::SinglePort);
        assert_eq!(style(5, |_| {}), MemoryStyle::Any);
        let int4 = |config: &mut MatmulConfig| config.array.activation = ElementType::Int4;
        assert_eq!(style(8, int4), MemoryStyle::SinglePort);
        let os = |config: &mut MatmulConfig| config.array.dataflow = Dataflow::OutputStationary;
        assert_eq!(style(4, os), MemoryStyle::Any);
        assert_eq!(
            arch(Target::Portable, 4, |_| {}).a_buffer_style(),
            MemoryStyle::Any
        );
    }

    #[test]
    fn memories_on_xilinx_are_block_ram() {
        let arch = arch(Target::Xilinx, 4, |_| {});
        assert_eq!(arch.memory_style(72, 1 << 20), MemoryStyle::Block);
        assert_eq!(arch.a_buffer_style(), MemoryStyle::Block);
    }

    #[test]
    fn memories_with_output_registers_on_ecp5_are_cells() {
        let style = |register, width, depth| {
            let change = |config: &mut MatmulConfig| config.buffers.output_register = register;
            arch(Target::Ecp5, 4, change).memory_style(width, depth)
        };
        let cells = BlockRams::of(64, 512);
        assert_eq!(style(true, 64, 512), MemoryStyle::Registered(cells));
        assert_eq!(style(false, 64, 512), MemoryStyle::Any);
        assert_eq!(style(true, 8, 16), MemoryStyle::Any, "few words are LUTs");
    }

    #[test]
    fn a_core_on_ecp5_has_cells_where_a_memory_is_large() {
        let has = |register, sizes: [u64; 3]| {
            let change = |config: &mut MatmulConfig| {
                let buffers = &mut config.buffers;
                buffers.output_register = register;
                let [a, b, accumulators] = sizes.map(|size| Some(Bytes(size)));
                (buffers.a, buffers.b, buffers.accumulators) = (a, b, accumulators);
            };
            arch(Target::Ecp5, 2, change).has_block_ram_cells()
        };
        assert!(!has(true, [64, 64, 64]));
        for large in 0..3 {
            let mut sizes = [64; 3];
            sizes[large] = 4096;
            assert!(has(true, sizes), "{sizes:?}");
            assert!(!has(false, sizes), "{sizes:?}");
        }
    }

    #[test]
    fn what_would_fill_an_ultra_ram_is_one() {
        let style = |width, depth| {
            let arch = arch(Target::UltraScalePlus, 4, |_| {});
            arch.memory_style(width, depth)
        };
        assert_eq!(style(72, 4096), MemoryStyle::Ultra);
        assert_eq!(style(71, 4096), MemoryStyle::Block);
        assert_eq!(style(32, 9216), MemoryStyle::Ultra);
        assert_eq!(style(32, 9215), MemoryStyle::Block);
        assert_eq!(
            style(512, 4095),
            MemoryStyle::Block,
            "most of it were empty"
        );
    }
}
