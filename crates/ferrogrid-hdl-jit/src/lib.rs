//! Machine code over an array of words, made while a program runs.
//!
//! A function reads and writes words of two arrays, `values` and `flags`, and calls its [`Host`] for
//! what it cannot do itself. It is described by an [`Assembler`], whose methods can express nothing
//! else: whatever is described, the machine code stays within the arrays, and ends.
//!
//! ```
//! use ferrogrid_hdl_jit::{Compiler, Host};
//!
//! struct Nobody;
//! impl Host for Nobody {
//!     fn call(&mut self, _: &mut [u64], _: u32, _: u64) -> u64 {
//!         unreachable!("the function calls nobody")
//!     }
//! }
//!
//! // No code can be made for some processors, and on some systems.
//! if let Some(mut compiler) = Compiler::new(3, 1) {
//!     compiler.function(|code| {
//!         let (a, b) = (code.load(0), code.load(1));
//!         let sum = code.add(a, b);
//!         code.store(2, sum);
//!     });
//!     let mut values = [20, 22, 0];
//!     if let Some(code) = compiler.finish() {
//!         code.run(0, &mut values, &mut [0], &mut Nobody);
//!         assert_eq!(values[2], 42);
//!     }
//! }
//! ```

mod assembler;
mod code;
mod compiler;

pub use assembler::{Assembler, Branch, Compare, Word};
pub use code::{Code, Host};
pub use compiler::Compiler;
