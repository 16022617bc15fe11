//! What a core is to do.

use crate::arch::JobShape;
use crate::compiler::Rounding;
use crate::graph::Graph;
use sha2::{Digest, Sha256};

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
        let hash = Sha256::digest(bytes);
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
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
        let sizes = text.split('x').map(str::parse);
        let sizes: Result<Vec<u32>, _> = sizes.collect();
        match sizes.as_deref() {
            Ok([m, k, n]) => Ok(Workload {
                name: text.to_owned(),
                work: Work::Product(JobShape {
                    m: *m,
                    k: *k,
                    n: *n,
                }),
                hash: text.to_owned(),
            }),
            _ => Err(format!("`{text}` are not three sizes, as 64x32x16")),
        }
    }
}
