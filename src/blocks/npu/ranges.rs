//! Whether the fields of an instruction are in range.

use super::fields::field_of;
use super::tables::TABLE_BITS;
use crate::arch::NpuArch;
use crate::hdl::{Signal, join};
use crate::isa::npu::{Field, Load, Matrix, Opcode, Post, Target, Vector};

/// Fields that are addresses of the scratchpad.
const ADDRESSES: [&str; 2] = ["address", "residual_address"];

/// Sizes that instructions must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranges {
    /// C.
    pub columns: u32,
    /// Bytes of the scratchpad, a power of two.
    pub scratchpad_bytes: u32,
    /// Tiles of the ring, a power of two.
    pub ring_tiles: u32,
    /// Channels with parameters, a power of two.
    pub parameter_channels: u32,
    /// T, or 0 without VECTOR.
    pub vector_taps: u32,
    /// V.
    pub vector_channels: u32,
    /// Groups of weights of VECTOR, a power of two.
    pub vector_weights: u32,
}

impl Ranges {
    /// Those of an architecture.
    pub fn of(arch: &NpuArch) -> Ranges {
        Ranges {
            columns: arch.columns,
            scratchpad_bytes: arch.scratchpad_bytes,
            ring_tiles: arch.ring_tiles,
            parameter_channels: arch.parameter_channels,
            vector_taps: arch.vector_taps,
            vector_channels: arch.vector_channels(),
            vector_weights: arch.vector_weights,
        }
    }

    /// Whether all counts are 1 or more, and all addresses in the memories that they are of. How far
    /// an instruction goes from there its unit sees.
    #[track_caller]
    pub fn hold<'m>(&self, opcode: Signal<'m>, word: Signal<'m>) -> Signal<'m> {
        let of_units = Opcode::ALL.iter().filter(|of| of.unit().is_some());
        let arms: Vec<_> = of_units
            .map(|of| {
                let fields = of.fields().iter();
                let values: Vec<_> = fields
                    .map(|field| (field, field_of(of.name(), word, field)))
                    .collect();
                let mut holds: Vec<_> = (values.iter())
                    .filter_map(|(field, value)| self.holds(*of, field, *value))
                    .collect();
                holds.extend(self.of_opcode(*of, &values));
                let all = join(&holds).all().called(format!("{}_in_range", of.name()));
                (*of as u64, all)
            })
            .collect();
        opcode.case(&arms, word.module().high())
    }

    /// Whether a count or an address is in range.
    fn holds<'m>(&self, of: Opcode, of_field: &Field, value: Signal<'m>) -> Option<Signal<'m>> {
        if of_field.is_count() {
            return Some(value.any());
        }
        // LOAD has other memories too.
        let is_address = ADDRESSES.contains(&of_field.name) && of != Opcode::Load;
        is_address.then(|| below(value, self.scratchpad_bytes))
    }

    /// What else must hold of the values of its fields.
    fn of_opcode<'m>(&self, of: Opcode, values: &[(&Field, Signal<'m>)]) -> Vec<Signal<'m>> {
        let value = |of: &Field| {
            let found = values.iter().find(|(field, _)| field.lsb == of.lsb);
            found.expect("a value for each field").1
        };
        match of {
            Opcode::Load => {
                let load = Load::each(value);
                let below = |bound| below(load.address, bound);
                let channel = below(self.parameter_channels).called("load_channel_in_range");
                let entry = below(1 << TABLE_BITS).called("load_entry_in_range");
                let group = match self.vector_taps {
                    0 => load.target.module().low(),
                    _ => below(self.vector_weights).called("load_group_in_range"),
                };
                let arms = [
                    (Target::Scratchpad, below(self.scratchpad_bytes)),
                    (Target::Bias, channel),
                    (Target::Multiplier, channel),
                    (Target::Shift, channel),
                    (Target::ResultTable, entry),
                    (Target::ResidualTable, entry),
                    (Target::VectorWeights, group),
                ];
                let arms = arms.map(|(target, holds)| (target as u64, holds));
                let address = load.target.case(&arms, load.target.module().low());
                vec![address.called("load_address_in_range")]
            }
            Opcode::Matrix => {
                let matrix = Matrix::each(value);
                vec![below(matrix.tile, self.ring_tiles)]
            }
            Opcode::Post => {
                let post = Post::each(value);
                let of_vector = match self.vector_taps {
                    0 => post.vector.module().low(),
                    _ => post.channels.le(self.vector_channels),
                };
                vec![
                    post.vector.mux(of_vector, post.channels.le(self.columns)),
                    below(post.parameters, self.parameter_channels),
                ]
            }
            Opcode::Vector => {
                let vector = Vector::each(value);
                let mut all = vec![below(vector.weights, self.vector_weights)];
                // Three taps are all that the field can say.
                if self.vector_taps < 3 {
                    all.push(vector.taps.le(self.vector_taps));
                }
                all
            }
            Opcode::Weights | Opcode::Store | Opcode::Fence | Opcode::End => Vec::new(),
        }
    }
}

/// Whether a number is less than a power of two.
fn below(value: Signal<'_>, bound: u32) -> Signal<'_> {
    let bits = bound.ilog2();
    match value.width() > bits {
        true => !value.slice(bits, value.width() - bits).any(),
        false => value.module().high(),
    }
}
