//! Whether a core has the arithmetic of a network.

use super::lower::{Factor, Lowered};
use super::{CompileError, Rounding};
use crate::arch::{NpuArch, Requantization};

/// Whether it rounds as the mode says.
pub(super) fn check_rounding(arch: &NpuArch, rounding: Rounding) -> Result<(), CompileError> {
    check(arch, rounding, || "this mode rounds sums".into())
}

fn check(
    arch: &NpuArch,
    rounding: Rounding,
    what: impl Fn() -> String,
) -> Result<(), CompileError> {
    let (has, wanted) = match rounding {
        Rounding::Float => (Requantization::Float, "single precision"),
        Rounding::Fixed => (Requantization::Fixed, "fixed point"),
    };
    match arch.requantization {
        Requantization::Both => Ok(()),
        there if there == has => Ok(()),
        there => Err(CompileError::Requantization {
            core: arch.name.clone(),
            there,
            what: what(),
            wanted,
        }),
    }
}

/// Means and sums are exact in one arithmetic alone, whichever the rounding of the rest.
pub(super) fn check_factors(arch: &NpuArch, lowered: &Lowered) -> Result<(), CompileError> {
    for layer in &lowered.layers {
        let of_sum = layer.residual.as_ref().map(|residual| &residual.factor);
        let of_means = layer.factors_inside.values();
        for factor in layer.factors.iter().chain(of_means).chain(of_sum) {
            let rounding = match factor {
                Factor::Float(_) => Rounding::Float,
                Factor::Fixed(..) => Rounding::Fixed,
            };
            let what = || format!("what node `{}` makes is exact only", layer.name);
            check(arch, rounding, what)?;
        }
    }
    Ok(())
}
