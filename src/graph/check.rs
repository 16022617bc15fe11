//! What must hold in a graph.

use super::shape::count;
use super::{
    Binary, Element, Family, Graph, GraphError, Node, Operator, Quantization, Tensor, Values,
};

impl Graph {
    /// Says what is inconsistent, the first thing found.
    ///
    /// # Errors
    /// When something is.
    pub fn check(&self) -> Result<(), GraphError> {
        self.check_flow()?;
        self.check_parts()
    }

    /// Says what is inconsistent in a tensor or a node, whatever computes the tensors that they read.
    pub(crate) fn check_parts(&self) -> Result<(), GraphError> {
        for tensor in &self.tensors {
            tensor.check()?;
        }
        for node in &self.nodes {
            self.check_node(node)?;
        }
        for id in self.inputs.iter().chain(&self.outputs) {
            self.existing(*id)?;
        }
        self.variables.iter().try_for_each(|variable| {
            self.existing(variable.read)?;
            self.existing(variable.written)?;
            let [read, written] = [variable.read, variable.written].map(|id| &self[id]);
            let fits = (read.element, &read.shape) == (written.element, &written.shape)
                && variable.initial.element() == read.element
                && variable.initial.len() == read.len();
            match fits {
                true => Ok(()),
                false => Err(read.error(format!(
                    "is a variable that `{}` does not fit",
                    written.name
                ))),
            }
        })
    }

    /// Every tensor has one origin, and what nodes read is there when they run.
    fn check_flow(&self) -> Result<(), GraphError> {
        let constant = |tensor: &Tensor| tensor.values.is_some();
        let mut ready: Vec<bool> = self.tensors.iter().map(constant).collect();
        let define = |ready: &mut Vec<bool>, id| {
            self.existing(id)?;
            match std::mem::replace(&mut ready[id.0], true) {
                true => Err(self[id].error("is computed twice, or computed and given at once")),
                false => Ok(()),
            }
        };
        let variables = self.variables.iter().map(|variable| &variable.read);
        for input in self.inputs.iter().chain(variables) {
            define(&mut ready, *input)?;
        }
        for node in &self.nodes {
            for input in &node.inputs {
                self.existing(*input)?;
                if !ready[input.0] {
                    let name = &self[*input].name;
                    return Err(node.error(format!(
                        "reads `{name}`, which is neither given, constant nor computed before"
                    )));
                }
            }
            define(&mut ready, node.output)?;
        }
        let variables = self.variables.iter().map(|variable| &variable.written);
        for output in self.outputs.iter().chain(variables) {
            self.existing(*output)?;
            if !ready[output.0] {
                return Err(self[*output].error("is an output that nothing computes"));
            }
        }
        Ok(())
    }

    /// The tensors of a node are what its operator takes and gives.
    pub(super) fn check_node(&self, node: &Node) -> Result<(), GraphError> {
        let found = self.shape_of(node)?;
        self.existing(node.output)?;
        let output = &self[node.output];
        output.check()?;
        let checked = match found == output.shape {
            true => self.check_elements(node),
            false => Err(format!(
                "gives the shape {found:?}, and its output `{}` has {:?}",
                output.name, output.shape
            )),
        };
        checked.map_err(|problem| node.error(problem))
    }

    fn check_elements(&self, node: &Node) -> Result<(), String> {
        let (input, output) = (&self[node.inputs[0]], &self[node.output]);
        let ((low, high), limits) = (output.element.range(), node.limits);
        if limits.low < low || limits.high > high || limits.low > limits.high {
            let (low, high, element) = (limits.low, limits.high, output.element);
            return Err(format!(
                "limits its result to {low}..={high}, which {element} does not hold"
            ));
        }
        let reals = node.operator.reals();
        if let Some(real) = reals.into_iter().find(|real| !real.is_finite()) {
            return Err(format!("has the factor {real}, which is no number"));
        }
        match &node.operator {
            Operator::Reshape { .. } => return output.keeps(input),
            Operator::View(_) | Operator::Select { .. } => return output.keeps(input),
            Operator::Concat { .. } | Operator::Pad(_) if input.element == Element::Float32 => {
                return Err(input.is_no("integer"));
            }
            Operator::Concat { .. } => {
                let mut inputs = node.inputs.iter();
                return inputs.try_for_each(|id| output.keeps(&self[*id]));
            }
            Operator::Pad(pad) => {
                return match (low..=high).contains(&pad.value) {
                    true => output.keeps(input),
                    false => Err(output.is_no("number that is padded with")),
                };
            }
            Operator::Quantize if input.element == Element::Float32 => {}
            _ => input.check_bytes()?,
        }
        match &node.operator {
            Operator::Dequantize if output.element == Element::Float32 => return Ok(()),
            Operator::Dequantize => return Err(output.is_no("real number: float32")),
            Operator::ArgMax if output.element == Element::Int32 => return Ok(()),
            Operator::ArgMax => return Err(output.is_no("place: int32")),
            _ => output.check_bytes()?,
        }
        match &node.operator {
            Operator::Convolution(_) | Operator::FullyConnected => self.check_parameters(node),
            Operator::BatchNormalization => node.inputs[1..].iter().try_for_each(|id| {
                let reals = self[*id].values.as_ref().and_then(Values::floats);
                match reals.is_some_and(|reals| reals.iter().all(|real| real.is_finite())) {
                    true => Ok(()),
                    false => Err(self[*id].is_no("constant of finite float32")),
                }
            }),
            Operator::Binary(Binary::Maximum | Binary::Minimum)
                if self.family == Family::TfLite =>
            {
                output.keeps(input)?;
                output.keeps(&self[node.inputs[1]])
            }
            Operator::Binary(_) | Operator::MatMul | Operator::PRelu => {
                self[node.inputs[1]].check_bytes()
            }
            Operator::Clip { low, high } if low < high => Ok(()),
            Operator::Clip { low, high } => Err(format!(
                "clips between {low} and {high}, which are no limits"
            )),
            Operator::MaxPool(_) => output.keeps(input),
            // TFLite's average pooling does not look at scales.
            Operator::AveragePool(_) if self.family == Family::TfLite => output.keeps(input),
            _ => Ok(()),
        }
    }

    /// Weights and bias.
    fn check_parameters(&self, node: &Node) -> Result<(), String> {
        for id in &node.inputs[1..] {
            let Tensor { name, values, .. } = &self[*id];
            if values.is_none() {
                return Err(format!(
                    "needs constant weights and bias; `{name}` is computed"
                ));
            }
        }
        let weights = &self[node.inputs[1]];
        if !weights.element.is_byte() || weights.quantization.is_none() {
            return Err(weights.is_no("quantized weight: int8 or uint8 with a scale"));
        }
        match node.inputs.get(2).map(|id| &self[*id]) {
            Some(bias) if bias.element != Element::Int32 => Err(bias.is_no("bias: int32")),
            _ => Ok(()),
        }
    }
}

impl Tensor {
    fn error(&self, problem: impl Into<String>) -> GraphError {
        GraphError::Tensor {
            tensor: self.name.clone(),
            problem: problem.into(),
        }
    }

    fn is_no(&self, wanted: &str) -> String {
        let Tensor { name, element, .. } = self;
        let with = match &self.quantization {
            Some(meaning) => format!("with {} scales", meaning.scales.len()),
            None => "without a scale".into(),
        };
        format!("takes or gives no {wanted}; `{name}` is {element} {with}")
    }

    /// It is a quantized activation.
    fn check_bytes(&self) -> Result<(), String> {
        let one = |meaning: &Quantization| meaning.scales.len() == 1;
        match self.element.is_byte() && self.quantization.as_ref().is_some_and(one) {
            true => Ok(()),
            false => Err(self.is_no("quantized activation: int8 or uint8 with one scale")),
        }
    }

    /// Its values are some of the input's, and so mean the same.
    fn keeps(&self, input: &Tensor) -> Result<(), String> {
        match self.element == input.element && self.quantization == input.quantization {
            true => Ok(()),
            false => Err(format!(
                "keeps values as they are: `{}` must have the type, scale and zero point of `{}`",
                self.name, input.name
            )),
        }
    }

    /// What must hold for a tensor alone.
    pub(crate) fn check(&self) -> Result<(), GraphError> {
        let Some(wanted) = count(&self.shape).filter(|count| *count > 0) else {
            return Err(self.error(format!(
                "has the shape {:?}: it must have 1 to 2^31 - 1 values",
                self.shape
            )));
        };
        if let Some(values) = &self.values {
            let (found, element) = (values.len(), values.element());
            if (found, element) != (wanted, self.element) {
                let is = format!("{wanted} of {}", self.element);
                return Err(self.error(format!("holds {found} values of {element}; it is {is}")));
            }
        }
        match &self.quantization {
            Some(meaning) => self.check_meaning(meaning),
            None => Ok(()),
        }
    }

    fn check_meaning(&self, meaning: &Quantization) -> Result<(), GraphError> {
        let (scales, zero_points) = (&meaning.scales, &meaning.zero_points);
        let channels = self.shape.first().copied().unwrap_or(1);
        if scales.len() != zero_points.len() || ![1, channels].contains(&scales.len()) {
            return Err(self.error(format!(
                "has {} scales and {} zero points; it may have one of each, or {channels}",
                scales.len(),
                zero_points.len()
            )));
        }
        let usable = |scale: &f32| scale.is_finite() && *scale > 0.0;
        if let Some(scale) = scales.iter().find(|scale| !usable(scale)) {
            return Err(self.error(format!("has the scale {scale}; scales are greater than 0")));
        }
        let (low, high) = self.element.range();
        match zero_points
            .iter()
            .find(|zero| !(low..=high).contains(*zero))
        {
            Some(zero) => {
                let element = self.element;
                Err(self.error(format!(
                    "has the zero point {zero}, which {element} does not hold"
                )))
            }
            None => Ok(()),
        }
    }
}
