//! Elements that only move: convolutions whose weights pick channels, where rows and columns keep their order.

use super::{Layer, identity, image, to_int8};
use crate::compiler::Rounding;
use crate::graph::{Graph, Node, Operator, Pad, Tensor, TensorId, View, strides_of};

/// More weights than this are no gain.
const MOST_WEIGHTS: usize = 1 << 16;

/// What is moved where.
struct Moves {
    /// The image: all others are constants.
    input: TensorId,
    /// Rows and columns.
    axes: [Axis; 2],
    /// For each channel of the result that of the image, or the integer that stands there.
    channels: Vec<Result<usize, i32>>,
    /// The integer around the image.
    around: i32,
}

/// Rows or columns of a result, as those of an image.
#[derive(Clone, Copy)]
struct Axis {
    /// How many of the result lie in front of the image.
    before: usize,
    /// The first one of the image.
    first: usize,
    step: usize,
    size: usize,
}

impl Axis {
    fn whole(size: usize) -> Axis {
        Axis {
            before: 0,
            first: 0,
            step: 1,
            size,
        }
    }
}

/// The layer of a node that moves elements; none where the array does not.
pub(super) fn movement(graph: &Graph, node: &Node, rounding: Rounding) -> Option<Layer> {
    let moves = moves(graph, node)?;
    let [height, width, channels] = whole_image(&graph[moves.input])?;
    let outputs = moves.channels.len();
    let kernel = moves.axes.map(|axis| if axis.first > 0 { 2 } else { 1 });
    let taps = kernel[0] * kernel[1];
    if outputs * channels * taps > MOST_WEIGHTS {
        return None;
    }
    let mut layer = identity(graph, node, moves.input, rounding);
    layer.image = [height, width, channels];
    layer.result = [moves.axes[0].size, moves.axes[1].size, outputs];
    layer.kernel = kernel;
    layer.strides = moves.axes.map(|axis| axis.step);
    // The last tap of a kernel is where the first element is.
    layer.dilations = moves.axes.map(|axis| axis.first.max(1));
    layer.padding = moves.axes.map(|axis| axis.before);
    let offset = to_int8(graph[node.output].element);
    layer.padding_value = moves.around + offset;
    layer.weights = vec![0; outputs * taps * channels];
    layer.bias = vec![0; outputs];
    layer.factors = vec![layer.factors[0]; outputs];
    layer.pool = None;
    for (output, channel) in moves.channels.iter().enumerate() {
        match channel {
            Ok(channel) => {
                layer.weights[(output * taps + taps - 1) * channels + channel] = 1;
            }
            Err(integer) => layer.bias[output] = integer + offset,
        }
    }
    Some(layer)
}

fn moves(graph: &Graph, node: &Node) -> Option<Moves> {
    let input = node.inputs[0];
    let from = whole_image(&graph[input])?;
    let to = whole_image(&graph[node.output])?;
    match &node.operator {
        Operator::Pad(pad) => padded(pad, input, from),
        Operator::Select { axis, places } => {
            let axis = (axis + 3).checked_sub(graph[input].shape.len())?;
            selected(axis, places, input, from)
        }
        Operator::View(view) => viewed(view, input, from, to),
        Operator::Concat { axis } => {
            let is_last = axis + 1 == graph[input].shape.len();
            is_last.then(|| joined(graph, node))?
        }
        _ => None,
    }
}

/// Rows, columns and channels of a tensor whose other axes have the size 1.
fn whole_image(tensor: &Tensor) -> Option<[usize; 3]> {
    let (front, last) = tensor
        .shape
        .split_at_checked(tensor.shape.len().saturating_sub(3))?;
    let is_image = front.iter().all(|size| *size == 1);
    match (is_image, last) {
        (true, &[height, width, channels]) => Some([height, width, channels]),
        (true, &[width, channels]) => Some([1, width, channels]),
        (true, &[channels]) => Some([1, 1, channels]),
        _ => None,
    }
}

fn padded(pad: &Pad, input: TensorId, from: [usize; 3]) -> Option<Moves> {
    // Sizes of the axes of an image, those in front left out.
    let of_image = |sizes: &[usize]| -> Option<[usize; 3]> {
        let (front, last) = sizes.split_at(sizes.len().saturating_sub(3));
        let mut image = [0; 3];
        image[3 - last.len()..].copy_from_slice(last);
        front.iter().all(|size| *size == 0).then_some(image)
    };
    let [before, after, between] =
        [&pad.before, &pad.after, &pad.between].map(|sizes| of_image(sizes));
    let (before, after, between) = (before?, after?, between?);
    if between != [0; 3] {
        return None;
    }
    let axis = |axis: usize| Axis {
        before: before[axis],
        ..Axis::whole(before[axis] + from[axis] + after[axis])
    };
    let padding = |count| std::iter::repeat_n(Err(pad.value), count);
    let channels = padding(before[2]).chain((0..from[2]).map(Ok));
    Some(Moves {
        input,
        axes: [axis(0), axis(1)],
        channels: channels.chain(padding(after[2])).collect(),
        around: pad.value,
    })
}

fn selected(axis: usize, places: &[usize], input: TensorId, from: [usize; 3]) -> Option<Moves> {
    let mut moves = Moves {
        input,
        axes: [Axis::whole(from[0]), Axis::whole(from[1])],
        channels: (0..from[2]).map(Ok).collect(),
        around: 0,
    };
    if axis == 2 {
        moves.channels = places.iter().copied().map(Ok).collect();
        return Some(moves);
    }
    let step = match places {
        [first, second, ..] => second.checked_sub(*first).filter(|step| *step > 0)?,
        _ => 1,
    };
    let is_even = places.windows(2).all(|pair| pair[0] + step == pair[1]);
    moves.axes[axis] = Axis {
        before: 0,
        first: *places.first()?,
        step,
        size: places.len(),
    };
    is_even.then_some(moves)
}

fn viewed(view: &View, input: TensorId, from: [usize; 3], to: [usize; 3]) -> Option<Moves> {
    let [_, width, channels] = from;
    let strides = strides_of(&from);
    // Axes of size 1 go nowhere.
    let mut steps = [0; 3];
    let last = view.shape.iter().zip(&view.strides).rev();
    for (step, (size, stride)) in steps.iter_mut().rev().zip(last) {
        *step = if *size > 1 { *stride } else { 0 };
    }
    let first = [
        view.offset / (width * channels),
        view.offset / channels % width,
        view.offset % channels,
    ];
    let axis = |axis: usize| {
        let step = match to[axis] {
            1 => 1,
            _ if steps[axis] > 0 && steps[axis] % strides[axis] == 0 => {
                (steps[axis] / strides[axis]) as usize
            }
            _ => return None,
        };
        let end = first[axis] + (to[axis] - 1) * step;
        (end < from[axis]).then_some(Axis {
            before: 0,
            first: first[axis],
            step,
            size: to[axis],
        })
    };
    let channel = |at: usize| {
        let place = first[2] as isize + at as isize * steps[2];
        let place = usize::try_from(place).ok();
        place.filter(|place| *place < channels).map(Ok)
    };
    Some(Moves {
        input,
        axes: [axis(0)?, axis(1)?],
        channels: (0..to[2]).map(channel).collect::<Option<_>>()?,
        around: 0,
    })
}

/// Channels of one image and constants that are the same in every pixel.
fn joined(graph: &Graph, node: &Node) -> Option<Moves> {
    let images = node.inputs.iter().filter(|id| graph[**id].values.is_none());
    let &[input] = images.copied().collect::<Vec<_>>().as_slice() else {
        return None;
    };
    let [height, width, _] = whole_image(&graph[input])?;
    let mut channels = Vec::new();
    for id in &node.inputs {
        let count = image(&graph[*id])[2];
        let Some(values) = &graph[*id].values else {
            channels.extend((0..count).map(Ok));
            continue;
        };
        let integers = values.integers()?;
        let (first, rest) = integers.split_at_checked(count)?;
        if rest.chunks(count).any(|pixel| pixel != first) {
            return None;
        }
        channels.extend(first.iter().copied().map(Err));
    }
    Some(Moves {
        input,
        axes: [Axis::whole(height), Axis::whole(width)],
        channels,
        around: 0,
    })
}
