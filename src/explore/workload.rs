//! What a core is to do.

use crate::arch::JobShape;
use crate::compiler::Rounding;
use crate::graph::Graph;
use crate::report::Package;

/// What a core is to do.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its name in reports.
    pub name: String,
    /// What it is.
    pub(super) work: Work,
    hash: String,
}

/// A kind of work.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// A network, for an NPU.
    Network {
        graph: Box<Graph>,
        rounding: Rounding,
    },
    /// A product of matrices, for a matmul core.
    Product(JobShape),
}

impl Workload {
    /// A network, from a file that has these bytes.
    pub fn network(name: &str, bytes: &[u8], graph: Graph, rounding: Rounding) -> Workload {
        let hash = Package::hash(bytes);
        Workload {
            name: name.to_owned(),
            work: Work::Network {
                graph: Box::new(graph),
                rounding,
            },
            hash: format!("{hash} {rounding:?}"),
        }
    }

    /// What tells it from others: the SHA-256 of its file and how it rounds, or its sizes.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// A product of matrices of M x K and K x N elements, as `MxKxN`.
    ///
    /// # Errors
    /// When these are no sizes.
    pub fn product(text: &str) -> Result<Workload, String> {
        Ok(Workload {
            name: text.to_owned(),
            work: Work::Product(text.parse()?),
            hash: text.to_owned(),
        })
    }
}
