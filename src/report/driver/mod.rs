//! What firmware needs to run networks: the driver in C, and networks as C.

mod network;

pub use network::{CNetwork, CNetworkError};

use super::PackageFile;
use crate::compiler::region;
use crate::isa::npu::c_core_header;

/// No bus has wider beats, and few caches longer lines: what is read or written begins at one and fills the last.
const ALIGNMENT: usize = 64;

/// The files of the driver, `drivers/c`.
pub fn driver_files() -> Vec<PackageFile> {
    let files = [
        (
            "ferrogrid_npu.h",
            include_str!("../../../drivers/c/ferrogrid_npu.h"),
        ),
        (
            "ferrogrid_npu.c",
            include_str!("../../../drivers/c/ferrogrid_npu.c"),
        ),
        (
            "ferrogrid_npu_float.c",
            include_str!("../../../drivers/c/ferrogrid_npu_float.c"),
        ),
    ];
    let files = files.map(|(name, text)| (name, text.to_owned()));
    let core = ("ferrogrid_npu_core.h", driver_core_header());
    let files = files.into_iter().chain([core]);
    let file = |(path, text): (&str, String)| PackageFile {
        path: path.into(),
        text,
    };
    files.map(file).collect()
}

/// The header of the driver that says what every core has: registers, causes, counters, regions.
pub fn driver_core_header() -> String {
    let mut regions = [
        (region::CONSTANTS, "constants"),
        (region::INPUTS, "inputs"),
        (region::OUTPUTS, "outputs"),
        (region::ACTIVATIONS, "activations"),
    ];
    regions.sort();
    c_core_header(&regions.map(|(_, name)| name), ALIGNMENT)
}
