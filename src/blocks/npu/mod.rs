//! The units of the NPU.

mod bank_row;
mod core;
mod events;
mod fields;
mod front;
mod load;
mod matrix;
mod nest;
mod parameters;
mod ports;
mod post;
mod ranges;
mod ring;
mod runs;
mod scratchpad;
mod semaphores;
mod store;
mod tables;

pub use bank_row::{BankRow, BankRowInputs, BankRowOutputs};
pub use core::{NpuCore, NpuCoreInputs, NpuCoreOutputs};
pub use events::Events;
pub use front::{Cause, FrontEnd, FrontEndInputs, FrontEndOutputs};
pub use load::{LoadUnit, LoadUnitInputs, LoadUnitOutputs};
pub use matrix::{MatrixUnit, MatrixUnitInputs, MatrixUnitOutputs};
pub use parameters::{Parameters, ParametersInputs, ParametersOutputs};
pub use ports::{ByteRead, ByteWrite};
pub use post::{PostUnit, PostUnitInputs, PostUnitOutputs};
pub use ranges::Ranges;
pub use ring::{Ring, RingInputs, RingOutputs};
pub use scratchpad::{Scratchpad, ScratchpadInputs, ScratchpadOutputs};
pub use store::{StoreUnit, StoreUnitInputs, StoreUnitOutputs};
pub use tables::{Tables, TablesInputs, TablesOutputs};
