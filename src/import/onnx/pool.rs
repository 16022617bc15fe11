//! Pooling.

use super::site::Site;
use super::value::{Activation, Axes, Value};
use super::{ImportError, Importer};
use crate::graph::{Element, Limits, Operator, Output, Padding, Pool, TensorId};

impl Importer<'_> {
    pub(super) fn average_pool(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        let (id, operator) = self.average_pool_of(site, &x)?;
        let axes = self.image_result(site, &x, &operator, &[id])?;
        Ok(self.pending(site, operator, vec![id], axes))
    }

    /// Its values are some of its input: the node needs no quantization of its own.
    pub(super) fn max_pool(&mut self, site: &Site) -> Result<Value, ImportError> {
        let Value::Activation(x) = self.value(site, 0)? else {
            return Err(site.float());
        };
        let (id, image) = self.as_image(site, &x)?;
        let operator = match site.proto.op_type.as_str() {
            "GlobalMaxPool" => Operator::MaxPool(Pool {
                kernel: [image[0], image[1]],
                strides: [1, 1],
                padding: Padding::default(),
                count_padding: false,
            }),
            _ => Operator::MaxPool(self.pool_of(site, image)?),
        };
        let axes = self.image_result(site, &x, &operator, &[id])?;
        let output = self.output_like(site.output()?, &x);
        let pooled = self.emit(&site.name, operator, &[id], output, axes)?;
        Ok(Value::Activation(Activation {
            real: x.real,
            ..pooled
        }))
    }

    pub(super) fn integer_average_pool(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.integers(site, 0)?;
        let (id, operator) = self.average_pool_of(site, &x)?;
        let axes = self.image_result(site, &x, &operator, &[id])?;
        self.integer_node(site, operator, &[id], [3, 4], axes)
    }

    fn average_pool_of(
        &mut self,
        site: &Site,
        x: &Activation,
    ) -> Result<(TensorId, Operator), ImportError> {
        site.only("channels_last", 0)?;
        let (id, image) = self.as_image(site, x)?;
        if site.proto.op_type.contains("Global") {
            return Ok((id, Operator::GlobalAveragePool));
        }
        Ok((id, Operator::AveragePool(self.pool_of(site, image)?)))
    }

    fn pool_of(&mut self, site: &Site, image: [usize; 3]) -> Result<Pool, ImportError> {
        for name in ["ceil_mode", "storage_order"] {
            site.only(name, 0)?;
        }
        if site.pair("dilations")? != [1, 1] {
            return Err(site.fail("has dilations, which are not supported"));
        }
        if site.attribute("kernel_shape").is_none() {
            return Err(site.fail("has no kernel_shape"));
        }
        let (kernel, strides) = (site.pair("kernel_shape")?, site.pair("strides")?);
        Ok(Pool {
            kernel,
            strides,
            padding: site.padding([image[0], image[1]], kernel, strides, [1, 1])?,
            count_padding: site.int("count_include_pad", 0) != 0,
        })
    }

    pub(super) fn largest_place(&mut self, site: &Site) -> Result<Value, ImportError> {
        site.only("select_last_index", 0)?;
        let x = self.moving(site, 0)?;
        let x = self.without_flattening(site, &x)?;
        let axis = site.axis(site.int("axis", 0), x.axes.rank())?;
        let mut order = Vec::from_iter((0..x.axes.rank()).filter(|of| *of != axis));
        order.push(axis);
        let x = self.arranged(site, &x, order)?;
        let whole = self.reshaped(site, x.id, x.axes.whole())?;
        let mut sizes = x.axes.sizes;
        match site.int("keepdims", 1) {
            0 => drop(sizes.remove(axis)),
            _ => sizes[axis] = 1,
        }
        let output = Output {
            name: site.output()?.into(),
            element: Element::Int32,
            quantization: None,
            limits: Limits::of(Element::Int32),
        };
        let axes = Axes::plain(&sizes);
        let place = self.emit(&site.name, Operator::ArgMax, &[whole], output, axes)?;
        Ok(Value::Activation(place))
    }
}
