//! Memories cut into block RAMs of Lattice ECP5.

/// Shapes of a block RAM (DP16KD): bits of a word, words.
const SHAPES: [(u32, u32); 6] = [
    (36, 512),
    (18, 1024),
    (9, 2048),
    (4, 4096),
    (2, 8192),
    (1, 16 * 1024),
];

/// Words and bits of a RAM that takes the place of four LUTs, and how many LUTs Yosys rates a block
/// RAM at.
const LUT_RAM: (u32, u32) = (4, 16);
const LUT_RAM_LUTS: u64 = 4;
const BLOCK_RAM_COST: u64 = 64;

/// A memory cut into block RAMs of one shape: side by side in a row, so that a word is as wide as
/// the memory's, and rows for all words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRams {
    /// Bits of a word in each block RAM.
    pub width: u32,
    /// Words of each block RAM.
    pub depth: u32,
    /// Block RAMs side by side.
    pub columns: u32,
    /// Rows of them.
    pub rows: u32,
}

impl BlockRams {
    /// For `depth` words of `width` bits, at the least cost: that of the block RAMs, and of the LUTs
    /// that choose between rows.
    pub fn of(width: u32, depth: u32) -> BlockRams {
        let cut = |(wide, deep): (u32, u32)| BlockRams {
            width: wide,
            depth: deep,
            columns: width.div_ceil(wide),
            rows: depth.div_ceil(deep),
        };
        let cuts = SHAPES.into_iter().map(cut);
        let choice = |cut: &BlockRams| u64::from(cut.rows - 1) * u64::from(width);
        cuts.min_by_key(|cut| BLOCK_RAM_COST * cut.count() + choice(cut))
            .expect("there are shapes")
    }

    /// All of them.
    pub fn count(&self) -> u64 {
        u64::from(self.columns) * u64::from(self.rows)
    }

    /// LUTs that hold `depth` words of `width` bits.
    pub fn luts(width: u32, depth: u32) -> u64 {
        let (wide, deep) = LUT_RAM;
        LUT_RAM_LUTS * u64::from(width.div_ceil(wide)) * u64::from(depth.div_ceil(deep))
    }

    /// The same, where they cost less than block RAMs do.
    pub fn luts_instead(width: u32, depth: u32) -> Option<u64> {
        let luts = BlockRams::luts(width, depth);
        (luts <= BLOCK_RAM_COST * BlockRams::of(width, depth).count()).then_some(luts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_is_cut_where_it_costs_least() {
        for ((width, depth), cut) in [
            ((64, 512), (36, 2, 1)),
            ((64, 16 * 1024), (1, 64, 1)),
            ((256, 256), (36, 8, 1)),
            ((18, 600), (18, 1, 1)),
            ((9, 2048), (9, 1, 1)),
            ((5, 2049), (4, 2, 1)),
            ((32, 4096), (4, 8, 1)),
            ((3, 20_000), (4, 1, 5)),
            ((72, 513), (18, 4, 1)),
            ((70, 40_000), (2, 35, 5)),
        ] {
            let of = BlockRams::of(width, depth);
            assert_eq!((of.width, of.columns, of.rows), cut, "{width} x {depth}");
            assert!(of.width * of.columns >= width && of.depth * of.rows >= depth);
        }
    }

    #[test]
    fn small_memories_are_luts() {
        assert_eq!(BlockRams::luts_instead(8, 16), Some(8));
        assert_eq!(BlockRams::luts_instead(36, 16), Some(36));
        assert_eq!(BlockRams::luts_instead(36, 28), None);
        assert_eq!(BlockRams::luts_instead(64, 512), None);
    }
}
