//! `.tflite` files: int8 networks as LiteRT's converter writes them.
//!
//! Slots and codes are those of LiteRT's `schema.fbs`, version 3.

mod constants;
mod elementwise;
mod flatbuffer;
mod layers;
mod movement;
mod names;
mod operators;
mod pad;
mod reduce;
mod site;
#[cfg(test)]
mod tests;
mod transposed;
mod variables;

use super::budget::Budget;
use super::{Format, ImportError};
use crate::graph::{Element, Family, Graph, Quantization, Tensor, TensorId};
use flatbuffer::{Beyond, Table, Tables};
use names::operator_name;
use pad::Padded;
use site::Site;
use std::collections::BTreeMap;
use variables::OfFile;

/// The network of a file.
pub(super) fn read(bytes: &[u8]) -> Result<Graph, ImportError> {
    let model = Table::root(bytes)?;
    let version = model.i32(0, 0)?;
    if version != 3 {
        return Err(damaged(format!("it has version {version}, not 3")));
    }
    let subgraphs = model.tables(2)?;
    let subgraph = subgraphs.get(0)?;
    let subgraph = subgraph.ok_or_else(|| damaged("it has no graph"))?;
    let tensors = subgraph.tables(0)?;
    let mut importer = Importer {
        codes: model.tables(1)?,
        buffers: model.tables(4)?,
        tensors,
        ids: vec![None; tensors.len()],
        subgraphs,
        padded: BTreeMap::new(),
        handles: BTreeMap::new(),
        variables: BTreeMap::new(),
        budget: Budget::of(bytes.len()),
        graph: Graph::new(Family::TfLite),
    };
    for input in indices(&subgraph, 1)? {
        importer.input(input)?;
    }
    let operators = subgraph.tables(3)?;
    for place in 0..operators.len() {
        if let Some(operator) = operators.get(place)? {
            importer.operator(place, &operator)?;
        }
    }
    for output in indices(&subgraph, 2)? {
        let id = importer.computed(output)?;
        importer.graph.outputs.push(id);
    }
    importer.finish_variables()?;
    Ok(importer.graph)
}

/// More inputs or outputs than this are refused; a network has a few.
const MOST_INDICES: usize = 1024;

fn indices(table: &Table, slot: usize) -> Result<Vec<i32>, ImportError> {
    let indices = table.vector(slot)?;
    if indices.len() > MOST_INDICES {
        let count = indices.len();
        return Err(damaged(format!("a list of tensors has {count} entries")));
    }
    Ok(indices
        .iter()
        .map(|bytes| i32::from_le_bytes(*bytes))
        .collect())
}

fn damaged(reason: impl Into<String>) -> ImportError {
    ImportError::Damaged {
        format: Format::TfLite,
        reason: reason.into(),
    }
}

impl From<Beyond> for ImportError {
    fn from(Beyond(at): Beyond) -> ImportError {
        damaged(format!("an offset leads out of it, to byte {at}"))
    }
}

struct Importer<'a> {
    codes: Tables<'a>,
    buffers: Tables<'a>,
    tensors: Tables<'a>,
    /// The tensors of the graph that are given or computed so far, by their index in the file.
    ids: Vec<Option<TensorId>>,
    subgraphs: Tables<'a>,
    /// The padded tensors of which no node is there yet, by their index in the file.
    padded: BTreeMap<usize, Padded>,
    /// The names of the variables for which tensors stand, by their index in the file.
    handles: BTreeMap<i32, Vec<u8>>,
    /// Variables by their names.
    variables: BTreeMap<Vec<u8>, OfFile>,
    budget: Budget,
    graph: Graph,
}

impl<'a> Importer<'a> {
    fn input(&mut self, index: i32) -> Result<(), ImportError> {
        let (place, tensor) = self.activation(index)?;
        tensor.check()?;
        let id = self.graph.tensor(tensor);
        self.graph.inputs.push(id);
        self.define(place, id)
    }

    /// Notes which tensor of the graph a tensor of the file is.
    fn define(&mut self, place: usize, id: TensorId) -> Result<(), ImportError> {
        match self.ids[place].replace(id) {
            None => Ok(()),
            Some(_) => Err(ImportError::Tensor {
                tensor: self.graph[id].name.clone(),
                reason: "is computed twice, or computed and given at once".into(),
            }),
        }
    }

    /// A tensor that is given or computed.
    fn computed(&mut self, index: i32) -> Result<TensorId, ImportError> {
        if let Ok(place) = usize::try_from(index) {
            self.pad_after_all(place)?;
        }
        let id = usize::try_from(index)
            .ok()
            .and_then(|place| self.ids.get(place));
        let id = id.ok_or_else(|| damaged(format!("there is no tensor {index}")))?;
        id.ok_or_else(|| damaged(format!("tensor {index} is read before it is computed")))
    }

    fn entry(&self, index: i32) -> Result<(usize, Table<'a>), ImportError> {
        let missing = || damaged(format!("there is no tensor {index}"));
        let place = usize::try_from(index).map_err(|_| missing())?;
        let table = self.tensors.get(place)?.ok_or_else(missing)?;
        Ok((place, table))
    }

    fn name(&mut self, place: usize, table: &Table) -> Result<String, ImportError> {
        let name = table.vector::<1>(3)?.as_flattened();
        self.take(name.len())?;
        Ok(match String::from_utf8_lossy(name) {
            name if name.is_empty() => format!("tensor_{place}"),
            name => name.into_owned(),
        })
    }

    fn take(&mut self, bytes: usize) -> Result<(), ImportError> {
        let taken = self.budget.take(bytes);
        taken.ok_or_else(|| damaged("its parts overlap and would fill the memory"))
    }

    /// A tensor that is not a constant, with its index in the file.
    fn activation(&mut self, index: i32) -> Result<(usize, Tensor), ImportError> {
        let (place, table) = self.entry(index)?;
        let name = self.name(place, &table)?;
        let fail = |reason| ImportError::Tensor {
            tensor: name.clone(),
            reason,
        };
        let shape = shape(&table)?.map_err(fail)?;
        let shape = match *shape.as_slice() {
            [1, ref sizes @ ..] if !sizes.is_empty() => sizes.to_vec(),
            _ => shape,
        };
        let element = element(&table)?.map_err(fail)?;
        let quantization = self.quantization(&table)?;
        let tensor = Tensor {
            name,
            shape,
            element,
            quantization: quantization.map(|(meaning, _)| meaning),
            values: None,
        };
        Ok((place, tensor))
    }

    /// The sizes of a tensor along all axes of the file.
    fn sizes(&mut self, index: i32) -> Result<Vec<usize>, ImportError> {
        let (place, table) = self.entry(index)?;
        shape(&table)?.map_err(|reason| ImportError::Tensor {
            tensor: format!("tensor {place}"),
            reason,
        })
    }

    /// The integers of an input that must be a constant.
    fn whole_numbers(&mut self, site: &Site, place: usize) -> Result<Vec<i64>, ImportError> {
        let constant = self.constant(site.input(place)?)?;
        let integers = constant.and_then(|constant| constant.values.integers());
        let integers = integers.ok_or_else(|| {
            site.fail(format!("has an input {place} that is no constant of int32"))
        })?;
        Ok(integers.into_iter().map(i64::from).collect())
    }

    /// What integers of a tensor mean, and the axis of the scales where there are several.
    fn quantization(&mut self, table: &Table) -> Result<Option<(Quantization, i32)>, ImportError> {
        let Some(table) = table.table(4)? else {
            return Ok(None);
        };
        let (scales, zero_points) = (table.vector::<4>(2)?, table.vector::<8>(3)?);
        if scales.is_empty() {
            return Ok(None);
        }
        self.take(12 * scales.len() + 8 * zero_points.len())?;
        let scales = scales
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect::<Vec<_>>();
        let zero_points = match zero_points {
            [] => vec![0; scales.len()],
            _ => {
                let all = zero_points.iter().map(|bytes| i64::from_le_bytes(*bytes));
                let all: Result<_, _> = all.map(i32::try_from).collect();
                all.map_err(|_| damaged("a zero point does not fit 32 bits"))?
            }
        };
        let meaning = Quantization {
            scales,
            zero_points,
        };
        Ok(Some((meaning, table.i32(6, 0)?)))
    }

    /// The operator's code in the schema.
    fn code(&self, operator: &Table) -> Result<i32, ImportError> {
        let index = operator.index(0)?;
        let code = self.codes.get(index)?;
        let code = code.ok_or_else(|| damaged(format!("there is no operator code {index}")))?;
        // Files from before codes above 127 have them in a byte.
        Ok(code.i32(3, 0)?.max(i32::from(code.u8(0)? as i8)))
    }
}

/// Axes beyond this are refused.
const MOST_AXES: usize = 8;

/// The sizes of a tensor, the batch axis included.
fn shape(table: &Table) -> Result<Result<Vec<usize>, String>, ImportError> {
    let sizes = table.vector(0)?;
    if sizes.len() > MOST_AXES {
        return Ok(Err(format!("has {} axes", sizes.len())));
    }
    let size = |bytes: &[u8; 4]| match i32::from_le_bytes(*bytes) {
        size @ 1.. => Ok(size as usize),
        size => Err(format!("has the size {size}")),
    };
    Ok(sizes.iter().map(size).collect())
}

fn element(table: &Table) -> Result<Result<Element, String>, ImportError> {
    Ok(match table.u8(1)? {
        0 => Ok(Element::Float32),
        2 => Ok(Element::Int32),
        3 => Ok(Element::Uint8),
        9 => Ok(Element::Int8),
        other => {
            let name = match other {
                1 => "float16",
                4 => "int64",
                7 => "int16",
                17 => "int4",
                _ => {
                    return Ok(Err(format!(
                        "has the type number {other}, which is not supported"
                    )));
                }
            };
            Err(format!("has the type {name}, which is not supported"))
        }
    })
}
