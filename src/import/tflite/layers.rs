//! Operators with weights or a window.

use super::site::Site;
use super::{ImportError, Importer};
use crate::graph::{Convolution, Element, Operator, Padding, Pool, TensorId};

impl Importer<'_> {
    pub(super) fn convolution(&mut self, site: &Site) -> Result<(), ImportError> {
        let (input, around) = self.image(site)?;
        let (weights, shape) = self.weights(site.input(1)?, 0)?;
        let &[_, height, width, channels] = shape.as_slice() else {
            return Err(site.fail(format!("has weights of the shape {shape:?}")));
        };
        let image = self.graph[input].shape.clone();
        // Filters of fewer channels than the image has make a grouped convolution.
        let groups = image.last().map_or(1, |all| all / channels.max(1));
        let strides = site.sizes([2, 1], 1)?;
        let dilations = site.sizes([5, 4], 1)?;
        let padding = site.padding(&image, &around, [height, width], strides, dilations)?;
        let convolution = Operator::Convolution(Convolution {
            strides,
            dilations,
            padding,
            groups,
        });
        self.weighted(site, convolution, input, weights, 3)
    }

    pub(super) fn depthwise(&mut self, site: &Site) -> Result<(), ImportError> {
        let (input, around) = self.image(site)?;
        let (weights, shape) = self.weights(site.input(1)?, 3)?;
        let image = self.graph[input].shape.clone();
        let strides = site.sizes([2, 1], 1)?;
        let dilations = site.sizes([6, 5], 1)?;
        let kernel = [shape[1], shape[2]];
        let padding = site.padding(&image, &around, kernel, strides, dilations)?;
        let convolution = Operator::Convolution(Convolution {
            strides,
            dilations,
            padding,
            groups: image.last().copied().unwrap_or(1),
        });
        self.weighted(site, convolution, input, weights, 4)
    }

    pub(super) fn fully_connected(&mut self, site: &Site) -> Result<(), ImportError> {
        let mut input = self.quantized(site)?;
        let (weights, shape) = self.weights(site.input(1)?, 0)?;
        if site.byte(1)? != 0 {
            return Err(site.fail("has shuffled weights, which are not supported"));
        }
        let tensor = &self.graph[input];
        let features = shape.last().copied().unwrap_or(0);
        // Unless its axes are kept, TFLite takes a tensor as it lies in memory.
        let kept = site.byte(2)? != 0 && tensor.shape.last() == Some(&features);
        if tensor.len() == features && !kept {
            input = self.flattened(site, input, features)?;
        }
        self.weighted(site, Operator::FullyConnected, input, weights, 0)
    }

    fn flattened(
        &mut self,
        site: &Site,
        input: TensorId,
        features: usize,
    ) -> Result<TensorId, ImportError> {
        let tensor = &self.graph[input];
        if tensor.shape == [features] {
            return Ok(input);
        }
        let operator = Operator::Reshape {
            shape: vec![features],
        };
        self.between(format!("{}_flat", site.name), operator, &[input])
    }

    /// A node of weights and perhaps a bias.
    fn weighted(
        &mut self,
        site: &Site,
        operator: Operator,
        input: TensorId,
        weights: TensorId,
        activation: usize,
    ) -> Result<(), ImportError> {
        let bias = self.bias(site.inputs.get(2).copied())?;
        let inputs: Vec<_> = [Some(input), Some(weights), bias]
            .into_iter()
            .flatten()
            .collect();
        self.windowed(site, operator, &inputs, Some(activation))
    }

    pub(super) fn pool(&self, site: &Site, input: TensorId) -> Result<Pool, ImportError> {
        let kernel = site.sizes([4, 3], 0)?;
        let strides = site.sizes([2, 1], 0)?;
        let image = self.graph[input].shape.clone();
        Ok(Pool {
            kernel,
            strides,
            padding: site.padding(&image, &Padding::default(), kernel, strides, [1, 1])?,
            count_padding: false,
        })
    }

    /// The first input, which must not be floating point.
    pub(super) fn quantized(&mut self, site: &Site) -> Result<TensorId, ImportError> {
        let input = self.computed(site.input(0)?)?;
        match self.graph[input].element {
            Element::Float32 => Err(ImportError::Float {
                node: site.name.clone(),
                operator: site.operator.clone(),
            }),
            _ => Ok(input),
        }
    }
}
