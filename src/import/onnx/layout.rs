//! Tensors in other orders.

use super::site::Site;
use super::value::{Activation, Axes};
use super::{ImportError, Importer};
use crate::graph::{Operator, Output, TensorId, View, strides_of};

/// Elements of a tensor along axes of the file.
pub(super) struct Elements {
    pub(super) sizes: Vec<usize>,
    /// Distances in memory.
    pub(super) strides: Vec<isize>,
    /// Where the first one is.
    pub(super) offset: isize,
}

impl Importer<'_> {
    /// A node that only hands values on.
    pub(super) fn moved(
        &mut self,
        site: &Site,
        operator: Operator,
        inputs: &[TensorId],
    ) -> Result<TensorId, ImportError> {
        let name = format!("{}_{}", site.name, self.graph.nodes.len());
        let tensor = &self.graph[inputs[0]];
        let output = Output::like(name.clone(), tensor);
        Ok(self.graph.node(name, operator, inputs, output)?)
    }

    /// A tensor in another shape.
    pub(super) fn reshaped(
        &mut self,
        site: &Site,
        id: TensorId,
        shape: Vec<usize>,
    ) -> Result<TensorId, ImportError> {
        match self.graph[id].shape == shape {
            true => Ok(id),
            false => self.moved(site, Operator::Reshape { shape }, &[id]),
        }
    }

    /// The tensor of an activation in the shape of its axes.
    pub(super) fn shaped(&mut self, site: &Site, x: &Activation) -> Result<TensorId, ImportError> {
        match x.axes.flattened {
            Some(_) => Ok(x.id),
            None => self.reshaped(site, x.id, x.axes.shape()),
        }
    }

    /// An activation whose values lie in an order of its axes.
    pub(super) fn arranged(
        &mut self,
        site: &Site,
        x: &Activation,
        order: Vec<usize>,
    ) -> Result<Activation, ImportError> {
        let x = &self.unflattened(site, x)?;
        if x.axes.lies_as(&order) {
            let axes = Axes::in_order(&x.axes.sizes, order);
            return Ok(Activation { axes, ..x.clone() });
        }
        let elements = Elements {
            sizes: x.axes.sizes.clone(),
            strides: x.axes.strides(),
            offset: 0,
        };
        self.viewed(site, x, elements, order)
    }

    /// As the graph has inputs and outputs.
    pub(super) fn standard(
        &mut self,
        site: &Site,
        x: &Activation,
    ) -> Result<Activation, ImportError> {
        self.arranged(site, x, Axes::of(&x.axes.sizes).order)
    }

    /// In the order of the file.
    pub(super) fn plain(&mut self, site: &Site, x: &Activation) -> Result<Activation, ImportError> {
        self.arranged(site, x, (0..x.axes.rank()).collect())
    }

    /// Some elements of an activation, in an order of their axes.
    pub(super) fn viewed(
        &mut self,
        site: &Site,
        x: &Activation,
        elements: Elements,
        order: Vec<usize>,
    ) -> Result<Activation, ImportError> {
        let Elements {
            sizes,
            strides,
            offset,
        } = elements;
        let axes = Axes::in_order(&sizes, order);
        let offset =
            usize::try_from(offset).map_err(|_| site.fail("reads in front of a tensor"))?;
        let shape = axes.whole();
        let strides: Vec<isize> = axes.order.iter().map(|axis| strides[*axis]).collect();
        let pairs = strides.iter().zip(strides_of(&shape)).zip(&shape);
        let is_all = offset == 0
            && self.graph[x.id].len() == axes.len()
            && pairs
                .into_iter()
                .all(|((found, row_major), size)| *size == 1 || *found == row_major);
        let id = match is_all {
            true => x.id,
            false => {
                let view = View {
                    shape,
                    strides,
                    offset,
                };
                self.moved(site, Operator::View(view), &[x.id])?
            }
        };
        Ok(Activation {
            id,
            axes,
            real: x.real,
        })
    }

    /// The values of a flattened image in the order of the file.
    fn unflattened(&mut self, site: &Site, x: &Activation) -> Result<Activation, ImportError> {
        let Some([height, width, channels]) = x.axes.flattened else {
            return Ok(x.clone());
        };
        let image = Axes::of(&[1, channels, height, width]);
        let elements = Elements {
            strides: image.strides(),
            sizes: image.sizes,
            offset: 0,
        };
        let plain = self.viewed(site, x, elements, vec![0, 1, 2, 3])?;
        let axes = Axes::plain(&x.axes.sizes);
        Ok(Activation { axes, ..plain })
    }
}
