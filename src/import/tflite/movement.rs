//! Operators that move elements.

use super::site::Site;
use super::{ImportError, Importer};
use crate::graph::{Grid, Operator, Resize, TensorId, View, strides_of};

/// Bytes of a place along an axis, about.
pub(super) const PLACE_BYTES: usize = 32;

impl Importer<'_> {
    /// A tensor with all axes of the file, the batch axis included.
    fn whole(&mut self, site: &Site, place: usize) -> Result<(TensorId, Vec<usize>), ImportError> {
        let index = site.input(place)?;
        let id = self.operand(index)?;
        Ok((id, self.sizes(index)?))
    }

    /// Adds a view of an input, whose axes are those of the file.
    fn view(
        &mut self,
        site: &Site,
        input: TensorId,
        sizes: &[usize],
        strides: &[isize],
        offset: usize,
    ) -> Result<(), ImportError> {
        let (_, wanted, _) = self.output(site, None)?;
        // An axis of size 1 is left out in front.
        let skip = sizes.len().saturating_sub(wanted.len());
        let view = View {
            shape: sizes[skip..].to_vec(),
            strides: strides[skip..].to_vec(),
            offset,
        };
        self.node(site, Operator::View(view), &[input], None)
    }

    pub(super) fn reshape(&mut self, site: &Site) -> Result<(), ImportError> {
        let (_, shape, _) = self.output(site, None)?;
        let input = self.computed(site.input(0)?)?;
        self.node(site, Operator::Reshape { shape }, &[input], None)
    }

    pub(super) fn transpose(&mut self, site: &Site) -> Result<(), ImportError> {
        let (input, sizes) = self.whole(site, 0)?;
        let order = self.whole_numbers(site, 1)?;
        let strides = strides_of(&sizes);
        let axes = order.iter().map(|axis| site.axis(*axis, sizes.len()));
        let axes = axes.collect::<Result<Vec<_>, _>>()?;
        let of = |axis: &usize| (sizes[*axis], strides[*axis]);
        let (sizes, strides): (Vec<_>, Vec<_>) = axes.iter().map(of).unzip();
        self.view(site, input, &sizes, &strides, 0)
    }

    pub(super) fn concatenate(&mut self, site: &Site, slot: usize) -> Result<(), ImportError> {
        let axis = site
            .options
            .map(|options| options.i32(slot, 0))
            .transpose()?;
        let sizes = self.sizes(site.output)?;
        let axis = site.axis(axis.unwrap_or(0).into(), sizes.len())?;
        let mut inputs = Vec::new();
        for place in 0..site.inputs.len() {
            let (id, sizes) = self.whole(site, place)?;
            inputs.push(self.reshaped(site, id, &sizes)?);
        }
        self.joined(site, inputs, axis, &sizes)
    }

    pub(super) fn pack(&mut self, site: &Site) -> Result<(), ImportError> {
        let axis = site.options.map(|options| options.i32(1, 0)).transpose()?;
        let sizes = self.sizes(site.output)?;
        let axis = site.axis(axis.unwrap_or(0).into(), sizes.len())?;
        let mut each = sizes.clone();
        each[axis] = 1;
        let mut inputs = Vec::new();
        for place in 0..site.inputs.len() {
            let (id, _) = self.whole(site, place)?;
            inputs.push(self.reshaped(site, id, &each)?);
        }
        self.joined(site, inputs, axis, &sizes)
    }

    /// Tensors with all axes, one behind the other.
    fn joined(
        &mut self,
        site: &Site,
        mut inputs: Vec<TensorId>,
        mut axis: usize,
        sizes: &[usize],
    ) -> Result<(), ImportError> {
        let (place, wanted, output) =
            self.output(site, Some(1).filter(|_| site.operator != "PACK"))?;
        if axis > 0 && wanted.len() < sizes.len() {
            for id in &mut inputs {
                let shape = self.graph[*id].shape.get(1..).unwrap_or_default();
                let shape = shape.to_vec();
                *id = self.reshaped(site, *id, &shape)?;
            }
            axis -= 1;
        }
        for id in &inputs {
            let of_input = &self.graph[*id].quantization;
            if *of_input != output.quantization {
                return Err(site.fail(
                    "joins tensors of different scales or zero points, which TFLite does not do",
                ));
            }
        }
        let name = site.name.clone();
        let id = self
            .graph
            .node(name, Operator::Concat { axis }, &inputs, output)?;
        let id = self.reshaped(site, id, &wanted)?;
        self.finish(site, place, id, &wanted)
    }

    pub(super) fn split(
        &mut self,
        site: &mut Site,
        input: usize,
        sizes_at: Option<usize>,
    ) -> Result<(), ImportError> {
        let (id, sizes) = self.whole(site, input)?;
        let axis = self.whole_numbers(site, if sizes_at.is_some() { 2 } else { 0 })?;
        let axis = match axis[..] {
            [axis] => site.axis(axis, sizes.len())?,
            _ => return Err(site.fail("has no axis")),
        };
        let strides = strides_of(&sizes);
        let mut offset = 0;
        for output in site.outputs.clone() {
            site.output = output;
            let part = self.sizes(output)?;
            self.part(site, id, &part, &strides, offset)?;
            let size = part.get(axis).copied().unwrap_or(0);
            offset = size
                .saturating_mul(strides[axis] as usize)
                .saturating_add(offset);
        }
        Ok(())
    }

    pub(super) fn unpack(&mut self, site: &mut Site) -> Result<(), ImportError> {
        let (id, sizes) = self.whole(site, 0)?;
        let axis = site.options.map(|options| options.i32(1, 0)).transpose()?;
        let axis = site.axis(axis.unwrap_or(0).into(), sizes.len())?;
        let mut strides = strides_of(&sizes);
        let step = strides.remove(axis) as usize;
        for (place, output) in site.outputs.clone().into_iter().enumerate() {
            site.output = output;
            let part = self.sizes(output)?;
            self.part(site, id, &part, &strides, place * step)?;
        }
        Ok(())
    }

    /// One of several outputs.
    fn part(
        &mut self,
        site: &mut Site,
        input: TensorId,
        sizes: &[usize],
        strides: &[isize],
        offset: usize,
    ) -> Result<(), ImportError> {
        if sizes.len() != strides.len() {
            return Err(site.fail(format!("gives the shape {sizes:?}")));
        }
        let name = site.name.clone();
        site.name = format!("{name}_{}", site.output);
        self.view(site, input, sizes, strides, offset)?;
        site.name = name;
        Ok(())
    }

    pub(super) fn slice(&mut self, site: &Site) -> Result<(), ImportError> {
        let (input, sizes) = self.whole(site, 0)?;
        let begin = self.whole_numbers(site, 1)?;
        let wanted = self.sizes(site.output)?;
        let strides = strides_of(&sizes);
        if begin.len() != sizes.len() || wanted.len() != sizes.len() {
            return Err(site.fail("has another number of axes than its input"));
        }
        let steps = begin.iter().zip(&strides);
        let offset: i64 = steps.fold(0, |sum: i64, (begin, stride)| {
            begin.saturating_mul(*stride as i64).saturating_add(sum)
        });
        let offset = usize::try_from(offset).map_err(|_| site.fail("begins below 0"))?;
        self.view(site, input, &wanted, &strides, offset)
    }

    pub(super) fn strided_slice(&mut self, site: &Site) -> Result<(), ImportError> {
        let (input, sizes) = self.whole(site, 0)?;
        let bounds = [1, 2, 3].map(|place| self.whole_numbers(site, place));
        let [begin, end, step] = bounds;
        let (begin, end, step) = (begin?, end?, step?);
        let mask = |slot: usize| -> Result<i32, ImportError> {
            let mask = site
                .options
                .map(|options| options.i32(slot, 0))
                .transpose()?;
            Ok(mask.unwrap_or(0))
        };
        let (begin_mask, end_mask, shrink) = (mask(0)?, mask(1)?, mask(4)?);
        if mask(2)? != 0 || mask(3)? != 0 {
            return Err(site.fail("has an ellipsis or new axes, which are not supported"));
        }
        if site.byte(5)? != 0 {
            return Err(site.fail("has ends that count from its begins, which is not supported"));
        }
        if [&begin, &end, &step]
            .iter()
            .any(|of| of.len() != begin.len())
            || begin.len() > sizes.len()
        {
            return Err(site.fail("has other bounds than axes"));
        }
        let strides = strides_of(&sizes);
        let mut offset = 0;
        let (mut shape, mut steps) = (Vec::new(), Vec::new());
        for (axis, (size, stride)) in sizes.iter().zip(&strides).enumerate() {
            let Some(step) = step.get(axis).copied() else {
                shape.push(*size);
                steps.push(*stride);
                continue;
            };
            let has = |mask: i32| mask >> axis & 1 != 0;
            let range = Range {
                begin: (!has(begin_mask)).then(|| begin[axis]),
                end: (!has(end_mask) && !has(shrink)).then(|| end[axis]),
                step: if has(shrink) { 1 } else { step },
            };
            let (first, count) = range
                .of(*size)
                .ok_or_else(|| site.fail("has a step of 0"))?;
            offset += first as isize * stride;
            if has(shrink) {
                if count == 0 {
                    return Err(site.fail("reads behind the end of an axis"));
                }
                continue;
            }
            shape.push(count);
            steps.push(stride * step as isize);
        }
        self.view(site, input, &shape, &steps, offset.max(0) as usize)
    }

    pub(super) fn reverse(&mut self, site: &Site) -> Result<(), ImportError> {
        let (input, sizes) = self.whole(site, 0)?;
        let axes = self.whole_numbers(site, 1)?;
        let mut strides = strides_of(&sizes);
        let mut offset = 0;
        for axis in axes {
            let axis = site.axis(axis, sizes.len())?;
            offset += (sizes[axis] - 1) as isize * strides[axis];
            strides[axis] = -strides[axis];
        }
        self.view(site, input, &sizes, &strides, offset.max(0) as usize)
    }

    pub(super) fn gather(&mut self, site: &Site) -> Result<(), ImportError> {
        let (input, sizes) = self.whole(site, 0)?;
        let batch_axes = site.options.map(|options| options.i32(1, 0)).transpose()?;
        if batch_axes.unwrap_or(0) != 0 {
            return Err(site.fail("has batch axes, which are not supported"));
        }
        let axis = site.options.map(|options| options.i32(0, 0)).transpose()?;
        let axis = site.axis(axis.unwrap_or(0).into(), sizes.len())?;
        let places = self.whole_numbers(site, 1)?;
        let places = places.iter().map(|place| usize::try_from(*place).ok());
        let places = places.collect::<Option<Vec<_>>>();
        let places = places.ok_or_else(|| site.fail("reads places below 0"))?;
        let whole = self.reshaped(site, input, &sizes)?;
        let (place, wanted, output) = self.output(site, None)?;
        let select = Operator::Select { axis, places };
        let id = self.graph.node(&site.name, select, &[whole], output)?;
        let id = self.reshaped(site, id, &wanted)?;
        self.finish(site, place, id, &wanted)
    }

    pub(super) fn broadcast(&mut self, site: &Site) -> Result<(), ImportError> {
        let input = self.operand(site.input(0)?)?;
        let (_, wanted, _) = self.output(site, None)?;
        let shape = self.graph[input].shape.clone();
        let view = View::repeating(&shape, &wanted);
        let view =
            view.ok_or_else(|| site.fail(format!("does not repeat {shape:?} to {wanted:?}")))?;
        self.node(site, Operator::View(view), &[input], None)
    }

    pub(super) fn tile(&mut self, site: &Site) -> Result<(), ImportError> {
        let (input, sizes) = self.whole(site, 0)?;
        let times = self.whole_numbers(site, 1)?;
        let strides = strides_of(&sizes);
        let (mut shape, mut steps) = (Vec::new(), Vec::new());
        for ((size, stride), times) in sizes.iter().zip(&strides).zip(&times) {
            shape.extend([usize::try_from(*times).unwrap_or(0), *size]);
            steps.extend([0, *stride]);
        }
        self.view_reshaped(site, input, shape, steps)
    }

    pub(super) fn depth_to_space(&mut self, site: &Site) -> Result<(), ImportError> {
        let (input, sizes) = self.whole(site, 0)?;
        let [block] = site.sizes([0], 0)?;
        let (&[batch, height, width, channels], &[image, row, column, channel]) =
            (sizes.as_slice(), strides_of(&sizes).as_slice())
        else {
            return Err(site.fail("takes an image"));
        };
        let rest = channels / (block * block);
        let step = (rest as isize) * channel;
        let shape = vec![batch, height, block, width, block, rest];
        let steps = vec![image, row, step * block as isize, column, step, channel];
        self.view_reshaped(site, input, shape, steps)
    }

    pub(super) fn space_to_depth(&mut self, site: &Site) -> Result<(), ImportError> {
        let (input, sizes) = self.whole(site, 0)?;
        let [block] = site.sizes([0], 0)?;
        let (&[batch, height, width, channels], &[image, row, column, channel]) =
            (sizes.as_slice(), strides_of(&sizes).as_slice())
        else {
            return Err(site.fail("takes an image"));
        };
        let shape = vec![batch, height / block, width / block, block, block, channels];
        let by = block as isize;
        let steps = vec![image, row * by, column * by, row, column, channel];
        self.view_reshaped(site, input, shape, steps)
    }

    /// A view, and its elements in the shape of the output.
    fn view_reshaped(
        &mut self,
        site: &Site,
        input: TensorId,
        shape: Vec<usize>,
        strides: Vec<isize>,
    ) -> Result<(), ImportError> {
        let (place, wanted, output) = self.output(site, None)?;
        let view = View {
            shape,
            strides,
            offset: 0,
        };
        let id = self
            .graph
            .node(&site.name, Operator::View(view), &[input], output)?;
        let id = self.reshaped(site, id, &wanted)?;
        self.finish(site, place, id, &wanted)
    }

    pub(super) fn resize_nearest(&mut self, site: &Site) -> Result<(), ImportError> {
        let grid = site.grid(0, 1)?;
        let (input, sizes) = self.whole(site, 0)?;
        let to = self.sizes(site.output)?;
        if sizes.len() != 4 || to.len() != 4 {
            return Err(site.fail("takes an image"));
        }
        let (place, wanted, output) = self.output(site, None)?;
        let mut id = self.reshaped(site, input, &sizes)?;
        for axis in [1, 2] {
            self.take(PLACE_BYTES.saturating_mul(to[axis]))?;
            let places = (0..to[axis]).map(|at| nearest(grid, sizes[axis], to[axis], at));
            let select = Operator::Select {
                axis,
                places: places.collect(),
            };
            let name = format!("{}_{axis}", site.name);
            id = self.between(name, select, &[id])?;
        }
        let id = self.reshaped(site, id, &wanted)?;
        self.graph[id].name = output.name;
        self.finish(site, place, id, &wanted)
    }

    pub(super) fn resize_linear(&mut self, site: &Site) -> Result<(), ImportError> {
        let grid = site.grid(2, 3)?;
        let input = self.computed(site.input(0)?)?;
        let &[_, height, width, _] = self.sizes(site.output)?.as_slice() else {
            return Err(site.fail("takes an image"));
        };
        let size = [height, width];
        let sizes = self.sizes(site.input(0)?)?;
        let &[_, from_height, from_width, _] = sizes.as_slice() else {
            return Err(site.fail("takes an image"));
        };
        let scales = [
            height as f32 / from_height as f32,
            width as f32 / from_width as f32,
        ];
        self.windowed(
            site,
            Operator::ResizeLinear(Resize { size, grid, scales }),
            &[input],
            None,
        )
    }
}

/// A part of an axis, where begin and end may be left out.
struct Range {
    begin: Option<i64>,
    end: Option<i64>,
    step: i64,
}

impl Range {
    /// The first place and how many there are; none for a step of 0.
    fn of(&self, size: usize) -> Option<(usize, usize)> {
        let size = size as i64;
        let from_start = |at: i64| if at < 0 { at + size } else { at };
        let (low, high) = match self.step {
            0 => return None,
            1.. => (0, size),
            _ => (-1, size - 1),
        };
        let bound = |at: Option<i64>, default: i64| {
            at.map_or(default, |at| from_start(at).clamp(low, high))
        };
        let (first, last) = match self.step > 0 {
            true => (bound(self.begin, 0), bound(self.end, size)),
            false => (bound(self.begin, size - 1), bound(self.end, -1)),
        };
        let count = match self.step > 0 {
            true => (last - first + self.step - 1) / self.step,
            false => (first - last - self.step - 1) / -self.step,
        };
        Some((first.max(0) as usize, count.max(0) as usize))
    }
}

/// TFLite's nearest place.
fn nearest(grid: Grid, from: usize, to: usize, at: usize) -> usize {
    let scale = match grid {
        Grid::Corners if to > 1 => (from - 1) as f32 / (to - 1) as f32,
        _ => from as f32 / to as f32,
    };
    let place = match grid {
        Grid::Corners => (at as f32 * scale).round(),
        Grid::HalfPixel => ((at as f32 + 0.5) * scale).floor(),
        Grid::Asymmetric => (at as f32 * scale).floor(),
    };
    (place as usize).min(from - 1)
}
