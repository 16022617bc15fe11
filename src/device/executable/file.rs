//! Executable networks as files, `.fgn`.
//!
//! `FGNF`, the version as a 32-bit number, the SHA-256 of all that is behind it, the length of a header as a 32-bit
//! number, the header as JSON, and for each program its instructions and its constants; numbers are little-endian. A
//! damaged file would compute something else and not say so: hence the hash. What stands in a file is checked before it
//! is used: a network of a file runs, or says why not.

use super::{Executable, ExecutableError};
use crate::compiler::{
    Binding, Home, Instructions, Kept, LayerSummary, MOST_INSTRUCTIONS, Network, Rounding, Step,
};
use crate::graph::{Element, Graph, TensorId};
use crate::isa::npu::{INSTRUCTION_BYTES, Instruction};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ops::Range;

const MAGIC: &[u8; 4] = b"FGNF";
const VERSION: u32 = 5;
/// Bytes of the hash.
const HASH: usize = 32;
/// The most bytes of inputs, of outputs and of activations in DRAM, and of what the host computes.
const MOST_BYTES: u64 = 256 << 20;
/// Bindings begin at a beat of the bus.
const LARGEST_BEAT: u64 = 64;

/// What stands in front of the programs.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    config_hash: u32,
    rounding: RoundingName,
    graph: Graph,
    steps: Vec<StepEntry>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RoundingName {
    Float,
    Fixed,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StepEntry {
    /// Index of the node.
    Host(usize),
    Program(ProgramEntry),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgramEntry {
    /// How many.
    instructions: usize,
    /// Bytes.
    constants: usize,
    /// Bytes of the region of activations.
    activations: u32,
    inputs: Vec<BindingEntry>,
    outputs: Vec<BindingEntry>,
    layers: Vec<LayerEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BindingEntry {
    /// Number of the tensor in the graph.
    tensor: usize,
    /// First byte in the region.
    offset: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerEntry {
    name: String,
    operator: String,
    shape: Vec<usize>,
    kept: Option<Kept>,
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

impl ProgramEntry {
    fn of(network: &Network) -> ProgramEntry {
        let bindings = |bindings: &[Binding]| {
            let entries = bindings.iter().map(|binding| BindingEntry {
                tensor: binding.tensor.0,
                offset: binding.offset,
            });
            entries.collect()
        };
        let layers = network.layers.iter().map(|layer| LayerEntry {
            name: layer.name.clone(),
            operator: layer.operator.clone(),
            shape: layer.shape.clone(),
            kept: layer.kept.clone(),
            multiplications: layer.multiplications,
            instructions: layer.instructions.ranges().to_vec(),
            tensor: layer.result.0,
            home: HomeEntry::of(layer.home),
            unsigned: layer.unsigned,
        });
        ProgramEntry {
            instructions: network.program.len(),
            constants: network.constants.len(),
            activations: network.activations,
            inputs: bindings(&network.inputs),
            outputs: bindings(&network.outputs),
            layers: layers.collect(),
        }
    }

    /// The program in the bytes that begin with it, and the bytes behind it.
    fn network<'a>(
        self,
        graph: &Graph,
        config_hash: u32,
        bytes: &'a [u8],
    ) -> Result<(Network, &'a [u8]), String> {
        self.check()?;
        let (program, rest) = split(bytes, self.instructions * INSTRUCTION_BYTES)?;
        let (constants, rest) = split(rest, self.constants)?;
        let words = program.as_chunks::<INSTRUCTION_BYTES>().0.iter();
        let program = words.enumerate().map(|(index, word)| {
            Instruction::decode(word).map_err(|error| format!("instruction {index}: {error}"))
        });
        let layers = self.layers.into_iter().map(|layer| LayerSummary {
            name: layer.name,
            operator: layer.operator,
            shape: layer.shape,
            kept: layer.kept,
            multiplications: layer.multiplications,
            instructions: Instructions::of(layer.instructions).unwrap_or_default(),
            result: TensorId(layer.tensor),
            home: layer.home.home(),
            unsigned: layer.unsigned,
        });
        let network = Network {
            program: program.collect::<Result<_, _>>()?,
            constants: constants.to_vec(),
            inputs: bindings(graph, &self.inputs)?,
            outputs: bindings(graph, &self.outputs)?,
            activations: self.activations,
            layers: layers.collect(),
            config_hash,
        };
        Ok((network, rest))
    }

    fn check(&self) -> Result<(), String> {
        if self.instructions > MOST_INSTRUCTIONS {
            let count = self.instructions;
            return Err(format!(
                "it has {count} instructions, and a core runs at most 65,535"
            ));
        }
        for layer in &self.layers {
            let instructions = Instructions::of(layer.instructions.clone());
            if instructions.is_none_or(|of| of.end() > self.instructions) {
                return Err(format!(
                    "layer `{}` has instructions that there are not",
                    layer.name
                ));
            }
            let channels = layer.shape.last().copied().unwrap_or(1);
            if layer.kept.as_ref().is_some_and(|of| !of.is_valid(channels)) {
                return Err(format!(
                    "layer `{}` keeps channels that there are not",
                    layer.name
                ));
            }
        }
        Ok(())
    }
}

/// A program's activations in DRAM are not more than are run.
fn check_activations(bytes: u32) -> Result<(), String> {
    match u64::from(bytes) > MOST_BYTES {
        true => Err(format!(
            "it has {bytes} bytes of activations, and at most {MOST_BYTES} are run"
        )),
        false => Ok(()),
    }
}

/// Bytes and what is behind them.
fn split(bytes: &[u8], count: usize) -> Result<(&[u8], &[u8]), String> {
    let split = bytes.split_at_checked(count);
    split.ok_or_else(|| "it ends early".to_owned())
}

/// Where tensors are, one behind the other.
fn bindings(graph: &Graph, entries: &[BindingEntry]) -> Result<Vec<Binding>, String> {
    let mut end = 0;
    let bindings = entries.iter().map(|entry| {
        let tensor = graph.tensors.get(entry.tensor);
        let tensor = tensor.ok_or_else(|| format!("there is no tensor {}", entry.tensor))?;
        let fail = |what: &str| Err(format!("tensor `{}` {what}", tensor.name));
        let offset = u64::from(entry.offset);
        if offset < end || offset >= end + LARGEST_BEAT {
            return fail("does not lie behind the one in front of it");
        }
        end = offset.saturating_add(tensor.len() as u64);
        if end > MOST_BYTES {
            return fail("has more elements than are run");
        }
        if !tensor.element.is_byte() {
            return fail("has another type than programs have");
        }
        Ok(Binding {
            tensor: TensorId(entry.tensor),
            offset: entry.offset,
            bytes: tensor.len() as u32,
            unsigned: tensor.element == Element::Uint8,
        })
    });
    bindings.collect()
}

impl Executable {
    /// The bytes of a file: the same for the same network.
    pub fn to_bytes(&self) -> Vec<u8> {
        let steps = self.steps.iter().map(|step| match step {
            Step::Host(node) => StepEntry::Host(*node),
            Step::Program(network) => StepEntry::Program(ProgramEntry::of(network)),
        });
        let header = Header {
            config_hash: self.config_hash,
            rounding: match self.rounding {
                Rounding::Float => RoundingName::Float,
                Rounding::Fixed => RoundingName::Fixed,
            },
            graph: self.graph.clone(),
            steps: steps.collect(),
        };
        let header = serde_json::to_vec(&header).expect("names, numbers and lists are JSON");
        let mut hashed = (header.len() as u32).to_le_bytes().to_vec();
        hashed.extend(header);
        for network in self.programs() {
            for instruction in &network.program {
                let encoded = instruction.encode();
                hashed.extend(
                    encoded.expect("the compiler checks that instructions have an encoding"),
                );
            }
            hashed.extend(&network.constants);
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(Sha256::digest(&hashed));
        bytes.extend(hashed);
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
    let (hash, rest) = rest.split_first_chunk::<HASH>().ok_or_else(early)?;
    if Sha256::digest(rest)[..] != hash[..] {
        return Err("it is cut or damaged: its hash is that of other bytes".into());
    }
    let (length, rest) = number(rest).ok_or_else(early)?;
    let (header, mut rest) = split(rest, length as usize)?;
    let header: Header = serde_json::from_slice(header)
        .map_err(|error| format!("its header is damaged: {error}"))?;
    let Header {
        config_hash, graph, ..
    } = header;
    graph.check_parts().map_err(|error| error.to_string())?;
    let rounding = match header.rounding {
        RoundingName::Float => Rounding::Float,
        RoundingName::Fixed => Rounding::Fixed,
    };
    let mut steps = Vec::new();
    for step in header.steps {
        steps.push(match step {
            StepEntry::Host(node) => Step::Host(node),
            StepEntry::Program(entry) => {
                let (network, behind) = entry.network(&graph, config_hash, rest)?;
                rest = behind;
                Step::Program(network)
            }
        });
    }
    if !rest.is_empty() {
        return Err(format!("it has {} bytes too many", rest.len()));
    }
    check_flow(&graph, &steps)?;
    Ok(Executable::of(graph, steps, rounding, config_hash))
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (word, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*word), rest))
}

/// What steps read is there when they run, and is not too much for the host.
pub(super) fn check_flow(graph: &Graph, steps: &[Step]) -> Result<(), String> {
    let mut is_there: Vec<bool> = (graph.tensors.iter())
        .map(|tensor| tensor.values.is_some())
        .collect();
    let mut elements = 0_u64;
    let mut define = |is_there: &mut [bool], id: TensorId| {
        elements = elements.saturating_add(graph[id].len() as u64);
        match std::mem::replace(&mut is_there[id.0], true) {
            _ if elements > MOST_BYTES => {
                Err(format!("it computes more than {MOST_BYTES} elements"))
            }
            true => Err(format!("tensor `{}` is computed twice", graph[id].name)),
            false => Ok(()),
        }
    };
    let needs = |is_there: &[bool], id: TensorId| match is_there[id.0] {
        true => Ok(()),
        false => Err(format!(
            "tensor `{}` is read before it is there",
            graph[id].name
        )),
    };
    let variables = graph.variables.iter().map(|variable| variable.read);
    for id in graph.inputs.iter().copied().chain(variables) {
        define(&mut is_there, id)?;
    }
    for step in steps {
        let (inputs, outputs): (Vec<_>, Vec<_>) = match step {
            Step::Host(place) => {
                let node = graph.nodes.get(*place);
                let node = node.ok_or_else(|| format!("there is no node {place}"))?;
                (node.inputs.clone(), vec![node.output])
            }
            Step::Program(network) => {
                check_activations(network.activations)?;
                let of = |bindings: &[Binding]| bindings.iter().map(|of| of.tensor).collect();
                (of(&network.inputs), of(&network.outputs))
            }
        };
        inputs.into_iter().try_for_each(|id| needs(&is_there, id))?;
        outputs
            .into_iter()
            .try_for_each(|id| define(&mut is_there, id))?;
    }
    let written = graph.variables.iter().map(|variable| variable.written);
    let mut asked = graph.outputs.iter().copied().chain(written);
    asked.try_for_each(|id| needs(&is_there, id))
}
