//! Cases of the kinds of cores that have them.

use super::case::{Case, ParseCaseError};
use super::matmul::{self, MatmulCase};
use super::npu::{self, NetworkCase, ProgramCase};
use crate::arch::{MatmulArch, NpuArch};
use crate::product::Product;

/// The cores of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cores {
    /// Random matmul cores of up to so many rows and columns.
    Matmul(u32),
    /// This matmul core.
    MatmulOf(Box<MatmulArch>),
    /// Small random cores that run networks.
    Npu,
    /// This core that runs networks.
    NpuOf(Box<NpuArch>),
    /// Small random cores that run networks, with networks alone.
    Networks,
    /// This core that runs networks, with networks alone.
    NetworksOf(Box<NpuArch>),
}

impl Cores {
    /// The core, where there is but one.
    pub fn one(&self) -> Option<&dyn Product> {
        match self {
            Cores::MatmulOf(arch) => Some(&**arch),
            Cores::NpuOf(arch) | Cores::NetworksOf(arch) => Some(&**arch),
            Cores::Matmul(_) | Cores::Npu | Cores::Networks => None,
        }
    }
}

/// The random case of a seed.
pub fn random_case(seed: u64, cores: &Cores) -> Box<dyn Case> {
    match cores {
        Cores::Matmul(max_size) => Box::new(matmul::random_case(seed, *max_size)),
        Cores::MatmulOf(arch) => Box::new(matmul::random_case_of(seed, arch)),
        // Of programs there are twice as many as of networks.
        Cores::Npu if !seed.is_multiple_of(3) => Box::new(npu::random_program(seed)),
        Cores::Npu | Cores::Networks => Box::new(npu::random_network(seed)),
        Cores::NpuOf(arch) if !seed.is_multiple_of(3) => {
            Box::new(npu::random_program_of(seed, arch))
        }
        Cores::NpuOf(arch) | Cores::NetworksOf(arch) => {
            Box::new(npu::random_network_of(seed, arch))
        }
    }
}

/// The case of a text: its first word says of what.
///
/// # Errors
/// When it is none.
pub fn parse(text: &str) -> Result<Box<dyn Case>, ParseCaseError> {
    Ok(match text.split_whitespace().next() {
        Some(npu::PROGRAM) => Box::new(text.parse::<ProgramCase>()?),
        Some(npu::NETWORK) => Box::new(text.parse::<NetworkCase>()?),
        _ => Box::new(text.parse::<MatmulCase>()?),
    })
}
