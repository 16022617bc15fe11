//! Operators that move elements.

use super::constant::{Constant, Data, size};
use super::layout::Elements;
use super::site::{Site, product};
use super::value::{Activation, Axes, Pending, Value};
use super::{ImportError, Importer};
use crate::graph::{Operator, Pad, TensorId, Values};
use std::rc::Rc;

/// Bytes of a place along an axis, about.
pub(super) const PLACE_BYTES: usize = 32;

impl Importer<'_> {
    /// An activation whose values are moved.
    pub(super) fn moving(&mut self, site: &Site, place: usize) -> Result<Activation, ImportError> {
        match self.value(site, place)? {
            Value::Activation(x) => Ok(x),
            Value::Pending(pending) => Err(pending.float()),
            Value::Constant(_) => {
                Err(site.fail("moves the values of a constant, which is not supported"))
            }
        }
    }

    /// Sizes or places that an input has, which must be a constant.
    pub(super) fn whole_numbers(
        &mut self,
        site: &Site,
        place: usize,
    ) -> Result<Vec<i64>, ImportError> {
        self.constant(site, place)?.whole_numbers()
    }

    /// Numbers of an attribute, or of an input where newer versions have it.
    pub(super) fn numbers_of(
        &mut self,
        site: &Site,
        attribute: &str,
        place: usize,
    ) -> Result<Option<Vec<i64>>, ImportError> {
        if let Some(attribute) = site.attribute(attribute) {
            return Ok(Some(attribute.ints.clone()));
        }
        match site.input(place) {
            Some(_) => self.whole_numbers(site, place).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn reshape(&mut self, site: &Site) -> Result<Value, ImportError> {
        match self.value(site, 0)? {
            Value::Activation(x) => {
                let to = self.new_sizes(site, &x.axes.sizes)?;
                Ok(Value::Activation(self.in_sizes(site, &x, to)?))
            }
            Value::Pending(pending) => {
                let to = self.new_sizes(site, &pending.axes.sizes)?;
                let plain = Axes::plain(&pending.axes.sizes).order;
                match pending.axes.lies_as(&plain) {
                    true => Ok(Value::Pending(Pending {
                        axes: Axes::plain(&to),
                        ..pending
                    })),
                    false => Err(pending.float()),
                }
            }
            Value::Constant(constant) => {
                let to = self.new_sizes(site, &constant.shape)?;
                let mut constant = Constant::clone(&constant);
                if constant
                    .meaning
                    .as_ref()
                    .is_some_and(|(meaning, _)| meaning.scales.len() > 1)
                {
                    return Err(
                        site.fail("reshapes weights with several scales, which is not supported")
                    );
                }
                constant.shape = to;
                Ok(Value::Constant(Rc::new(constant)))
            }
        }
    }

    /// The sizes that a Reshape, Flatten, Squeeze or Unsqueeze gives.
    fn new_sizes(&mut self, site: &Site, from: &[usize]) -> Result<Vec<usize>, ImportError> {
        let to = match site.proto.op_type.as_str() {
            "Flatten" => site.flattened(from)?,
            "Squeeze" => {
                let axes = self.numbers_of(site, "axes", 1)?;
                let axes = axes.map(|axes| site.axes(&axes, from.len())).transpose()?;
                let is_left_out = |axis: usize| match &axes {
                    Some(axes) => axes.contains(&axis),
                    None => from[axis] == 1,
                };
                let kept = (0..from.len()).filter(|axis| !is_left_out(*axis));
                kept.map(|axis| from[axis]).collect()
            }
            "Unsqueeze" => {
                let axes = self.numbers_of(site, "axes", 1)?.unwrap_or_default();
                let rank = from.len() + axes.len();
                let axes = site.axes(&axes, rank)?;
                let mut sizes = from.iter().copied();
                let size = |axis| match axes.contains(&axis) {
                    true => 1,
                    false => sizes.next().unwrap_or(1),
                };
                (0..rank).map(size).collect()
            }
            _ => {
                let sizes = self.whole_numbers(site, 1)?;
                site.wanted(from, &sizes)?
            }
        };
        match product(&to) == product(from) {
            true => Ok(to),
            false => Err(site.fail(format!(
                "takes {from:?} to {to:?}, which has not as many values"
            ))),
        }
    }

    /// An activation in other sizes.
    fn in_sizes(
        &mut self,
        site: &Site,
        x: &Activation,
        to: Vec<usize>,
    ) -> Result<Activation, ImportError> {
        let from = &x.axes.sizes;
        if *from == to {
            return Ok(x.clone());
        }
        // An image that becomes a vector is left as it lies: weights behind it are brought into its order.
        if let (&[1, channels, height, width], &[1, _], None) =
            (from.as_slice(), to.as_slice(), x.axes.flattened)
            && x.axes.lies_as(&[0, 2, 3, 1])
            && !x.axes.lies_as(&[0, 1, 2, 3])
        {
            let axes = Axes {
                flattened: Some([height, width, channels]),
                ..Axes::plain(&to)
            };
            let id = self.reshaped_as(site, x, vec![to[1]])?;
            return Ok(Activation {
                id,
                axes,
                ..x.clone()
            });
        }
        let plain = self.plain(site, x)?;
        let target = Axes::plain(&to);
        let standard = Axes::of(&to);
        // Where both orders are one, the graph's own.
        let axes = match target.lies_as(&standard.order) {
            true => standard,
            false => target,
        };
        let id = self.reshaped_as(site, &plain, axes.shape())?;
        Ok(Activation { id, axes, ..plain })
    }

    /// A tensor in another shape, named as the node's output.
    fn reshaped_as(
        &mut self,
        site: &Site,
        x: &Activation,
        shape: Vec<usize>,
    ) -> Result<TensorId, ImportError> {
        if self.graph[x.id].shape == shape {
            return Ok(x.id);
        }
        let output = self.output_like(site.output()?, x);
        let operator = Operator::Reshape { shape };
        Ok(self.graph.node(&site.name, operator, &[x.id], output)?)
    }

    pub(super) fn transpose(&mut self, site: &Site) -> Result<Value, ImportError> {
        let order = |rank: usize| -> Result<Vec<usize>, ImportError> {
            let Some(attribute) = site.attribute("perm") else {
                return Ok((0..rank).rev().collect());
            };
            let order = site.axes(&attribute.ints, rank)?;
            let mut sorted = order.clone();
            sorted.sort_unstable();
            match sorted.into_iter().eq(0..rank) {
                true => Ok(order),
                false => Err(site.fail(format!("has perm = {:?}", attribute.ints))),
            }
        };
        // Memory stays as it is: the file has other names for its axes.
        let renamed = |axes: &Axes, order: &[usize]| Axes {
            sizes: order.iter().map(|axis| axes.sizes[*axis]).collect(),
            order: (axes.order.iter())
                .filter_map(|axis| order.iter().position(|of| of == axis))
                .collect(),
            flattened: None,
        };
        Ok(match self.value(site, 0)? {
            Value::Activation(x) => {
                let order = order(x.axes.rank())?;
                let x = match x.axes.flattened {
                    Some(_) => self.plain(site, &x)?,
                    None => x,
                };
                let axes = renamed(&x.axes, &order);
                Value::Activation(Activation { axes, ..x })
            }
            Value::Pending(pending) => {
                let order = order(pending.axes.rank())?;
                let axes = renamed(&pending.axes, &order);
                Value::Pending(Pending { axes, ..pending })
            }
            Value::Constant(constant) => {
                let order = order(constant.shape.len())?;
                self.take(size(&constant))?;
                Value::Constant(Rc::new(constant.transposed(&order)))
            }
        })
    }

    pub(super) fn slice(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = match self.value(site, 0)? {
            Value::Constant(constant) => return self.constant_part(site, &constant),
            _ => self.moving(site, 0)?,
        };
        let elements = self.slice_of(site, &x.axes)?;
        let x = self.without_flattening(site, &x)?;
        let order = x.axes.order.clone();
        Ok(Value::Activation(self.viewed(site, &x, elements, order)?))
    }

    /// Which elements of a tensor a Slice takes.
    pub(super) fn slice_of(&mut self, site: &Site, axes: &Axes) -> Result<Elements, ImportError> {
        let missing = || site.fail("has no bounds");
        let starts = self.numbers_of(site, "starts", 1)?.ok_or_else(missing)?;
        let ends = self.numbers_of(site, "ends", 2)?.ok_or_else(missing)?;
        let all = || (0..starts.len() as i64).collect();
        let of_axes = self.numbers_of(site, "axes", 3)?.unwrap_or_else(all);
        let steps = match site.input(4) {
            Some(_) => self.whole_numbers(site, 4)?,
            None => vec![1; starts.len()],
        };
        if [&ends, &of_axes, &steps]
            .iter()
            .any(|of| of.len() != starts.len())
        {
            return Err(site.fail("has bounds of different lengths"));
        }
        let mut elements = Elements {
            sizes: axes.sizes.clone(),
            strides: axes.strides(),
            offset: 0,
        };
        let bounds = starts.iter().zip(&ends).zip(&steps);
        for (((start, end), step), axis) in bounds.zip(site.axes(&of_axes, axes.rank())?) {
            let size = axes.sizes[axis] as i64;
            let (low, high) = match *step {
                0 => return Err(site.fail("has a step of 0")),
                1.. => (0, size),
                _ => (-1, size - 1),
            };
            let bound = |at: i64| {
                let from_start = if at < 0 { at.saturating_add(size) } else { at };
                from_start.clamp(low, high)
            };
            let (first, last) = (bound(*start), bound(*end));
            let distance = if *step > 0 {
                last - first
            } else {
                first - last
            };
            // A step beyond the end is as good as one to it.
            let step = (*step).clamp(-size, size);
            let count = (distance.max(0) as u64).div_ceil(step.unsigned_abs()) as usize;
            if count == 0 {
                return Err(site.fail("takes no elements"));
            }
            elements.offset += first as isize * elements.strides[axis];
            elements.strides[axis] *= step as isize;
            elements.sizes[axis] = count;
        }
        Ok(elements)
    }

    pub(super) fn split(&mut self, site: &Site) -> Result<(), ImportError> {
        let x = self.moving(site, 0)?;
        let x = self.without_flattening(site, &x)?;
        let axis = site.axis(site.int("axis", 0), x.axes.rank())?;
        let size = x.axes.sizes[axis];
        let parts = site.proto.output.len();
        let sizes = match self.numbers_of(site, "split", 1)? {
            Some(sizes) => sizes,
            None => {
                let each = size.div_ceil(parts.max(1));
                let left = |part: usize| size.saturating_sub(part * each).min(each) as i64;
                (0..parts).map(left).collect()
            }
        };
        let known: Option<Vec<usize>> = sizes
            .iter()
            .map(|size| usize::try_from(*size).ok())
            .collect();
        let known = known.filter(|known| known.len() == parts && sum(known) == Some(size));
        let known = known.ok_or_else(|| site.fail(format!("splits {size} into {sizes:?}")))?;
        let mut first = 0;
        for (name, count) in site.proto.output.iter().zip(known) {
            let mut elements = Elements {
                sizes: x.axes.sizes.clone(),
                strides: x.axes.strides(),
                offset: first as isize * x.axes.strides()[axis],
            };
            elements.sizes[axis] = count;
            first += count;
            if !name.is_empty() {
                let order = x.axes.order.clone();
                let part = self.viewed(site, &x, elements, order)?;
                self.define(name, Value::Activation(part))?;
            }
        }
        Ok(())
    }

    pub(super) fn expand(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.moving(site, 0)?;
        let x = self.without_flattening(site, &x)?;
        let wanted = self.whole_numbers(site, 1)?;
        let wanted = wanted
            .iter()
            .map(|size| usize::try_from(*size).unwrap_or(0));
        let wanted = Vec::from_iter(wanted);
        let to = site.broadcast(&x.axes.sizes, &wanted)?;
        let repeated = self.repeated(site, &x, &to, (0..to.len()).collect())?;
        Ok(Value::Activation(repeated))
    }

    /// An activation repeated along axes in which it has the size 1, in an order of its axes.
    pub(super) fn repeated(
        &mut self,
        site: &Site,
        x: &Activation,
        to: &[usize],
        order: Vec<usize>,
    ) -> Result<Activation, ImportError> {
        if x.axes.sizes == to {
            return self.arranged(site, x, order);
        }
        let x = self.without_flattening(site, x)?;
        let front = to.len() - x.axes.rank();
        let mut strides = vec![0; to.len()];
        for (axis, stride) in x.axes.strides().into_iter().enumerate() {
            if x.axes.sizes[axis] > 1 {
                strides[front + axis] = stride;
            }
        }
        let elements = Elements {
            sizes: to.to_vec(),
            strides,
            offset: 0,
        };
        self.viewed(site, &x, elements, order)
    }

    pub(super) fn tile(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.moving(site, 0)?;
        let x = self.without_flattening(site, &x)?;
        let times = self.whole_numbers(site, 1)?;
        let strides = x.axes.strides();
        let (mut sizes, mut steps, mut to) = (Vec::new(), Vec::new(), Vec::new());
        for ((size, stride), times) in x.axes.sizes.iter().zip(strides).zip(&times) {
            let times = usize::try_from(*times).unwrap_or(0);
            sizes.extend([times, *size]);
            steps.extend([0, stride]);
            to.push(times.saturating_mul(*size));
        }
        self.in_parts(site, &x, sizes, steps, to)
    }

    pub(super) fn depth_to_space(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.moving(site, 0)?;
        let x = self.without_flattening(site, &x)?;
        let block = usize::try_from(site.int("blocksize", 0)).unwrap_or(0);
        let (&[batch, channels, height, width], &[image, channel, row, column]) =
            (x.axes.sizes.as_slice(), x.axes.strides().as_slice())
        else {
            return Err(site.fail("takes an image"));
        };
        let is_crd = site.attribute("mode").is_some_and(|mode| mode.s == b"CRD");
        if site.proto.op_type == "SpaceToDepth" {
            if block == 0 || height % block != 0 || width % block != 0 {
                return Err(site.fail(format!("has blocksize = {block}")));
            }
            let by = block as isize;
            let sizes = vec![batch, block, block, channels, height / block, width / block];
            let steps = vec![image, row, column, channel, row * by, column * by];
            let to = vec![
                batch,
                channels * block * block,
                height / block,
                width / block,
            ];
            return self.in_parts(site, &x, sizes, steps, to);
        }
        if block == 0 || channels % (block * block) != 0 {
            return Err(site.fail(format!("has blocksize = {block}")));
        }
        let rest = channels / (block * block);
        let (of_rest, of_row, of_column) = match is_crd {
            true => ((block * block) as isize, block as isize, 1),
            false => (1, (block * rest) as isize, rest as isize),
        };
        let sizes = vec![batch, rest, height, block, width, block];
        let steps = vec![
            image,
            channel * of_rest,
            row,
            channel * of_row,
            column,
            channel * of_column,
        ];
        let to = vec![batch, rest, height * block, width * block];
        self.in_parts(site, &x, sizes, steps, to)
    }

    /// Elements by more axes than the result has.
    fn in_parts(
        &mut self,
        site: &Site,
        x: &Activation,
        sizes: Vec<usize>,
        strides: Vec<isize>,
        to: Vec<usize>,
    ) -> Result<Value, ImportError> {
        let order = (0..sizes.len()).collect();
        let elements = Elements {
            sizes,
            strides,
            offset: 0,
        };
        let parts = self.viewed(site, x, elements, order)?;
        let axes = Axes::plain(&to);
        Ok(Value::Activation(Activation { axes, ..parts }))
    }

    pub(super) fn gather(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = match self.value(site, 0)? {
            Value::Constant(constant) => return self.constant_places(site, &constant),
            _ => self.moving(site, 0)?,
        };
        let axis = site.axis(site.int("axis", 0), x.axes.rank())?;
        let indices = self.constant(site, 1)?;
        let size = x.axes.sizes[axis] as i64;
        let places = indices.whole_numbers()?.into_iter();
        let places = places.map(|at| if at < 0 { at + size } else { at });
        let places: Option<Vec<usize>> = places.map(|at| usize::try_from(at).ok()).collect();
        let places = places.ok_or_else(|| site.fail("reads places in front of a tensor"))?;
        let mut x = self.chosen(site, &x, axis, places)?;
        if indices.shape.len() != 1 {
            x = self.plain(site, &x)?;
            let mut to = x.axes.sizes.clone();
            to.splice(axis..=axis, indices.shape.iter().copied());
            x.axes = Axes::plain(&to);
        }
        Ok(Value::Activation(x))
    }

    /// Elements at places along an axis of the file.
    pub(super) fn chosen(
        &mut self,
        site: &Site,
        x: &Activation,
        axis: usize,
        places: Vec<usize>,
    ) -> Result<Activation, ImportError> {
        let x = self.without_flattening(site, x)?;
        let place = x.axes.order.iter().position(|of| *of == axis).unwrap_or(0);
        let whole = self.reshaped(site, x.id, x.axes.whole())?;
        let mut axes = x.axes.clone();
        axes.sizes[axis] = places.len();
        let select = Operator::Select {
            axis: place,
            places,
        };
        let id = self.moved(site, select, &[whole])?;
        Ok(Activation { id, axes, ..x })
    }

    pub(super) fn pad(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.moving(site, 0)?;
        let x = self.without_flattening(site, &x)?;
        let rank = x.axes.rank();
        let around = self.numbers_of(site, "pads", 1)?;
        let around = around.ok_or_else(|| site.fail("has no pads"))?;
        let of_axes = match site.input(3) {
            Some(_) => {
                let axes = self.whole_numbers(site, 3)?;
                site.axes(&axes, rank)?
            }
            None => (0..rank).collect(),
        };
        if around.len() != 2 * of_axes.len() {
            return Err(site.fail(format!("has pads = {around:?}")));
        }
        let (mut before, mut after) = (vec![0_i64; rank], vec![0_i64; rank]);
        for (place, axis) in of_axes.iter().enumerate() {
            before[*axis] = around[place];
            after[*axis] = around[of_axes.len() + place];
        }
        let most = i64::from(i32::MAX);
        if before
            .iter()
            .chain(&after)
            .any(|size| !(-most..=most).contains(size))
        {
            return Err(site.fail(format!("has pads = {around:?}")));
        }
        let mode = site
            .attribute("mode")
            .map_or(&b"constant"[..], |mode| &mode.s);
        if mode != b"constant" {
            return self.pad_with_itself(site, x, mode, &before, &after);
        }
        // What is padded less than nothing is cut off.
        let mut elements = Elements {
            sizes: x.axes.sizes.clone(),
            strides: x.axes.strides(),
            offset: 0,
        };
        for axis in 0..rank {
            let (front, behind) = (before[axis].min(0), after[axis].min(0));
            elements.offset -= front as isize * elements.strides[axis];
            let left = elements.sizes[axis] as i64 + front + behind;
            elements.sizes[axis] = usize::try_from(left)
                .ok()
                .filter(|left| *left > 0)
                .ok_or_else(|| site.fail(format!("has pads = {around:?}, which leave nothing")))?;
        }
        let order = x.axes.order.clone();
        let x = self.viewed(site, &x, elements, order)?;
        let (value, real) = self.padding_value(site, &x)?;
        let whole = self.reshaped(site, x.id, x.axes.whole())?;
        let in_memory = |sizes: &[i64]| -> Vec<usize> {
            let sizes = x.axes.order.iter().map(|axis| sizes[*axis].max(0) as usize);
            sizes.collect()
        };
        let pad = Pad {
            before: in_memory(&before),
            after: in_memory(&after),
            between: vec![0; rank],
            value,
        };
        let mut axes = x.axes.clone();
        for axis in 0..rank {
            axes.sizes[axis] += (before[axis].max(0) + after[axis].max(0)) as usize;
        }
        let operator = Operator::Pad(pad);
        if real.is_some() {
            let Value::Pending(pending) = self.pending(site, operator, vec![whole], axes) else {
                return Err(site.float());
            };
            return Ok(Value::Pending(Pending {
                padding: real,
                ..pending
            }));
        }
        let id = self.moved(site, operator, &[whole])?;
        Ok(Value::Activation(Activation { id, axes, ..x }))
    }

    /// The integer that a Pad writes, 0 where it says nothing; and the real number where the integer is another one.
    fn padding_value(
        &mut self,
        site: &Site,
        x: &Activation,
    ) -> Result<(i32, Option<f32>), ImportError> {
        let constant = match (site.input(2), site.attribute("value")) {
            (Some(_), _) => Some(self.constant(site, 2)?),
            (None, Some(attribute)) if attribute.f() != 0.0 => {
                return Err(site.fail("pads with a number that is not 0"));
            }
            _ => None,
        };
        let tensor = &self.graph[x.id];
        let (low, high) = tensor.element.range();
        let Some(meaning) = tensor.quantization.as_ref().filter(|_| x.real) else {
            let integers = constant.map(|constant| constant.integers()).transpose()?;
            return Ok((
                integers.and_then(|of| of.first().copied()).unwrap_or(0),
                None,
            ));
        };
        let real = match &constant {
            None => 0.0,
            Some(constant) => match (&constant.meaning, constant.values()?) {
                (Some((meaning, _)), values) => {
                    let integers = values.integers().unwrap_or_default();
                    let integer = integers.first().copied().unwrap_or(0);
                    meaning.scale(0) * (integer - meaning.zero_point(0)) as f32
                }
                (None, Values::Float32(reals)) => reals.first().copied().unwrap_or(0.0),
                _ => return Err(constant.fail("is no real number")),
            },
        };
        let steps = (real / meaning.scale(0)).round_ties_even() as i32;
        let zero_point = meaning.zero_point(0);
        let integer = steps.saturating_add(zero_point).clamp(low, high);
        let is_exact = meaning.scale(0) * (integer - zero_point) as f32 == real;
        Ok((integer, (!is_exact).then_some(real)))
    }

    /// Elements of the tensor itself around it.
    fn pad_with_itself(
        &mut self,
        site: &Site,
        x: Activation,
        mode: &[u8],
        before: &[i64],
        after: &[i64],
    ) -> Result<Value, ImportError> {
        let mut x = x;
        for axis in 0..x.axes.rank() {
            let size = x.axes.sizes[axis] as i64;
            if before[axis] == 0 && after[axis] == 0 {
                continue;
            }
            let most = if mode == b"reflect" {
                size - 1
            } else {
                i64::from(u16::MAX)
            };
            if before[axis] > most || after[axis] > most || before[axis] + after[axis] + size <= 0 {
                return Err(site.fail(format!(
                    "pads {size} by {} and {}",
                    before[axis], after[axis]
                )));
            }
            let place = |at: i64| match mode {
                b"reflect" if at < 0 => Some(-at),
                b"reflect" if at >= size => Some(2 * size - 2 - at),
                b"reflect" => Some(at),
                b"edge" => Some(at.clamp(0, size - 1)),
                b"wrap" => Some(at.rem_euclid(size)),
                _ => None,
            };
            let count = before[axis] + after[axis] + size;
            self.take(PLACE_BYTES.saturating_mul(count as usize))?;
            let places = (-before[axis]..size + after[axis]).map(place);
            let places: Option<Vec<usize>> = places.map(|at| at.map(|at| at as usize)).collect();
            let places = places.ok_or_else(|| site.fail("has an unknown mode"))?;
            x = self.chosen(site, &x, axis, places)?;
        }
        Ok(Value::Activation(x))
    }

    /// An activation that is no flattened image.
    pub(super) fn without_flattening(
        &mut self,
        site: &Site,
        x: &Activation,
    ) -> Result<Activation, ImportError> {
        match x.axes.flattened {
            Some(_) => self.plain(site, x),
            None => Ok(x.clone()),
        }
    }

    /// Places along an axis of a constant.
    fn constant_places(&mut self, site: &Site, x: &Constant) -> Result<Value, ImportError> {
        let indices = self.constant(site, 1)?;
        site.axis(site.int("axis", 0), x.shape.len())?;
        let (Data::Int64(values), [size]) = (&x.data, &x.shape[..]) else {
            return Err(site.fail("takes elements of a constant that is no list of sizes"));
        };
        let place = |at: &i64| {
            let from_start = if *at < 0 { at + *size as i64 } else { *at };
            usize::try_from(from_start)
                .ok()
                .and_then(|at| values.get(at))
                .copied()
        };
        let chosen: Option<Vec<i64>> = indices.whole_numbers()?.iter().map(place).collect();
        let chosen = chosen.ok_or_else(|| site.fail("reads places that there are not"))?;
        self.sizes_constant(site, indices.shape.clone(), chosen)
    }

    fn constant_part(&mut self, site: &Site, x: &Constant) -> Result<Value, ImportError> {
        let Data::Int64(values) = &x.data else {
            return Err(site.fail("takes a part of a constant that is no list of sizes"));
        };
        let elements = self.slice_of(site, &Axes::plain(&x.shape))?;
        let (&[count], &[step]) = (elements.sizes.as_slice(), elements.strides.as_slice()) else {
            return Err(site.fail("takes a part of a constant that is no list of sizes"));
        };
        let places = (0..count as isize).map(|at| (elements.offset + at * step) as usize);
        let part = places.filter_map(|at| values.get(at).copied()).collect();
        self.sizes_constant(site, vec![count], part)
    }

    /// A constant of whole numbers.
    pub(super) fn sizes_constant(
        &mut self,
        site: &Site,
        shape: Vec<usize>,
        values: Vec<i64>,
    ) -> Result<Value, ImportError> {
        self.take(16 * values.len())?;
        Ok(Value::Constant(Rc::new(Constant {
            name: site.output()?.to_owned(),
            shape,
            data: Data::Int64(values),
            meaning: None,
            narrow: false,
            half: false,
        })))
    }
}

fn sum(sizes: &[usize]) -> Option<usize> {
    let mut sizes = sizes.iter();
    sizes.try_fold(0_usize, |sum, size| sum.checked_add(*size))
}
