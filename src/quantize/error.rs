//! Why a network is not quantized.

use crate::import::ImportError;
use miette::Diagnostic;
use thiserror::Error;

/// Why a network is not quantized.
#[derive(Clone, Debug, PartialEq, Error, Diagnostic)]
pub enum QuantizeError {
    /// It is not read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Import(#[from] ImportError),
    /// Its operator set is too old for scales per channel.
    #[error("the model is of operator set {found}; scales per channel exist from 13 on")]
    #[diagnostic(
        code(ferrogrid::quantize::opset),
        help(
            "export it again with `opset_version=13` or newer, or convert it with `onnx.version_converter`"
        )
    )]
    Opset {
        /// Its version.
        found: i64,
    },
    /// It is quantized already.
    #[error("node `{node}`: the model is quantized already")]
    #[diagnostic(
        code(ferrogrid::quantize::quantized),
        help("compile or run it as it is, or quantize the model in floating point")
    )]
    Quantized {
        /// A node that says so.
        node: String,
    },
    /// A node holds other graphs.
    #[error("node `{node}` ({operator}) holds a graph of its own, which is not supported")]
    #[diagnostic(
        code(ferrogrid::quantize::control),
        help("export the model without control flow")
    )]
    Control {
        /// Name of the node.
        node: String,
        /// Its operator.
        operator: String,
    },
    /// A transposed convolution has groups.
    #[error("node `{node}` (ConvTranspose) has groups, which is not supported")]
    #[diagnostic(
        code(ferrogrid::quantize::groups),
        help("a core does not run it either: put a resize and a convolution in its place")
    )]
    Groups {
        /// Name of the node.
        node: String,
    },
    /// An input is not in single precision.
    #[error("input `{input}` is not float32")]
    #[diagnostic(
        code(ferrogrid::quantize::input),
        help("export the model with float32 inputs")
    )]
    Input {
        /// Its name.
        input: String,
    },
    /// A node reads what nothing before it computes.
    #[error("node `{node}` reads `{tensor}`, which no node before it computes")]
    #[diagnostic(code(ferrogrid::quantize::order))]
    Order {
        /// Name of the node.
        node: String,
        /// Name of the tensor.
        tensor: String,
    },
    /// A share of the values that is none.
    #[error("{percent} % of the values cannot be kept")]
    #[diagnostic(
        code(ferrogrid::quantize::percentile),
        help("it is above 50 and at most 100, 99.99 for example")
    )]
    Percentile {
        /// Values to keep, in percent.
        percent: f64,
    },
    /// There is nothing to calibrate with.
    #[error("there are no samples to calibrate with")]
    #[diagnostic(
        code(ferrogrid::quantize::empty),
        help("give at least one sample, better a hundred that are like what the network will see")
    )]
    Empty,
    /// An input has no samples.
    #[error("the calibration has no samples of the input `{input}`{}", there_is(.nearest))]
    #[diagnostic(
        code(ferrogrid::quantize::missing),
        help("an array for each input, by its name: the inputs are {}", .inputs.join(", "))
    )]
    Missing {
        /// Name of the input.
        input: String,
        /// An array whose name is like it.
        nearest: Option<String>,
        /// All inputs.
        inputs: Vec<String>,
    },
    /// The samples of an input are of another shape.
    #[error("the samples of `{input}` are of shape {found:?}; the network takes {wanted}")]
    #[diagnostic(
        code(ferrogrid::quantize::shape),
        help("the first axis of an array is that of the samples")
    )]
    Shape {
        /// Name of the input.
        input: String,
        /// Shape of the array.
        found: Vec<usize>,
        /// Shape of the input, as the model says it.
        wanted: String,
    },
    /// Inputs have different numbers of samples.
    #[error("`{input}` has {found} samples, other arrays have {wanted}")]
    #[diagnostic(code(ferrogrid::quantize::count))]
    Count {
        /// Name of the array.
        input: String,
        /// Its samples.
        found: usize,
        /// Those of the others.
        wanted: usize,
    },
    /// A sample is no number.
    #[error("sample {sample} of `{input}` holds {value} at {place:?}")]
    #[diagnostic(
        code(ferrogrid::quantize::finite),
        help("take samples away that are not finite: a range cannot be found of them")
    )]
    NotFinite {
        /// Name of the input.
        input: String,
        /// Number of the sample.
        sample: usize,
        /// Where in the sample.
        place: Vec<usize>,
        /// What is there.
        value: f32,
    },
    /// A tensor becomes infinite or no number.
    #[error("tensor `{tensor}` holds {value} for sample {sample}")]
    #[diagnostic(
        code(ferrogrid::quantize::overflow),
        help("the model computes it so in floating point, too: check its weights")
    )]
    Overflow {
        /// Name of the tensor.
        tensor: String,
        /// Number of the sample.
        sample: usize,
        /// What is there.
        value: f32,
    },
    /// The model does not run in floating point.
    #[error("the model does not run in floating point: {reason}")]
    #[diagnostic(code(ferrogrid::quantize::run))]
    Run {
        /// What the runtime says.
        reason: String,
    },
    /// Labels do not fit.
    #[error("{reason}")]
    #[diagnostic(
        code(ferrogrid::quantize::labels),
        help("labels are whole numbers, one for each sample: the index of the right class")
    )]
    Labels {
        /// What is wrong.
        reason: String,
    },
    /// Its user wants no more of it.
    #[error("interrupted")]
    #[diagnostic(code(ferrogrid::quantize::interrupted))]
    Interrupted,
}

fn there_is(name: &Option<String>) -> String {
    name.as_ref()
        .map_or_else(String::new, |name| format!("; there is `{name}`"))
}
