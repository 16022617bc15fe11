//! Variables, which a network keeps from one run to the next.

use super::site::Site;
use super::{ImportError, Importer, indices, operator_name};
use crate::graph::{Tensor, TensorId, Values, Variable};

/// A variable of the file.
#[derive(Default)]
pub(super) struct OfFile {
    /// The value that it begins with.
    initial: Option<Values>,
    /// The tensor that has its value.
    read: Option<TensorId>,
    /// The tensor that has its next value.
    written: Option<TensorId>,
}

impl Importer<'_> {
    /// Notes for which variable a tensor stands.
    pub(super) fn handle(&mut self, site: &Site) -> Result<(), ImportError> {
        let name = match site.options {
            Some(options) => [
                options.vector::<1>(0)?.as_flattened(),
                options.vector::<1>(1)?.as_flattened(),
            ]
            .join(&b'/'),
            None => Vec::new(),
        };
        self.take(name.len())?;
        self.handles.insert(site.output, name);
        Ok(())
    }

    fn variable(&mut self, site: &Site) -> Result<&mut OfFile, ImportError> {
        let handle = self.handles.get(&site.input(0)?).cloned();
        let name = handle.ok_or_else(|| site.fail("takes what is no variable"))?;
        Ok(self.variables.entry(name).or_default())
    }

    pub(super) fn read_variable(&mut self, site: &Site) -> Result<(), ImportError> {
        let (place, tensor) = self.activation(site.output)?;
        let variable = self.variable(site)?;
        if variable.written.is_some() {
            let reason = "reads a variable behind the node that writes it, which is not supported";
            return Err(site.fail(reason));
        }
        if let Some(read) = variable.read {
            return self.define(place, read);
        }
        tensor.check()?;
        let id = self.graph.tensor(tensor);
        self.variable(site)?.read = Some(id);
        self.define(place, id)
    }

    pub(super) fn assign(&mut self, site: &Site) -> Result<(), ImportError> {
        let written = self.operand(site.input(1)?)?;
        let variable = self.variable(site)?;
        match variable.written.replace(written) {
            None => Ok(()),
            Some(_) => Err(site.fail("writes a variable once more, which is not supported")),
        }
    }

    /// Takes the values with which variables begin from a graph that assigns constants to them.
    pub(super) fn call_once(&mut self, site: &Site) -> Result<(), ImportError> {
        let number = match site.options {
            Some(options) => options.i32(0, 0)?,
            None => 0,
        };
        let subgraph = usize::try_from(number).ok();
        let subgraph = subgraph
            .map(|number| self.subgraphs.get(number))
            .transpose()?;
        let subgraph = subgraph.flatten();
        let subgraph = subgraph
            .ok_or_else(|| site.fail(format!("calls graph {number}, which is not there")))?;
        let (tensors, ids) = (subgraph.tables(0)?, std::mem::take(&mut self.ids));
        let outer = std::mem::replace(&mut self.tensors, tensors);
        let handles = std::mem::take(&mut self.handles);
        self.ids = vec![None; tensors.len()];
        let operators = subgraph.tables(3)?;
        for place in 0..operators.len() {
            let Some(table) = operators.get(place)? else {
                continue;
            };
            let operator = operator_name(self.code(&table)?);
            let inner = Site {
                name: format!("{}_{}_{place}", site.name, operator.to_lowercase()),
                operator,
                inputs: indices(&table, 1)?,
                output: indices(&table, 2)?.first().copied().unwrap_or(-1),
                outputs: Vec::new(),
                options: table.table(4)?,
            };
            match inner.operator.as_str() {
                "VAR_HANDLE" => self.handle(&inner)?,
                "ASSIGN_VARIABLE" => {
                    let constant = self.constant(inner.input(1)?)?;
                    let constant =
                        constant.ok_or_else(|| inner.fail("assigns what is no constant"))?;
                    self.variable(&inner)?.initial = Some(constant.values);
                }
                _ => {
                    return Err(
                        inner.fail("is no assignment to a variable, which is not supported")
                    );
                }
            }
        }
        self.ids = ids;
        self.tensors = outer;
        self.handles = handles;
        Ok(())
    }

    /// Gives the graph its variables.
    pub(super) fn finish_variables(&mut self) -> Result<(), ImportError> {
        for variable in std::mem::take(&mut self.variables).into_values() {
            let (Some(read), initial) = (variable.read, variable.initial) else {
                continue;
            };
            let tensor: &Tensor = &self.graph[read];
            let zero = tensor
                .quantization
                .as_ref()
                .map_or(0, |meaning| meaning.zero_point(0));
            let zeros = || Values::saturated(tensor.element, &vec![zero; tensor.len()]);
            let initial = initial.unwrap_or_else(zeros);
            self.graph.variables.push(Variable {
                read,
                written: variable.written.unwrap_or(read),
                initial,
            });
        }
        Ok(())
    }
}
