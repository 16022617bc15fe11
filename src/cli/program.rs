//! Programs of an NPU in files: assembly, instructions as bytes, compiled networks.

use super::error::CliError;
use super::npu::executable_error;
use crate::compiler::Network;
use crate::device::Executable;
use crate::isa::npu::{INSTRUCTION_BYTES, Instruction};
use crate::runtime::read_bytes;
use std::path::Path;

/// The program of a file: the only one of a compiled network, assembly where its name ends in `.s`, instructions otherwise.
pub(super) fn read_program(path: &Path) -> Result<Vec<Instruction>, CliError> {
    let bytes = read_bytes(path)?;
    if Executable::is_file(&bytes) {
        let network = Executable::from_bytes(&bytes).map_err(executable_error(path))?;
        return only_program(path, &network).map(|program| program.program.clone());
    }
    match path.extension().is_some_and(|extension| extension == "s") {
        true => assemble(path, &bytes),
        false => decode(path, &bytes),
    }
}

/// The only program of a compiled network.
pub(super) fn only_program<'a>(
    path: &Path,
    network: &'a Executable,
) -> Result<&'a Network, CliError> {
    let programs = Vec::from_iter(network.programs());
    match programs[..] {
        [program] => Ok(program),
        _ => {
            let count = programs.len();
            let problem =
                format!("it has {count} programs; `ferrogrid run` runs them in their order");
            Err(not_a_program(path, &problem))
        }
    }
}

/// The instructions of assembly; lines without one are left out.
pub(super) fn assemble(path: &Path, bytes: &[u8]) -> Result<Vec<Instruction>, CliError> {
    let text = std::str::from_utf8(bytes);
    let text = text.map_err(|_| not_a_program(path, "it is not text"))?;
    let is_empty = |line: &str| line.split('#').next().unwrap_or_default().trim().is_empty();
    let lines = text.lines().enumerate().filter(|(_, line)| !is_empty(line));
    let program = lines.map(|(line, text)| {
        text.parse().map_err(|error| CliError::Assembly {
            path: path.to_owned(),
            line: line + 1,
            error,
        })
    });
    let program: Vec<Instruction> = program.collect::<Result<_, _>>()?;
    check_length(path, program)
}

/// The instructions of bytes.
fn decode(path: &Path, bytes: &[u8]) -> Result<Vec<Instruction>, CliError> {
    let (words, rest) = bytes.as_chunks::<INSTRUCTION_BYTES>();
    if !rest.is_empty() {
        let problem = format!(
            "{} bytes are no multiple of {INSTRUCTION_BYTES}",
            bytes.len()
        );
        return Err(not_a_program(path, &problem));
    }
    let program = words.iter().enumerate().map(|(index, word)| {
        Instruction::decode(word)
            .map_err(|error| not_a_program(path, &format!("instruction {index}: {error}")))
    });
    let program: Vec<Instruction> = program.collect::<Result<_, _>>()?;
    check_length(path, program)
}

fn check_length(path: &Path, program: Vec<Instruction>) -> Result<Vec<Instruction>, CliError> {
    match program.len() {
        0 => Err(not_a_program(path, "it has no instruction")),
        1..=0xffff => Ok(program),
        count => {
            let problem = format!("it has {count} instructions, and a core runs at most 65,535");
            Err(not_a_program(path, &problem))
        }
    }
}

fn not_a_program(path: &Path, problem: &str) -> CliError {
    CliError::Program {
        path: path.to_owned(),
        problem: problem.to_owned(),
    }
}
