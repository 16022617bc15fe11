//! The two operands of a product.

use super::{NpyError, read_typed};
use crate::arch::{JobShape, MatmulArch, ShapeErrors};
use crate::number::Matrix;
use miette::Diagnostic;
use std::path::Path;

/// Two files that are not operands of a product on this core.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum OperandError {
    /// One of the files is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] NpyError),
    /// The shapes do not chain.
    #[error("A is {} x {} and B is {} x {}: there is no product", a.0, a.1, b.0, b.1)]
    #[diagnostic(help("B needs as many rows as A has columns, {}", a.1))]
    Chain {
        /// Rows and columns of A.
        a: (usize, usize),
        /// Rows and columns of B.
        b: (usize, usize),
    },
    /// The product is larger than the core takes.
    #[error("{core} cannot multiply {} x {} by {} x {}: {error}", a.0, a.1, b.0, b.1)]
    Size {
        /// The core.
        core: String,
        /// Rows and columns of A.
        a: (usize, usize),
        /// Rows and columns of B.
        b: (usize, usize),
        /// The rule.
        error: ShapeErrors,
    },
}

/// Reads A and B, whose elements and sizes suit the core.
pub fn read_operands(
    arch: &MatmulArch,
    a: &Path,
    b: &Path,
) -> Result<(Matrix, Matrix, JobShape), OperandError> {
    let a = read_typed(a, arch.activation)?;
    let b = read_typed(b, arch.weight)?;
    let ((m, k), (rows, n)) = (a.dim(), b.dim());
    if k != rows {
        return Err(OperandError::Chain {
            a: a.dim(),
            b: b.dim(),
        });
    }
    // What does not fit 32 bits is too large in any case.
    let size = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    let shape = JobShape {
        m: size(m),
        k: size(k),
        n: size(n),
    };
    arch.check_shape(shape)
        .map_err(|error| OperandError::Size {
            core: arch.name.clone(),
            a: a.dim(),
            b: b.dim(),
            error,
        })?;
    Ok((a, b, shape))
}
