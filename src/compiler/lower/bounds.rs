//! What a network may ask of the compiler. A small file may say anything: what goes beyond is left to the host, before
//! there are weights or parameters for it.

use super::{CompileError, Lowered, image, refuse};
use crate::graph::{Graph, Node, Operator};

/// The most channels of an image, as instructions count them.
const MOST_CHANNELS: usize = 0xffff;
/// The most places of a window.
const MOST_PLACES: usize = 1 << 16;
/// The most elements of all activations that layers read and write: addresses have a sign and 31 bits.
const MOST_ELEMENTS: usize = 1 << 30;
/// The most bytes of a step of a window, and of what is around the image.
const MOST_STEP: usize = 1 << 28;
/// Bytes that weights and parameters of layers may take beside those that the network has.
const SPARE_BYTES: usize = 32 << 20;
/// How many times as many as the network has they may be: those between different groups are written out.
const MOST_TIMES: usize = 64;
/// Bytes of the parameters of a channel.
const CHANNEL_BYTES: usize = 24;
/// Rows of a window that a layer of a split pool takes at least.
const LAYER_ROWS: usize = 31;

/// What layers may still take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    bytes: usize,
    elements: usize,
}

impl Room {
    /// For the nodes of a graph.
    pub fn of(graph: &Graph) -> Room {
        let constants = graph.tensors.iter().filter(|of| of.values.is_some());
        let bytes = constants.map(|constant| constant.len()).sum::<usize>();
        Room {
            bytes: bytes.saturating_mul(MOST_TIMES).saturating_add(SPARE_BYTES),
            elements: MOST_ELEMENTS,
        }
    }
}

/// Places of the window of a node, and layers that it becomes at most.
fn window(graph: &Graph, node: &Node) -> ([usize; 2], usize) {
    match &node.operator {
        Operator::Convolution(_) => {
            let weights = &graph[node.inputs[1]].shape;
            ([weights[1], weights[2]], 1)
        }
        Operator::AveragePool(pool) => (pool.kernel, 1),
        Operator::MaxPool(pool) => {
            let [rows, columns] = pool.kernel;
            (pool.kernel, 2 + rows / LAYER_ROWS + columns / LAYER_ROWS)
        }
        Operator::GlobalAveragePool => {
            let [rows, columns, _] = image(&graph[node.inputs[0]]);
            ([rows, columns], 1)
        }
        _ => ([1, 1], 1),
    }
}

/// The longest step of a window, or the most rows or columns around its image.
fn longest_step(node: &Node) -> usize {
    let (steps, padding) = match &node.operator {
        Operator::Convolution(of) => ([of.strides, of.dilations].concat(), of.padding),
        Operator::AveragePool(of) | Operator::MaxPool(of) => (of.strides.to_vec(), of.padding),
        _ => return 1,
    };
    let around = [padding.top, padding.left, padding.bottom, padding.right];
    steps.into_iter().chain(around).max().unwrap_or(1)
}

impl Lowered {
    /// Takes the room that the layers of a node need.
    ///
    /// # Errors
    /// When there is not so much.
    pub(super) fn admit(&mut self, graph: &Graph, node: &Node) -> Result<(), CompileError> {
        let tensors = node.inputs.iter().chain([&node.output]);
        let activations = tensors.filter(|id| graph[**id].values.is_none());
        let (mut elements, mut channels) = (0, 0);
        for id in activations {
            elements += graph[*id].len();
            channels = channels.max(image(&graph[*id])[2]);
        }
        if channels > MOST_CHANNELS {
            let reason =
                format!("it has {channels} channels, and layers have {MOST_CHANNELS} at most");
            return Err(refuse(node, reason));
        }
        let step = longest_step(node);
        if step.saturating_mul(channels) > MOST_STEP {
            let reason =
                format!("a step of its window, or what is around the image, is of {step} pixels");
            return Err(refuse(node, reason));
        }
        let ([rows, columns], layers) = window(graph, node);
        if rows.saturating_mul(columns) > MOST_PLACES {
            let reason = format!(
                "its window is of {rows}x{columns}, and those of layers have {MOST_PLACES} places at most"
            );
            return Err(refuse(node, reason));
        }
        let dense = match &node.operator {
            Operator::Convolution(convolution) => graph[node.inputs[1]]
                .len()
                .saturating_mul(convolution.groups),
            Operator::FullyConnected => graph[node.inputs[1]].len(),
            Operator::BatchNormalization => channels.saturating_mul(channels),
            _ => 0,
        };
        let bytes = dense.saturating_add(layers * channels * CHANNEL_BYTES);
        match (
            self.room.bytes.checked_sub(bytes),
            self.room.elements.checked_sub(elements),
        ) {
            (Some(bytes), Some(elements)) => {
                self.room = Room { bytes, elements };
                Ok(())
            }
            (None, _) => Err(refuse(
                node,
                format!("its weights and parameters would take {bytes} bytes"),
            )),
            (_, None) => Err(refuse(node, "the activations do not fit regions of DRAM")),
        }
    }
}
