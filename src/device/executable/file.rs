//! Executable networks as files, `.fgn`.
//!
//! `FGNF`, the version and the length of a header as 32-bit numbers, the header as JSON, the program,
//! the constants; numbers are little-endian. What stands in a file is checked before it is used: a
//! network of a file runs, or says why not.

use super::{Executable, ExecutableError, MOST_INSTRUCTIONS, NetworkPort};
use crate::compiler::{Binding, Home, Instructions, LayerSummary, Network, Rounding};
use crate::device::host::{HostNode, HostOperator};
use crate::graph::{Element, TensorId};
use crate::isa::npu::{INSTRUCTION_BYTES, Instruction};
use serde::{Deserialize, Serialize};
use std::ops::Range;

const MAGIC: &[u8; 4] = b"FGNF";
const VERSION: u32 = 3;
/// The most bytes of inputs, of outputs and of activations in DRAM.
const MOST_BYTES: u64 = 256 << 20;
/// Bindings begin at a beat of the bus.
const LARGEST_BEAT: u64 = 64;

/// What stands in front of the program.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    config_hash: u32,
    rounding: RoundingName,
    /// Of the program.
    instructions: usize,
    /// Bytes.
    constants: usize,
    /// Bytes of the region of activations.
    activations: u32,
    inputs: Vec<PortEntry>,
    outputs: Vec<PortEntry>,
    layers: Vec<LayerEntry>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RoundingName {
    Float,
    Fixed,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PortEntry {
    name: String,
    #[serde(with = "super::element")]
    element: Element,
    shape: Vec<usize>,
    channels_first: bool,
    host: Vec<HostNode>,
    /// Number of the program's tensor in the network.
    tensor: usize,
    /// First byte in the region.
    offset: u32,
    /// The program's tensor is uint8.
    unsigned: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerEntry {
    name: String,
    operator: String,
    shape: Vec<usize>,
    multiplications: u64,
    /// In ranges.
    instructions: Vec<Range<usize>>,
    /// Number of its result in the network.
    tensor: usize,
    home: HomeEntry,
    /// The result is uint8.
    unsigned: bool,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum HomeEntry {
    Scratchpad(u32),
    Dram { region: u32, offset: u32 },
}

impl HomeEntry {
    fn of(home: Home) -> HomeEntry {
        match home {
            Home::Scratchpad(address) => HomeEntry::Scratchpad(address),
            Home::Dram { region, offset } => HomeEntry::Dram { region, offset },
        }
    }

    fn home(self) -> Home {
        match self {
            HomeEntry::Scratchpad(address) => Home::Scratchpad(address),
            HomeEntry::Dram { region, offset } => Home::Dram { region, offset },
        }
    }
}

impl PortEntry {
    fn of((port, binding): (&NetworkPort, &Binding)) -> PortEntry {
        PortEntry {
            name: port.name.clone(),
            element: port.element,
            shape: port.shape.clone(),
            channels_first: port.channels_first,
            host: port.host.clone(),
            tensor: binding.tensor.0,
            offset: binding.offset,
            unsigned: binding.unsigned,
        }
    }

    fn binding(&self) -> Binding {
        Binding {
            tensor: TensorId(self.tensor),
            offset: self.offset,
            bytes: self.shape.iter().product::<usize>() as u32,
            unsigned: self.unsigned,
        }
    }

    fn port(self) -> NetworkPort {
        NetworkPort {
            name: self.name,
            element: self.element,
            shape: self.shape,
            channels_first: self.channels_first,
            host: self.host,
        }
    }
}

impl Executable {
    /// The bytes of a file: the same for the same network.
    pub fn to_bytes(&self) -> Vec<u8> {
        let network = &self.network;
        let layers = network.layers.iter().map(|layer| LayerEntry {
            name: layer.name.clone(),
            operator: layer.operator.clone(),
            shape: layer.shape.clone(),
            multiplications: layer.multiplications,
            instructions: layer.instructions.ranges().to_vec(),
            tensor: layer.result.0,
            home: HomeEntry::of(layer.home),
            unsigned: layer.unsigned,
        });
        let header = Header {
            config_hash: network.config_hash,
            rounding: match self.rounding {
                Rounding::Float => RoundingName::Float,
                Rounding::Fixed => RoundingName::Fixed,
            },
            instructions: network.program.len(),
            constants: network.constants.len(),
            activations: network.activations,
            inputs: Vec::from_iter(self.inputs.iter().zip(&network.inputs).map(PortEntry::of)),
            outputs: Vec::from_iter(self.outputs.iter().zip(&network.outputs).map(PortEntry::of)),
            layers: layers.collect(),
        };
        let header = serde_json::to_vec(&header).expect("names, numbers and lists are JSON");
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((header.len() as u32).to_le_bytes());
        bytes.extend(header);
        for instruction in &network.program {
            let encoded = instruction.encode();
            bytes.extend(encoded.expect("the compiler checks that instructions have an encoding"));
        }
        bytes.extend(&network.constants);
        bytes
    }

    /// True where bytes begin like a file of this kind.
    pub fn is_file(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// The network in the bytes of a file.
    ///
    /// # Errors
    /// When they are of another kind, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Executable, ExecutableError> {
        read(bytes).map_err(ExecutableError::File)
    }
}

fn read(bytes: &[u8]) -> Result<Executable, String> {
    let early = || "it ends early".to_owned();
    let rest = bytes.strip_prefix(MAGIC);
    let rest = rest.ok_or("it does not begin with `FGNF`")?;
    let (version, rest) = number(rest).ok_or_else(early)?;
    if version != VERSION {
        return Err(format!("its version is {version}, and {VERSION} is read"));
    }
    let (length, rest) = number(rest).ok_or_else(early)?;
    let (header, rest) = rest.split_at_checked(length as usize).ok_or_else(early)?;
    let header: Header = serde_json::from_slice(header)
        .map_err(|error| format!("its header is damaged: {error}"))?;
    check(&header)?;
    let program = header.instructions * INSTRUCTION_BYTES;
    let (program, constants) = rest.split_at_checked(program).ok_or_else(early)?;
    if constants.len() != header.constants {
        let (found, wanted) = (constants.len(), header.constants);
        return Err(format!(
            "it has {found} bytes of constants instead of {wanted}"
        ));
    }
    let words = program.as_chunks::<INSTRUCTION_BYTES>().0.iter();
    let program = words.enumerate().map(|(index, word)| {
        Instruction::decode(word).map_err(|error| format!("instruction {index}: {error}"))
    });
    let layers = header.layers.into_iter().map(|layer| LayerSummary {
        name: layer.name,
        operator: layer.operator,
        shape: layer.shape,
        multiplications: layer.multiplications,
        instructions: Instructions::of(layer.instructions).unwrap_or_default(),
        result: TensorId(layer.tensor),
        home: layer.home.home(),
        unsigned: layer.unsigned,
    });
    let bindings = |ports: &[PortEntry]| ports.iter().map(PortEntry::binding).collect();
    Ok(Executable {
        rounding: match header.rounding {
            RoundingName::Float => Rounding::Float,
            RoundingName::Fixed => Rounding::Fixed,
        },
        network: Network {
            program: program.collect::<Result<_, _>>()?,
            constants: constants.to_vec(),
            inputs: bindings(&header.inputs),
            outputs: bindings(&header.outputs),
            activations: header.activations,
            layers: layers.collect(),
            config_hash: header.config_hash,
        },
        inputs: header.inputs.into_iter().map(PortEntry::port).collect(),
        outputs: header.outputs.into_iter().map(PortEntry::port).collect(),
    })
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (word, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*word), rest))
}

fn check(header: &Header) -> Result<(), String> {
    if header.instructions > MOST_INSTRUCTIONS {
        let count = header.instructions;
        return Err(format!(
            "it has {count} instructions, and a core runs at most 65,535"
        ));
    }
    for layer in &header.layers {
        let instructions = Instructions::of(layer.instructions.clone());
        if instructions.is_none_or(|of| of.end() > header.instructions) {
            return Err(format!(
                "layer `{}` has instructions that there are not",
                layer.name
            ));
        }
    }
    if u64::from(header.activations) > MOST_BYTES {
        return Err(format!(
            "it has {} bytes of activations, and at most {MOST_BYTES} are run",
            header.activations
        ));
    }
    check_ports(&header.inputs, true)?;
    check_ports(&header.outputs, false)
}

/// Ports lie one behind the other, and the host can do what it is to do.
fn check_ports(ports: &[PortEntry], inputs: bool) -> Result<(), String> {
    let mut end = 0;
    for port in ports {
        let fail = |what: &str| Err(format!("tensor `{}` {what}", port.name));
        let sizes = port.shape.iter();
        let len = sizes.fold(1, |len: usize, size| len.saturating_mul(*size));
        let offset = u64::from(port.offset);
        if offset < end || offset >= end + LARGEST_BEAT {
            return fail("does not lie behind the one in front of it");
        }
        end = offset.saturating_add(len as u64);
        if end > MOST_BYTES {
            return fail("has more elements than are run");
        }
        let mut element = port.element;
        let program = match port.unsigned {
            true => Element::Uint8,
            false => Element::Int8,
        };
        if !inputs {
            element = program;
        }
        for node in &port.host {
            let takes_floats = matches!(node.operator, HostOperator::Quantize { .. });
            let gives_floats = matches!(node.operator, HostOperator::Dequantize { .. });
            let length = match node.operator {
                HostOperator::Softmax { length, .. } => length,
                _ => 1,
            };
            let fits = takes_floats == (element == Element::Float32)
                && gives_floats == (node.element == Element::Float32)
                && length > 0
                && len % length == 0;
            if !fits {
                return fail("has nodes of the host that do not fit together");
            }
            element = node.element;
        }
        let last = if inputs { program } else { port.element };
        if element != last {
            return fail("has another type than its program");
        }
    }
    Ok(())
}
