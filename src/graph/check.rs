//! What must hold in a graph.

use super::shape::MOST;
use super::{
    Element, Family, Graph, GraphError, Node, Operator, Problem, Quantization, Tensor, TensorId,
};

impl Graph {
    /// Says what is inconsistent, the first thing found.
    ///
    /// # Errors
    /// When something is.
    pub fn check(&self) -> Result<(), GraphError> {
        for tensor in &self.tensors {
            tensor.check().map_err(|problem| tensor.error(problem))?;
        }
        let constant = |tensor: &Tensor| tensor.values.is_some();
        let mut known: Vec<bool> = self.tensors.iter().map(constant).collect();
        let mut learn = |id: TensorId| {
            self.existing(id)?;
            match std::mem::replace(&mut known[id.0], true) {
                true => Err(self[id].error(Problem::Twice)),
                false => Ok(()),
            }
        };
        for input in &self.inputs {
            learn(*input)?;
        }
        for node in &self.nodes {
            learn(node.output)?;
        }
        for output in &self.outputs {
            self.existing(*output)?;
            if !known[output.0] {
                return Err(self[*output].error(Problem::NotComputed));
            }
        }
        self.check_order()?;
        self.nodes.iter().try_for_each(|node| self.check_node(node))
    }

    /// Nodes read what is there when they run.
    fn check_order(&self) -> Result<(), GraphError> {
        let constant = |tensor: &Tensor| tensor.values.is_some();
        let mut ready: Vec<bool> = self.tensors.iter().map(constant).collect();
        for input in &self.inputs {
            ready[input.0] = true;
        }
        for node in &self.nodes {
            for input in &node.inputs {
                self.existing(*input)?;
                if !ready[input.0] {
                    return Err(node.error(Problem::Order(self[*input].name.clone())));
                }
            }
            ready[node.output.0] = true;
        }
        Ok(())
    }

    /// The tensors of a node are what its operator takes and gives.
    pub(super) fn check_node(&self, node: &Node) -> Result<(), GraphError> {
        let found = self.shape_of(node)?;
        self.existing(node.output)?;
        let output = &self[node.output];
        self.problem_of(node, found)
            .map_or(Ok(()), |problem| Err(node.error(problem)))
            .and_then(|()| output.check().map_err(|problem| output.error(problem)))
    }

    fn problem_of(&self, node: &Node, found: Vec<usize>) -> Option<Problem> {
        let (input, output) = (&self[node.inputs[0]], &self[node.output]);
        if found != output.shape {
            let (tensor, wanted) = (output.name.clone(), output.shape.clone());
            return Some(Problem::Result {
                tensor,
                found,
                wanted,
            });
        }
        let (low, high) = output.element.range();
        let limits = node.limits;
        if limits.low < low || limits.high > high || limits.low > limits.high {
            return Some(Problem::Limits {
                low: limits.low,
                high: limits.high,
                element: output.element,
            });
        }
        let quantized = |tensors: &[&Tensor]| tensors.iter().find_map(|tensor| tensor.not_bytes());
        match &node.operator {
            Operator::Convolution(_) | Operator::FullyConnected => {
                quantized(&[input, output]).or_else(|| self.problem_of_weights(node))
            }
            Operator::Add => quantized(&[input, &self[node.inputs[1]], output]),
            Operator::Clip { low, high } => match low < high {
                true => quantized(&[input, output]),
                false => Some(Problem::Clip {
                    low: *low,
                    high: *high,
                }),
            },
            Operator::GlobalAveragePool | Operator::Softmax { .. } => quantized(&[input, output]),
            // TFLite's average pooling does not look at scales.
            Operator::AveragePool(_) => quantized(&[input, output]).or_else(|| match self.family {
                Family::TfLite => input.kept_in(output),
                Family::Onnx => None,
            }),
            Operator::MaxPool(_) => quantized(&[input, output]).or_else(|| input.kept_in(output)),
            Operator::Reshape { .. } => input.kept_in(output),
            Operator::Quantize => match input.element {
                Element::Float32 => quantized(&[output]),
                _ => quantized(&[input, output]),
            },
            Operator::Dequantize => quantized(&[input]).or_else(|| match output.element {
                Element::Float32 => None,
                _ => Some(output.not("an output in float32")),
            }),
        }
    }

    fn problem_of_weights(&self, node: &Node) -> Option<Problem> {
        let parameters: Vec<&Tensor> = node.inputs[1..].iter().map(|id| &self[*id]).collect();
        let variable = parameters.iter().find(|tensor| tensor.values.is_none());
        if let Some(tensor) = variable {
            return Some(Problem::NotConstant(tensor.name.clone()));
        }
        let weights = parameters[0];
        if !weights.element.is_byte() {
            return Some(weights.not("int8 or uint8 weights"));
        }
        if weights.quantization.is_none() {
            return Some(Problem::NotQuantized(weights.name.clone()));
        }
        let bias = parameters.get(1)?;
        (bias.element != Element::Int32).then(|| bias.not("an int32 bias"))
    }
}

impl Tensor {
    pub(super) fn error(&self, problem: Problem) -> GraphError {
        GraphError::Tensor {
            tensor: self.name.clone(),
            problem,
        }
    }

    fn not(&self, wanted: &'static str) -> Problem {
        Problem::Element {
            wanted,
            tensor: self.name.clone(),
            found: self.element,
        }
    }

    /// What keeps it from being a quantized activation.
    fn not_bytes(&self) -> Option<Problem> {
        if !self.element.is_byte() {
            return Some(self.not("int8 or uint8 activations"));
        }
        let one = |q: &Quantization| q.scales.len() == 1 && q.zero_points.len() == 1;
        let per_tensor = self.quantization.as_ref().is_some_and(one);
        (!per_tensor).then(|| Problem::NotQuantized(self.name.clone()))
    }

    /// What differs where values are kept.
    fn kept_in(&self, output: &Tensor) -> Option<Problem> {
        let same = self.element == output.element && self.quantization == output.quantization;
        (!same).then(|| Problem::Requantizes(output.name.clone()))
    }

    /// What must hold for a tensor alone.
    fn check(&self) -> Result<(), Problem> {
        let size = self.shape.iter().try_fold(1_usize, |product, size| {
            product
                .checked_mul(*size)
                .filter(|size| (1..=MOST).contains(size))
        });
        let Some(wanted) = size else {
            return Err(Problem::Size(self.shape.clone()));
        };
        if let Some(values) = &self.values {
            let found = values.len();
            if found != wanted {
                return Err(Problem::Count { found, wanted });
            }
            let (found, values) = (self.element, values.element());
            if found != values {
                return Err(Problem::Type { found, values });
            }
        }
        let Some(quantization) = &self.quantization else {
            return Ok(());
        };
        let (scales, zero_points) = (&quantization.scales, &quantization.zero_points);
        let channels = self.shape.first().copied().unwrap_or(1);
        let counts = |count: usize| count == 1 || count == channels;
        if scales.len() != zero_points.len() || !counts(scales.len()) {
            let (scales, zero_points) = (scales.len(), zero_points.len());
            return Err(Problem::Channels {
                scales,
                zero_points,
            });
        }
        let usable = |scale: &f32| scale.is_finite() && *scale > 0.0;
        if let Some(scale) = scales.iter().find(|scale| !usable(scale)) {
            return Err(Problem::Scale(*scale));
        }
        let (low, high) = self.element.range();
        match zero_points
            .iter()
            .find(|zero| !(low..=high).contains(*zero))
        {
            Some(&zero_point) => Err(Problem::ZeroPoint {
                zero_point,
                element: self.element,
            }),
            None => Ok(()),
        }
    }
}
