//! Scenarios have one meaning: the native simulator, Verilator and Icarus give one outcome.

mod agreement;
mod covers;
mod faults;
mod jobs;
mod memory;
mod processes;
mod simulation;
#[path = "../tools.rs"]
mod tools;
mod toy;
mod uart;
