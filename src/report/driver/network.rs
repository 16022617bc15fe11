//! A compiled network as C that the driver takes.

use super::super::{PackageFile, counted, shape};
use super::ALIGNMENT;
use crate::compiler::{Binding, Network, Rounding, Step};
use crate::device::Executable;
use crate::graph::{Element, Family, Operator, Quantization, Tensor};
use crate::isa::npu::INSTRUCTION_BYTES;
use std::fmt::Write;
use thiserror::Error;

/// A network of one program as a C header and a source, for the driver in `drivers/c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CNetwork {
    /// `NAME.h` and `NAME.c`.
    pub files: [PackageFile; 2],
    /// What the firmware must compute itself, a node a line.
    pub left: Vec<String>,
}

/// Why a network cannot be C.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CNetworkError {
    /// The host computes between programs.
    #[error(
        "the driver in C runs one program, and this network needs the host between programs, for {}", .nodes.join(", ")
    )]
    Host {
        /// The nodes of the host behind the first program and in front of the last, with their operators.
        nodes: Vec<String>,
    },
    /// Nothing of it runs on the core.
    #[error("nothing of this network runs on the core")]
    Empty,
    /// It has variables.
    #[error(
        "this network keeps `{variable}` from one run to the next, which the driver in C does not"
    )]
    Variable {
        /// The first one.
        variable: String,
    },
}

impl CNetwork {
    /// The network `NAME_network`, where `name` begins an identifier; `title` says in comments what it is.
    ///
    /// # Errors
    /// When it is not one program with nodes of the host in front of it and behind it alone.
    pub fn new(name: &str, title: &str, of: &Executable) -> Result<CNetwork, CNetworkError> {
        if let Some(variable) = of.graph.variables.first() {
            let variable = of.graph[variable.read].name.clone();
            return Err(CNetworkError::Variable { variable });
        }
        let is_program = |step: &Step| matches!(step, Step::Program(_));
        let first = of.steps.iter().position(is_program);
        let last = of.steps.iter().rposition(is_program);
        let (Some(first), Some(last)) = (first, last) else {
            return Err(CNetworkError::Empty);
        };
        let node = |step: &Step| match step {
            Step::Host(place) => {
                let node = of.host_node(*place);
                Some(format!("`{}` ({})", node.name, node.operator.name()))
            }
            Step::Program(_) => None,
        };
        if first != last {
            let nodes = of.steps[first..last].iter().filter_map(node).collect();
            return Err(CNetworkError::Host { nodes });
        }
        let Step::Program(program) = &of.steps[first] else {
            unreachable!("the step is a program");
        };
        // The same bytes have another shape.
        let is_nothing = |step: &&Step| match step {
            Step::Host(place) => matches!(of.host_node(*place).operator, Operator::Reshape { .. }),
            Step::Program(_) => false,
        };
        let of_host = |steps: &[Step], place: &str| {
            let steps = steps.iter().filter(|step| !is_nothing(step));
            let nodes = steps.filter_map(node);
            Vec::from_iter(nodes.map(|node| format!("{node}, {place} the program")))
        };
        let mut left = of_host(&of.steps[..first], "in front of");
        left.extend(of_host(&of.steps[last + 1..], "behind"));
        let text = Text {
            name,
            title,
            of,
            program,
        };
        let file = |ending: &str, text| PackageFile {
            path: format!("{name}.{ending}"),
            text,
        };
        Ok(CNetwork {
            files: [file("h", text.header(&left)), file("c", text.source())],
            left,
        })
    }
}

/// What is written.
struct Text<'a> {
    name: &'a str,
    title: &'a str,
    of: &'a Executable,
    program: &'a Network,
}

impl Text<'_> {
    fn header(&self, left: &[String]) -> String {
        let (name, upper) = (self.name, self.name.to_uppercase());
        let mut text = format!("/* {}, for ferrogrid_npu.h.\n", comment(self.title));
        for (what, bindings) in [
            ("Inputs", &self.program.inputs),
            ("Outputs", &self.program.outputs),
        ] {
            let _ = writeln!(text, "\n   {what}:");
            for (number, binding) in bindings.iter().enumerate() {
                let _ = writeln!(text, "   {number}  {}", self.description(binding));
            }
        }
        if !left.is_empty() {
            text.push_str("\n   Left to the caller:\n");
            for node in left {
                let _ = writeln!(text, "   {}", comment(node));
            }
        }
        let _ = write!(
            text,
            "*/\n#ifndef {upper}_H\n#define {upper}_H\n\n#include \"ferrogrid_npu.h\"\n\n\
             /* Bytes of its memory, without program and constants. */\n"
        );
        let [inputs, outputs, activations] = self.regions();
        for (what, bytes) in [
            ("INPUT", inputs),
            ("OUTPUT", outputs),
            ("ACTIVATION", activations),
        ] {
            let _ = writeln!(text, "#define {upper}_{what}_BYTES {bytes}u");
        }
        let _ = write!(
            text,
            "\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\nextern const ferrogrid_npu_network {name}_network;\n\n\
             #ifdef __cplusplus\n}}\n#endif\n\n#endif /* {upper}_H */\n"
        );
        text
    }

    fn source(&self) -> String {
        let (name, upper) = (self.name, self.name.to_uppercase());
        let program = self.program.program.iter();
        let program = program.flat_map(|of| {
            of.encode()
                .expect("the compiler checks that instructions have an encoding")
        });
        let program = Vec::from_iter(program);
        let (instructions, constants) = (self.program.program.len(), &self.program.constants);
        let mut text = format!(
            "/* {}. */\n#include \"{name}.h\"\n\n/* {}. */\n",
            comment(self.title),
            counted(instructions as u64, "instruction")
        );
        let program_bytes = self.bytes(&mut text, "program", &program, INSTRUCTION_BYTES);
        text.push_str("\n/* Weights and parameters. */\n");
        let constant_bytes = self.bytes(&mut text, "constants", constants, 16);
        self.tensors(&mut text, "inputs", &self.program.inputs);
        self.tensors(&mut text, "outputs", &self.program.outputs);
        let _ = write!(
            text,
            "\nconst ferrogrid_npu_network {name}_network = {{\n    \
             0x{:08x}u,\n    {name}_program, {instructions}u, {program_bytes}u,\n    \
             {name}_constants, {constant_bytes}u,\n    \
             {upper}_INPUT_BYTES, {upper}_OUTPUT_BYTES, {upper}_ACTIVATION_BYTES,\n    \
             {name}_inputs, {}u,\n    {name}_outputs, {}u,\n}};\n",
            self.of.config_hash,
            self.program.inputs.len(),
            self.program.outputs.len(),
        );
        text
    }

    /// The shapes and descriptions of inputs or outputs.
    fn tensors(&self, text: &mut String, what: &str, bindings: &[Binding]) {
        let name = self.name;
        text.push('\n');
        for (number, binding) in bindings.iter().enumerate() {
            let sizes = self.tensor(binding).shape.iter();
            let sizes = sizes.map(|size| format!("{size}u"));
            // A scalar has no sizes, and C no arrays without elements.
            let sizes = Vec::from_iter(sizes).join(", ");
            let sizes = if sizes.is_empty() { "1u" } else { &sizes };
            let _ = writeln!(
                text,
                "static const uint32_t {name}_{what}_{number}[] = {{{sizes}}};"
            );
        }
        let _ = writeln!(
            text,
            "static const ferrogrid_npu_tensor {name}_{what}[] = {{"
        );
        for (number, binding) in bindings.iter().enumerate() {
            let tensor = self.tensor(binding);
            let (scale, zero_point) = meaning(tensor);
            let _ = writeln!(
                text,
                "    {{{}, {}u, {}u, {}, {}u, {name}_{what}_{number}, {zero_point}, {scale:e}f, {}}},",
                quoted(&tensor.name),
                binding.offset,
                binding.bytes,
                tensor.element == Element::Uint8,
                tensor.shape.len(),
                self.rounding()
            );
        }
        text.push_str("};\n");
    }

    /// An array of bytes that fills its last line of a cache; how many bytes it has.
    fn bytes(&self, text: &mut String, what: &str, bytes: &[u8], a_line: usize) -> usize {
        let mut bytes = bytes.to_vec();
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT).max(ALIGNMENT), 0);
        let count = bytes.len();
        let _ = writeln!(
            text,
            "FERROGRID_NPU_ALIGNED static const uint8_t {}_{what}[{count}] = {{",
            self.name
        );
        for line in bytes.chunks(a_line) {
            let numbers = line.iter().map(|byte| byte.to_string());
            let _ = writeln!(text, "    {},", Vec::from_iter(numbers).join(","));
        }
        text.push_str("};\n");
        count
    }

    /// How the host rounds real numbers.
    fn rounding(&self) -> &'static str {
        match (self.of.graph.family, self.of.rounding) {
            (Family::Onnx, _) => "FERROGRID_NPU_HALVES_TO_EVEN",
            (Family::TfLite, Rounding::Fixed) => "FERROGRID_NPU_HALVES_AWAY",
            (Family::TfLite, Rounding::Float) => "FERROGRID_NPU_BY_RECIPROCAL",
        }
    }

    /// Bytes of the regions of inputs, outputs and activations.
    fn regions(&self) -> [usize; 3] {
        let end = |bindings: &[Binding]| {
            let last = bindings.last();
            last.map_or(0, |last| (last.offset + last.bytes) as usize)
        };
        let network = self.program;
        [
            end(&network.inputs),
            end(&network.outputs),
            network.activations as usize,
        ]
        .map(|bytes| bytes.next_multiple_of(ALIGNMENT))
    }

    fn tensor(&self, binding: &Binding) -> &Tensor {
        &self.of.graph[binding.tensor]
    }

    /// `x: 4x5x2 int8, scale 0.5, zero point 3`.
    fn description(&self, binding: &Binding) -> String {
        let tensor = self.tensor(binding);
        let (scale, zero_point) = meaning(tensor);
        format!(
            "{}: {} {}, scale {scale}, zero point {zero_point}",
            comment(&tensor.name),
            shape(&tensor.shape),
            tensor.element
        )
    }
}

/// Scale and zero point.
fn meaning(tensor: &Tensor) -> (f32, i32) {
    let one = Quantization::per_tensor(1.0, 0);
    let of = tensor.quantization.as_ref().unwrap_or(&one);
    (of.scale(0), of.zero_point(0))
}

/// Text that stays in its comment.
fn comment(text: &str) -> String {
    let one_line = text.replace(|c: char| c.is_control(), " ");
    one_line.replace("*/", "* /").replace("/*", "/ *")
}

/// A string of C, with escapes for all that is not plain ASCII.
fn quoted(text: &str) -> String {
    let escaped = text.bytes().map(|byte| match byte {
        // No trigraph can come of a question mark either.
        b'"' | b'\\' | b'?' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).into(),
        _ => format!("\\{byte:03o}"),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
