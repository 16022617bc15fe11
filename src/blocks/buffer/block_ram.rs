//! Memories of block RAMs of ECP5 with their output registers.

use super::MemoryInputs;
use crate::arch::BlockRams;
use crate::blocks::prim::{RamOutputs, RamRead, RamWrite};
use crate::blocks::vendor::Dp16kd;
use crate::hdl::{Block, Module, Shapes, Signal, hardware, index_bits, join};

/// A memory with a write port and a read port, cut into block RAMs of one shape. The word comes two
/// cycles after its address: the first enabled by `read_enable`, the second, into the output
/// registers, by `take`. No address is read in the cycle in which it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRam {
    /// The core's module name, which begins the names of all parts.
    pub core: String,
    /// Bits per word.
    pub width: u32,
    /// Words.
    pub depth: u32,
}

impl BlockRam {
    /// Paths of the cells of such a memory, each with the first bit of the word that it holds.
    pub fn cells(width: u32, depth: u32) -> impl Iterator<Item = (String, u32)> {
        let cut = BlockRams::of(width, depth);
        let rows = (0..cut.rows).flat_map(move |row| (0..cut.columns).map(move |at| (row, at)));
        rows.map(move |(row, at)| {
            let part = part_name(&cut, row, at);
            (format!("{part}.{CELL}"), at * cut.width)
        })
    }
}

/// The instance of a part: those of a row side by side.
fn part_name(cut: &BlockRams, row: u32, column: u32) -> String {
    match cut.rows {
        1 => format!("part_{column}"),
        _ => format!("part_{row}_{column}"),
    }
}

/// The instance of the block RAM in a part.
const CELL: &str = "ram";

#[hardware]
impl Block for BlockRam {
    fn module_name(&self) -> String {
        format!("{}_block_ram_{}x{}", self.core, self.width, self.depth)
    }

    fn inputs(&self) -> Shapes<MemoryInputs<'static>> {
        MemoryInputs::of(self.width, self.depth)
    }

    fn build<'m>(&self, m: &'m Module, io: MemoryInputs<'m>) -> RamOutputs<'m> {
        let BlockRam { width, depth, .. } = *self;
        let cut = BlockRams::of(width, depth);
        m.doc(
            "Memory of block RAMs with their output registers: a word comes two cycles after its \
             address.",
        );
        m.is_memory(width, depth);
        let MemoryInputs { write, read, take } = io;
        let ports = [
            ("write", write.enable, write.address),
            ("read", read.enable, read.address),
        ];
        if !depth.is_power_of_two() {
            for (name, enable, address) in ports {
                m.assert(
                    &format!("{name}_address_exists"),
                    !(enable & address.ge(depth)),
                    "an address is beyond the last word",
                );
            }
        }

        // The place of a word in a row of block RAMs, and the row if there are several.
        let bits = index_bits(cut.depth.into());
        let [(write_place, write_row), (read_place, read_row)] =
            ports.map(|(name, _, address)| match cut.rows {
                1 => (address.zero_extend(bits), None),
                _ => {
                    let row = address.slice(bits, address.width() - bits);
                    let row = row.named(format!("{name}_row"));
                    (address.truncate(bits), Some(row))
                }
            });
        let part = Part {
            core: self.core.clone(),
            width: cut.width,
        };
        let data = write.data.zero_extend(cut.columns * cut.width);
        let data = data.split(cut.width);
        let mut words = Vec::new();
        for number in 0..cut.rows {
            let of_row = |name: &str, enable: Signal<'m>, row: Option<Signal<'m>>| match row {
                Some(row) => (enable & row.eq(number)).named(format!("{name}_{number}")),
                None => enable,
            };
            let write_enable = of_row("write", write.enable, write_row);
            let read_enable = of_row("read", read.enable, read_row);
            let parts = (0..).zip(&data).map(|(column, data)| {
                let inputs = MemoryInputs {
                    write: RamWrite {
                        enable: write_enable,
                        address: write_place,
                        data: *data,
                    },
                    read: RamRead {
                        enable: read_enable,
                        address: read_place,
                    },
                    take,
                };
                let part = m.instance_of(&part).named(part_name(&cut, number, column));
                part.connect(inputs).read_data
            });
            words.push(join(&parts.collect::<Vec<_>>()));
        }
        let word = match read_row {
            None => words[0],
            Some(read_row) => {
                let row_read = m.capture(read.enable, read_row);
                let row_taken = m.capture(take, row_read);
                row_taken.select(&words)
            }
        };
        RamOutputs {
            read_data: word.truncate(width),
        }
    }
}

/// One block RAM with its output register.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    core: String,
    /// Bits per word.
    width: u32,
}

#[hardware]
impl Block for Part {
    fn module_name(&self) -> String {
        format!("{}_block_ram_part_{}", self.core, self.width)
    }

    fn inputs(&self) -> Shapes<MemoryInputs<'static>> {
        MemoryInputs::of(self.width, Dp16kd { width: self.width }.depth())
    }

    fn build<'m>(&self, m: &'m Module, io: MemoryInputs<'m>) -> RamOutputs<'m> {
        let cell = Dp16kd { width: self.width };
        m.doc(&format!(
            "One block RAM: {} words of {} bits, with its output register.",
            cell.depth(),
            self.width
        ));
        RamOutputs {
            read_data: cell.insert(m, CELL, io.write, io.read, io.take),
        }
    }
}
