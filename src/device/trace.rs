//! What each layer of a network leaves, and which instruction made it.

use super::accelerator::{AcceleratorError, Loaded};
use super::npu::ProgramRun;
use super::{Span, Watch};
use crate::compiler::{Binding, Home, LayerSummary, Network, region};
use crate::graph::Values;
use crate::isa::npu::{End, Fence, Instruction, Operation, Post, Store, Unit};
use std::collections::BTreeMap;
use std::ops::Range;

/// What a layer left.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerResult {
    /// Its integers, in the order of its result.
    pub values: Values,
    /// For each of them the instruction that made it.
    made_by: Vec<Option<usize>>,
    spans: Vec<Option<Span>>,
}

impl LayerResult {
    /// The POST that made an element, by its index in the program, and the cycles of its work.
    pub fn made_by(&self, element: usize) -> Option<(usize, Span)> {
        let index = (*self.made_by.get(element)?)?;
        Some((index, self.spans[index]?))
    }
}

impl Loaded<'_> {
    /// Runs the network up to the end of a layer on values of its inputs, in the order of the graph, and reads
    /// what the layer left.
    ///
    /// # Errors
    /// When the inputs are not the network's, or the core does not come to the end of the layer.
    ///
    /// # Panics
    /// When there is no such layer.
    pub fn layer(
        &mut self,
        number: usize,
        inputs: &[Values],
        watch: &mut Watch,
    ) -> Result<LayerResult, AcceleratorError> {
        let mut before = number;
        let mut programs = self.network.programs();
        let program = programs.find(|program| match before.checked_sub(program.layers.len()) {
            Some(rest) => {
                before = rest;
                false
            }
            None => true,
        });
        let program = program.expect("a layer of the network");
        let layer = &program.layers[before];
        let (network, (region, offset)) = up_to(program, layer);
        let given = self.given(program, inputs, watch)?;
        let mut run = ProgramRun::of_network(&network, &given);
        let outcome = self.run(&network, &mut run, watch)?;
        let first = (run.bases[region as usize] + u64::from(offset)) as usize;
        let bytes = &outcome.dram[first..first + bytes(layer)];
        let program = &network.program[..layer.instructions.end()];
        Ok(LayerResult {
            values: match layer.unsigned {
                true => Values::Uint8(bytes.iter().map(|byte| byte ^ 0x80).collect()),
                false => Values::Int8(bytes.iter().map(|byte| *byte as i8).collect()),
            },
            made_by: made_by(program, layer),
            spans: outcome.timeline.of_program(program),
        })
    }

    /// The bytes that a program takes: all steps in front of it are run.
    fn given(
        &mut self,
        wanted: &Network,
        inputs: &[Values],
        watch: &mut Watch,
    ) -> Result<Vec<Vec<u8>>, AcceleratorError> {
        let mut given = Vec::new();
        let (network, mut variables) = (self.network, self.variables.clone());
        let ran = network.run(&mut variables, inputs, |program, bytes| {
            if std::ptr::eq(program, wanted) {
                given = bytes.to_vec();
                return Err(Ended::There);
            }
            let mut run = ProgramRun::of_network(program, bytes);
            let outcome = self.run(program, &mut run, watch)?;
            Ok(run.outputs(program, &outcome.dram))
        });
        match ran {
            Err(Ended::Failed(error)) => Err(error),
            Ok(_) | Err(Ended::There) => Ok(given),
        }
    }
}

/// Why a network was not run to its end.
enum Ended {
    /// The program that was wanted is next.
    There,
    Failed(AcceleratorError),
}

impl<E: Into<AcceleratorError>> From<E> for Ended {
    fn from(error: E) -> Ended {
        Ended::Failed(error.into())
    }
}

/// Bytes of the result of a layer.
fn bytes(layer: &LayerSummary) -> usize {
    layer.shape.iter().product()
}

/// A network that ends behind a layer, and the region and offset of what it left.
fn up_to(network: &Network, layer: &LayerSummary) -> (Network, (u32, u32)) {
    /// The most bytes that are stored at a time: of all runs some.
    const RUN: usize = 1 << 16;
    let mut network = network.clone();
    network.program.truncate(layer.instructions.end());
    let all = (1 << Unit::ALL.len()) - 1;
    network
        .program
        .push(Operation::Fence(Fence { units: all }).into());
    let place = match layer.home {
        Home::Dram { region, offset } => (region, offset),
        Home::Scratchpad(address) => {
            let outputs = network.outputs.last();
            let end = outputs.map_or(0, |last| last.offset + last.bytes);
            let offset = end.next_multiple_of(64);
            network.outputs.push(Binding {
                tensor: layer.result,
                offset,
                bytes: bytes(layer) as u32,
                unsigned: layer.unsigned,
            });
            for first in (0..bytes(layer)).step_by(RUN) {
                let store = Operation::Store(Store {
                    region: region::OUTPUTS,
                    offset: offset + first as u32,
                    address: address + first as u32,
                    run: RUN.min(bytes(layer) - first) as u32,
                    rows: 1,
                    planes: 1,
                    ..Store::default()
                });
                network.program.push(store.into());
            }
            (region::OUTPUTS, offset)
        }
    };
    network.program.push(Operation::End(End { code: 0 }).into());
    (network, place)
}

/// For each element of a layer's result the POST that made it: the last one that wrote its byte of the scratchpad,
/// or the byte that was stored in its place.
fn made_by(program: &[Instruction], layer: &LayerSummary) -> Vec<Option<usize>> {
    let mut in_scratchpad = BTreeMap::new();
    let mut made = vec![None; bytes(layer)];
    for index in layer.instructions.iter() {
        match &program[index].operation {
            Operation::Post(post) => {
                for address in written(post) {
                    in_scratchpad.insert(address, index);
                }
            }
            Operation::Store(store) => {
                for (offset, address) in stored(store) {
                    if let Home::Dram {
                        region,
                        offset: first,
                    } = layer.home
                        && region == store.region
                        && let Some(element) = offset.checked_sub(first.into())
                        && let Some(made) = made.get_mut(element as usize)
                    {
                        *made = in_scratchpad.get(&address).copied();
                    }
                }
            }
            _ => {}
        }
    }
    if let Home::Scratchpad(first) = layer.home {
        for (address, made) in (u64::from(first)..).zip(&mut made) {
            *made = in_scratchpad.get(&address).copied();
        }
    }
    made
}

/// Addresses of the scratchpad that a POST writes.
fn written(post: &Post) -> impl Iterator<Item = u64> {
    let [rows, columns, channels] = [post.rows, post.columns, post.channels].map(range);
    let [first, row, column] = [post.address, post.row_pitch, post.column_pitch].map(u64::from);
    rows.flat_map(move |y| {
        let channels = channels.clone();
        columns.clone().flat_map(move |x| {
            let here = first + y * row + x * column;
            channels.clone().map(move |channel| here + channel)
        })
    })
}

/// Offsets of its region that a STORE writes, and the addresses of their bytes.
fn stored(store: &Store) -> impl Iterator<Item = (u64, u64)> {
    let Store {
        row_stride,
        row_pitch,
        plane_stride,
        plane_pitch,
        ..
    } = *store;
    let [offset, address] = [store.offset, store.address].map(u64::from);
    let [planes, rows, run] = [store.planes, store.rows, store.run].map(range);
    planes.flat_map(move |plane| {
        let run = run.clone();
        rows.clone().flat_map(move |row| {
            let offset = offset + plane * u64::from(plane_stride) + row * u64::from(row_stride);
            let address = address + plane * u64::from(plane_pitch) + row * u64::from(row_pitch);
            run.clone().map(move |byte| (offset + byte, address + byte))
        })
    })
}

fn range(count: u32) -> Range<u64> {
    0..count.into()
}
