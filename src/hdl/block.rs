//! Blocks: parameterised modules, and the elaboration of a design from its top block.

use super::check::Summary;
use super::ir::{Design, ModuleId, ModuleIr};
use super::{DesignError, Issue, Module};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Debug;
use std::rc::Rc;

/// A module with its parameters.
///
/// Blocks that are equal (same type, same `Debug` text) share one module: a thousand instances
/// of one PE give one Verilog module. Two different blocks of the same
/// [`module_name`](Block::module_name) are an error, so the name should carry the parameters
/// that vary, as `fifo_8x16`.
pub trait Block: Debug {
    /// The Verilog module name.
    fn module_name(&self) -> String;

    /// Describes the module.
    fn build(&self, m: &Module);
}

/// What the modules of one design share while they are built.
#[derive(Default)]
pub(super) struct Context {
    /// Finished modules, children first.
    pub modules: RefCell<Vec<ModuleIr>>,
    /// Module name to the block's identity and its module.
    defined: RefCell<HashMap<String, (String, ModuleId)>>,
    /// What checks of a parent need to know of each finished module.
    pub summaries: RefCell<Vec<Summary>>,
    /// Everything found wrong so far.
    pub issues: RefCell<Vec<Issue>>,
}

impl Context {
    /// The module of a block, built at its first use.
    pub fn define(self: &Rc<Self>, block: &dyn Block) -> ModuleId {
        let name = block.module_name();
        let identity = format!("{block:?}");
        if let Some((known, id)) = self.defined.borrow().get(&name) {
            if *known != identity {
                self.issues.borrow_mut().push(Issue::ModuleNameClash {
                    module: name.clone(),
                    first: known.clone(),
                    second: identity.clone(),
                });
            }
            return *id;
        }
        let id = self.build(&name, |m| block.build(m));
        self.defined.borrow_mut().insert(name, (identity, id));
        id
    }

    fn build(self: &Rc<Self>, name: &str, describe: impl FnOnce(&Module)) -> ModuleId {
        let module = Module::new(self.clone(), name);
        describe(&module);
        let finished = module.finish();
        let mut modules = self.modules.borrow_mut();
        modules.push(finished);
        ModuleId(modules.len() as u32 - 1)
    }

    fn close(self: Rc<Self>) -> Result<Design, DesignError> {
        let issues = self.issues.take();
        if issues.is_empty() {
            Ok(Design {
                modules: self.modules.take(),
            })
        } else {
            Err(DesignError { issues })
        }
    }
}

/// Builds and checks the design whose top is `block`.
pub fn elaborate(block: &dyn Block) -> Result<Design, DesignError> {
    let context = Rc::new(Context::default());
    context.define(block);
    context.close()
}

/// Builds and checks a design from a closure that describes its top module.
pub fn design(name: &str, describe: impl FnOnce(&Module)) -> Result<Design, DesignError> {
    let context = Rc::new(Context::default());
    context.build(name, describe);
    context.close()
}
