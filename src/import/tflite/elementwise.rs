//! Operators on elements.

use super::site::Site;
use super::{ImportError, Importer};
use crate::graph::{Binary, Operator, TensorId, View};

impl Importer<'_> {
    pub(super) fn binary(&mut self, site: &Site, binary: Binary) -> Result<(), ImportError> {
        let activation = match binary {
            Binary::Maximum | Binary::Minimum => None,
            _ => Some(0),
        };
        let (_, wanted, _) = self.output(site, None)?;
        let mut operands = [self.operand(site.input(0)?)?, self.operand(site.input(1)?)?];
        // The second one may be smaller; of equal ones a constant is the second.
        let swaps = binary != Binary::Sub
            && (self.graph[operands[0]].shape.len() < self.graph[operands[1]].shape.len()
                || self.graph[operands[0]].values.is_some());
        if swaps {
            operands.swap(0, 1);
        }
        operands[0] = self.repeated(site, operands[0], &wanted)?;
        operands[1] = self.second(site, operands[1], &wanted)?;
        self.node(site, Operator::Binary(binary), &operands, activation)
    }

    pub(super) fn prelu(&mut self, site: &Site) -> Result<(), ImportError> {
        let (_, wanted, _) = self.output(site, None)?;
        let x = self.computed(site.input(0)?)?;
        let slope = self.operand(site.input(1)?)?;
        let slope = self.second(site, slope, &wanted)?;
        self.node(site, Operator::PRelu, &[x, slope], None)
    }

    /// A second operand: where it has the last axes of the first alone, its node repeats it.
    fn second(
        &mut self,
        site: &Site,
        id: TensorId,
        wanted: &[usize],
    ) -> Result<TensorId, ImportError> {
        let shape = self.graph[id].shape.iter().copied();
        let shape = Vec::from_iter(shape.skip_while(|size| *size == 1));
        match !shape.is_empty() && wanted.ends_with(&shape) {
            true => self.reshaped(site, id, &shape),
            false => self.repeated(site, id, wanted),
        }
    }

    /// A tensor repeated along the axes in which it has the size 1.
    pub(super) fn repeated(
        &mut self,
        site: &Site,
        id: TensorId,
        wanted: &[usize],
    ) -> Result<TensorId, ImportError> {
        let shape = self.graph[id].shape.clone();
        if shape == wanted {
            return Ok(id);
        }
        let name = format!("{}_repeat_{}", site.name, self.graph.nodes.len());
        let view = View::repeating(&shape, wanted);
        let view = view.ok_or_else(|| {
            site.fail(format!("does not repeat the shape {shape:?} to {wanted:?}"))
        })?;
        self.between(name, Operator::View(view), &[id])
    }
}
