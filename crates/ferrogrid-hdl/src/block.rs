//! Blocks: parameterised modules, and the elaboration of a design from its top block.

use super::check::Summary;
use super::ir::{Design, ModuleId, ModuleIr};
use super::{DesignError, Issue, Module, VendorCell, cell};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
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

    /// The cell of a chip's vendor that the module is, if it is one: then
    /// [`build`](Block::build) describes the cell's simulation model.
    ///
    /// The native simulator runs the model; in the Verilog an instance is one of the cell, with
    /// its parameters, and the models stand in a file of their own, for simulators only.
    fn vendor_cell(&self) -> Option<VendorCell> {
        None
    }

    /// The Rust type, which tells blocks of equal `Debug` text apart. Not to be overridden.
    fn type_name(&self) -> &'static str {
        std::any::type_name::<Self>()
    }
}

/// What makes two blocks the same block.
#[derive(Clone, PartialEq, Eq)]
struct Identity {
    type_name: &'static str,
    parameters: String,
}

impl Identity {
    fn of(block: &dyn Block) -> Identity {
        Identity {
            type_name: block.type_name(),
            parameters: format!("{block:?}"),
        }
    }

    /// A top that a closure describes is equal to no block.
    fn closure() -> Identity {
        Identity {
            type_name: "",
            parameters: "the top, described by a closure".into(),
        }
    }

    /// For a message beside `other`: the type only where the `Debug` texts do not differ.
    fn beside(&self, other: &Identity) -> String {
        if self.parameters == other.parameters {
            format!("{} ({})", self.parameters, self.type_name)
        } else {
            self.parameters.clone()
        }
    }
}

/// Unwinds from a block that cannot be built; the context holds the issue that says why.
struct Abandoned;

/// What the modules of one design share while they are built.
#[derive(Default)]
pub(super) struct Context {
    /// Finished modules, children first.
    pub modules: RefCell<Vec<ModuleIr>>,
    /// Module name to the blocks of that name (one, unless names clash) and their modules.
    defined: RefCell<HashMap<String, Vec<(Identity, ModuleId)>>>,
    /// The blocks being built, outermost first, with their module names.
    building: RefCell<Vec<(String, Identity)>>,
    /// What checks of a parent need to know of each finished module.
    pub summaries: RefCell<Vec<Summary>>,
    /// Everything found wrong so far.
    pub issues: RefCell<Vec<Issue>>,
}

impl Context {
    /// The module of a block, built at its first use.
    pub fn define(self: &Rc<Self>, block: &dyn Block) -> ModuleId {
        let name = block.module_name();
        let identity = Identity::of(block);
        self.refuse_enclosing(&name, &identity);
        let known = self.defined.borrow().get(&name).cloned();
        let known = known.unwrap_or_default();
        if let Some((_, id)) = known.iter().find(|(other, _)| *other == identity) {
            return *id;
        }
        if let Some((first, _)) = known.first() {
            // Built all the same, so that its instances find their ports.
            self.clash(&name, first, &identity);
        }
        let cell = block.vendor_cell();
        let id = self.build(&name, identity.clone(), cell, |m| block.build(m));
        let mut defined = self.defined.borrow_mut();
        defined.entry(name).or_default().push((identity, id));
        id
    }

    /// Gives up on a block that has the name of one that is being built: it may be that very
    /// block, and then it never ends.
    fn refuse_enclosing(&self, name: &str, identity: &Identity) {
        let building = self.building.borrow();
        let Some(at) = building.iter().position(|(other, _)| other == name) else {
            return;
        };
        let enclosing = building[at].1.clone();
        if enclosing == *identity {
            let mut path: Vec<_> = building[at..].iter().map(|(n, _)| n.clone()).collect();
            path.push(name.to_string());
            self.issues.borrow_mut().push(Issue::Recursion { path });
        } else {
            self.clash(name, &enclosing, identity);
        }
        drop(building);
        resume_unwind(Box::new(Abandoned));
    }

    fn clash(&self, name: &str, first: &Identity, second: &Identity) {
        self.issues.borrow_mut().push(Issue::ModuleNameClash {
            module: name.to_string(),
            first: first.beside(second),
            second: second.beside(first),
        });
    }

    fn build(
        self: &Rc<Self>,
        name: &str,
        identity: Identity,
        cell: Option<VendorCell>,
        describe: impl FnOnce(&Module),
    ) -> ModuleId {
        let entry = (name.to_string(), identity);
        self.building.borrow_mut().push(entry);
        let module = Module::new(self.clone(), name);
        describe(&module);
        let mut finished = module.finish();
        finished.cell = cell;
        self.building.borrow_mut().pop();
        let mut modules = self.modules.borrow_mut();
        modules.push(finished);
        ModuleId(modules.len() as u32 - 1)
    }

    fn close(&self) -> Result<Design, DesignError> {
        let mut issues = self.issues.take();
        cell::check(&self.modules.borrow(), &mut issues);
        if issues.is_empty() {
            Ok(Design {
                modules: self.modules.take(),
            })
        } else {
            Err(DesignError { issues })
        }
    }
}

/// Builds the top by `build` and closes the design.
fn close(build: impl FnOnce(&Rc<Context>)) -> Result<Design, DesignError> {
    let context = Rc::new(Context::default());
    // Nothing half-built is read after an unwinding: only the issues are.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| build(&context)))
        && !payload.is::<Abandoned>()
    {
        resume_unwind(payload);
    }
    context.close()
}

/// Builds and checks the design whose top is `block`.
pub fn elaborate(block: &dyn Block) -> Result<Design, DesignError> {
    close(|context| {
        context.define(block);
    })
}

/// Builds and checks a design from a closure that describes its top module.
pub fn design(name: &str, describe: impl FnOnce(&Module)) -> Result<Design, DesignError> {
    close(|context| {
        context.build(name, Identity::closure(), None, describe);
    })
}
