//! Smaller cores of the same kind, for a chip that is too small.

use crate::arch::MatmulArch;
use crate::config::MatmulConfig;
use crate::product::Product;

/// K and N that the buffers of a smaller core take, the best first.
const SIZES: [u32; 5] = [256, 128, 64, 32, 16];

/// Cores with an array of the same size, of half the size, a quarter and so on, each with buffers
/// for less and less.
pub(super) fn smaller(arch: &MatmulArch) -> Vec<Box<dyn Product>> {
    let (mut rows, mut columns) = (arch.rows, arch.columns);
    let mut found: Vec<Box<dyn Product>> = Vec::new();
    loop {
        for size in SIZES {
            if let Some(arch) = resized(arch, rows, columns, size) {
                found.push(Box::new(arch));
            }
        }
        if (rows, columns) == (1, 1) {
            return found;
        }
        if rows >= columns {
            rows = rows.div_ceil(2);
        } else {
            columns = columns.div_ceil(2);
        }
    }
}

/// A core as another, with an array of another size and buffers for K and N of `size`.
fn resized(arch: &MatmulArch, rows: u32, columns: u32, size: u32) -> Option<MatmulArch> {
    let mut config = MatmulConfig::new(rows, columns);
    config.common.target = arch.target;
    config.array = arch.to_config().array;
    config.array.rows = rows;
    config.array.columns = columns;
    config.buffers.output_register = arch.output_register;
    let large = MatmulArch::new(&config).ok()?;
    let panels = u64::from(large.panels(size));
    config.buffers.a = Some(large.a_buffer.size_for(size));
    config.buffers.b = Some(large.b_buffer.size_for(panels * u64::from(size)));
    config.buffers.accumulators = Some(large.accumulators.size_for(panels));
    MatmulArch::new(&config).ok()
}
