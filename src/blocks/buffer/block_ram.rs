//! Memories of block RAMs of ECP5 with their output registers.

use crate::arch::BlockRams;
use crate::blocks::prim::{RamRead, RamWrite};
use crate::blocks::vendor::Dp16kd;
use crate::hdl::{Block, Instance, Module, Signal, bit, index_bits, join, unsigned};

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

impl Block for BlockRam {
    fn module_name(&self) -> String {
        format!("{}_block_ram_{}x{}", self.core, self.width, self.depth)
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let BlockRam { width, depth, .. } = *self;
        let cut = BlockRams::of(width, depth);
        let BlockRams {
            width: part_width,
            depth: part_depth,
            columns,
            rows,
        } = cut;
        m.doc(
            "Memory of block RAMs with their output registers: a word comes two cycles after its \
             address.",
        );
        m.is_memory(width, depth);
        let Ports { write, read, take } = Ports::of(m, width, depth);
        for (name, enable, address) in [
            ("write", write.enable, write.address),
            ("read", read.enable, read.address),
        ] {
            if !depth.is_power_of_two() {
                let name = format!("{name}_address_exists");
                let exists = !(enable & address.ge(depth));
                m.assert(&name, exists, "an address is beyond the last word");
            }
        }

        // The place of a word in a row of block RAMs, and the row if there are several.
        let place_bits = index_bits(part_depth.into());
        let [(write_place, write_row), (read_place, read_row)] =
            [("write_row", write.address), ("read_row", read.address)].map(|(name, address)| {
                if rows == 1 {
                    return (address.zero_extend(place_bits), None);
                }
                let row = address.slice(place_bits, address.width() - place_bits);
                (address.truncate(place_bits), Some(row.named(name)))
            });
        let part = Part {
            core: self.core.clone(),
            width: part_width,
        };
        let data = write
            .data
            .zero_extend(columns * part_width)
            .split(part_width);
        let mut words = Vec::new();
        for number in 0..rows {
            let (mut write_enable, mut read_enable) = (write.enable, read.enable);
            if let (Some(write_row), Some(read_row)) = (write_row, read_row) {
                write_enable =
                    (write_enable & write_row.eq(number)).named(format!("write_{number}"));
                read_enable = (read_enable & read_row.eq(number)).named(format!("read_{number}"));
            }
            let parts = (0..columns).map(|column| {
                let ports = Ports {
                    write: RamWrite {
                        enable: write_enable,
                        address: write_place,
                        data: data[column as usize],
                        mask: None,
                    },
                    read: RamRead {
                        enable: read_enable,
                        address: read_place,
                    },
                    take,
                };
                ports.feed(m.untyped_instance(part_name(&cut, number, column), &part))
            });
            words.push(join(&parts.collect::<Vec<_>>()));
        }
        let word = match read_row {
            None => words[0],
            Some(read_row) => {
                let row = m.capture(read.enable, read_row).named("row_read");
                m.capture(take, row).named("row_taken").select(&words)
            }
        };
        m.output("read_data", word.truncate(width));
    }
}

/// One block RAM with its output register.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    core: String,
    /// Bits per word.
    width: u32,
}

impl Block for Part {
    fn module_name(&self) -> String {
        format!("{}_block_ram_part_{}", self.core, self.width)
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let cell = Dp16kd { width: self.width };
        m.doc(&format!(
            "One block RAM: {} words of {} bits, with its output register.",
            cell.depth(),
            self.width
        ));
        let Ports { write, read, take } = Ports::of(m, self.width, cell.depth());
        m.output("read_data", cell.insert(m, CELL, write, read, take));
    }
}

/// The ports of a memory or a part of it.
struct Ports<'m> {
    write: RamWrite<'m>,
    read: RamRead<'m>,
    take: Signal<'m>,
}

impl<'m> Ports<'m> {
    fn of(m: &'m Module, width: u32, depth: u32) -> Ports<'m> {
        let address = unsigned(index_bits(depth.into()));
        let write = RamWrite {
            enable: m.input("write_enable", bit()),
            address: m.input("write_address", address),
            data: m.input("write_data", unsigned(width)),
            mask: None,
        };
        let read = RamRead {
            enable: m.input("read_enable", bit()),
            address: m.input("read_address", address),
        };
        let take = m.input("take", bit());
        take.comment("the output register takes the word");
        Ports { write, read, take }
    }

    fn feed(self, instance: Instance<'m>) -> Signal<'m> {
        let Ports { write, read, take } = self;
        instance
            .input("write_enable", write.enable)
            .input("write_address", write.address)
            .input("write_data", write.data)
            .input("read_enable", read.enable)
            .input("read_address", read.address)
            .input("take", take)
            .output("read_data")
    }
}
