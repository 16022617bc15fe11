//! Scenarios have one meaning: the native simulator, Verilator and Icarus give one outcome.

mod agreement;
mod covers;
mod faults;
mod processes;
#[path = "../tools.rs"]
mod tools;
mod toy;
