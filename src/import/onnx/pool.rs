//! Pooling.

use super::site::Site;
use super::value::{Activation, Value};
use super::{ImportError, Importer};
use crate::graph::{Operator, Pool};

impl Importer<'_> {
    pub(super) fn average_pool(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        let operator = self.average_pool_of(site, &x)?;
        Ok(self.pending(site, operator, vec![x.id], x.axes))
    }

    /// Its values are some of its input: the node needs no quantization of its own.
    pub(super) fn max_pool(&mut self, site: &Site) -> Result<Value, ImportError> {
        let Value::Activation(x) = self.value(site, 0)? else {
            return Err(site.float());
        };
        let operator = Operator::MaxPool(self.pool_of(site, &x)?);
        let output = self.output_like(site.output()?, &x);
        let pooled = self.emit(&site.name, operator, &[x.id], output, x.axes)?;
        Ok(Value::Activation(Activation {
            real: x.real,
            ..pooled
        }))
    }

    pub(super) fn integer_average_pool(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.integers(site, 0)?;
        let operator = self.average_pool_of(site, &x)?;
        self.integer_node(site, operator, &[x.id], [3, 4], x.axes)
    }

    pub(super) fn average_pool_of(
        &mut self,
        site: &Site,
        x: &Activation,
    ) -> Result<Operator, ImportError> {
        site.only("channels_last", 0)?;
        if site.proto.op_type.contains("Global") {
            self.image(site, x)?;
            return Ok(Operator::GlobalAveragePool);
        }
        Ok(Operator::AveragePool(self.pool_of(site, x)?))
    }

    pub(super) fn pool_of(&mut self, site: &Site, x: &Activation) -> Result<Pool, ImportError> {
        let image = self.image(site, x)?;
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

    /// `[height, width, channels]` of an input that is an image.
    pub(super) fn image(&self, site: &Site, x: &Activation) -> Result<[usize; 3], ImportError> {
        match (x.axes.rank, self.graph[x.id].shape.as_slice()) {
            (4, &[height, width, channels]) => Ok([height, width, channels]),
            (rank, _) => {
                Err(site.fail(format!("takes an image of four axes; its input has {rank}")))
            }
        }
    }
}
