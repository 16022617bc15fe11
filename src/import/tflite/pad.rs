//! Padding: of a convolution behind it, or a node of its own.

use super::movement::PLACE_BYTES;
use super::site::Site;
use super::{ImportError, Importer};
use crate::graph::{Operator, Pad, Padding, TensorId};

/// What PAD gives, of which no node computes anything yet.
pub(super) struct Padded {
    image: TensorId,
    padding: Padding,
    node: String,
}

impl Importer<'_> {
    /// Notes what is around an image, as convolutions pad by its zero point too; adds a node for other tensors and
    /// numbers.
    pub(super) fn pad(&mut self, site: &Site) -> Result<(), ImportError> {
        let input = self.quantized(site)?;
        let around = self.whole_numbers(site, 1)?;
        let (place, wanted, output) = self.output(site, None)?;
        let tensor = &self.graph[input];
        let zero_point = tensor.quantization.as_ref();
        let zero_point = zero_point.map_or(0, |meaning| meaning.zero_point(0));
        let value = match site.inputs.get(2) {
            Some(index @ 0..) => {
                let constant = self.constant(*index)?;
                let integers = constant.and_then(|constant| constant.values.integers());
                match integers.as_deref() {
                    Some([value]) => *value,
                    _ => return Err(site.fail("pads with what is no constant")),
                }
            }
            _ => zero_point,
        };
        let sizes = around.iter().map(|size| usize::try_from(*size));
        let sizes = sizes.collect::<Result<Vec<_>, _>>();
        let sizes = sizes.map_err(|_| site.fail(format!("pads by {around:?}")))?;
        let tensor = &self.graph[input];
        let is_same =
            output.quantization == tensor.quantization && output.element == tensor.element;
        if let &[0, 0, top, bottom, left, right, 0, 0] = sizes.as_slice()
            && let [height, width, channels] = tensor.shape[..]
            && value == zero_point
            && is_same
        {
            let padding = Padding {
                top,
                left,
                bottom,
                right,
            };
            let found = padding.around([height, width, channels]);
            if found.map(Vec::from) != Some(wanted) {
                return Err(site.fail("gives another shape than its sizes say"));
            }
            let padded = Padded {
                image: input,
                padding,
                node: site.name.clone(),
            };
            self.padded.insert(place, padded);
            return Ok(());
        }
        let skip =
            2 * usize::from(sizes.len() == 2 * (tensor.shape.len() + 1) && sizes[..2] == [0, 0]);
        let of_axes = sizes[skip..].chunks(2);
        let pad = Pad {
            before: of_axes.clone().map(|axis| axis[0]).collect(),
            after: of_axes
                .map(|axis| axis.get(1).copied().unwrap_or(0))
                .collect(),
            between: vec![0; sizes.len() / 2 - skip / 2],
            value,
        };
        let whole = match skip {
            0 => self.sizes(site.input(0)?)?,
            _ => self.graph[input].shape.clone(),
        };
        let input = self.reshaped(site, input, &whole)?;
        let id = self
            .graph
            .node(&site.name, Operator::Pad(pad), &[input], output)?;
        let id = self.reshaped(site, id, &wanted)?;
        self.finish(site, place, id, &wanted)
    }

    /// Elements of the tensor itself around it.
    pub(super) fn mirror_pad(&mut self, site: &Site) -> Result<(), ImportError> {
        let input = self.quantized(site)?;
        let mut sizes = self.sizes(site.input(0)?)?;
        let around = self.whole_numbers(site, 1)?;
        // Whether the element at the edge is not among them.
        let apart = i64::from(site.byte(0)? == 0);
        if around.len() != 2 * sizes.len() {
            return Err(site.fail(format!("pads by {around:?}")));
        }
        let (place, wanted, output) = self.output(site, None)?;
        let mut id = self.reshaped(site, input, &sizes)?;
        for axis in 0..sizes.len() {
            let (before, after) = (around[2 * axis], around[2 * axis + 1]);
            let size = sizes[axis] as i64;
            if before == 0 && after == 0 {
                continue;
            }
            let most = size - apart;
            if !(0..=most).contains(&before) || !(0..=most).contains(&after) {
                return Err(site.fail(format!("pads by {around:?}")));
            }
            let mirrored = |at: i64| match at {
                ..0 => -at - 1 + apart,
                _ if at >= size => 2 * size - 1 - at - apart,
                _ => at,
            };
            self.take(PLACE_BYTES.saturating_mul(sizes[axis]))?;
            let places = Vec::from_iter((-before..size + after).map(|at| mirrored(at) as usize));
            sizes[axis] = places.len();
            let name = format!("{}_{axis}", site.name);
            id = self.between(name, Operator::Select { axis, places }, &[id])?;
        }
        let id = self.reshaped(site, id, &wanted)?;
        self.graph[id].name = output.name;
        self.finish(site, place, id, &wanted)
    }

    /// The image of a convolution and what PAD has put around it.
    pub(super) fn image(&mut self, site: &Site) -> Result<(TensorId, Padding), ImportError> {
        let place = usize::try_from(site.input(0)?).ok();
        match place.and_then(|place| self.padded.get(&place)) {
            Some(padded) => Ok((padded.image, padded.padding)),
            None => Ok((self.quantized(site)?, Padding::default())),
        }
    }

    /// Adds the node of a PAD whose result is not the image of a convolution alone.
    pub(super) fn pad_after_all(&mut self, place: usize) -> Result<(), ImportError> {
        let Some(Padded {
            image,
            padding,
            node,
        }) = self.padded.remove(&place)
        else {
            return Ok(());
        };
        let tensor = &self.graph[image];
        let zero_point = tensor.quantization.as_ref();
        let pad = Pad {
            before: vec![padding.top, padding.left, 0],
            after: vec![padding.bottom, padding.right, 0],
            between: vec![0; 3],
            value: zero_point.map_or(0, |meaning| meaning.zero_point(0)),
        };
        let id = self.between(node, Operator::Pad(pad), &[image])?;
        self.define(place, id)
    }
}
