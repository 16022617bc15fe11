//! PAD in front of a convolution, which pads as well: with the zero point, as its image is.

use super::site::Site;
use super::{ImportError, Importer};
use crate::graph::{Padding, TensorId, Values};

impl Importer<'_> {
    /// Notes what is around a tensor; no node is added.
    pub(super) fn pad(&mut self, site: &Site) -> Result<(), ImportError> {
        let input = self.quantized(site)?;
        let constant = self.constant(site.input(1)?)?;
        let Some(Values::Int32(around)) = constant.map(|constant| constant.values) else {
            return Err(site.fail("pads by sizes that are no int32 constants"));
        };
        let sizes = around.iter().map(|size| usize::try_from(*size));
        let sizes = sizes.collect::<Result<Vec<_>, _>>();
        let Ok(&[0, 0, top, bottom, left, right, 0, 0]) = sizes.as_deref() else {
            return Err(site.fail(format!(
                "pads by {around:?}; only rows and columns of an image may be padded"
            )));
        };
        let (place, output) = self.activation(site.output)?;
        let image = &self.graph[input];
        if output.quantization != image.quantization || output.element != image.element {
            return Err(site.fail("gives another scale or type than it takes"));
        }
        let padding = Padding {
            top,
            left,
            bottom,
            right,
        };
        let wanted = match image.shape[..] {
            [height, width, channels] => padding.around([height, width, channels]),
            _ => None,
        };
        if wanted.map(Vec::from) != Some(output.shape) {
            return Err(site.fail("gives another shape than its sizes say"));
        }
        self.padded.insert(place, (input, padding));
        Ok(())
    }

    /// The image of a convolution and what PAD has put around it.
    pub(super) fn image(&self, site: &Site) -> Result<(TensorId, Padding), ImportError> {
        let place = usize::try_from(site.input(0)?).ok();
        match place.and_then(|place| self.padded.get(&place)) {
            Some(padded) => Ok(*padded),
            None => Ok((self.quantized(site)?, Padding::default())),
        }
    }
}
