//! Blocks: parameterised modules, and the elaboration of a design from its top block.

use super::bundle::{Bundle, Flow, Layout, Shapes, gather, signals};
use super::check::Summary;
use super::ir::{Design, ModuleId, ModuleIr};
use super::when::Open;
use super::{DesignError, Issue, Module, VendorCell, Warning, cell};
use std::any::{Any, type_name};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;

/// A module with its parameters: a function from a bundle of inputs to a bundle of outputs.
///
/// Equal blocks (`==`) share one module: a thousand instances of one PE give one Verilog module.
/// Two different blocks of the same [`module_name`](Block::module_name) are an error, so the name
/// should carry the parameters that vary, as `fifo_8x16`. With [`hardware`](crate::hardware) the
/// types and the shapes may be left out.
pub trait Block: Clone + PartialEq + Debug + 'static {
    /// What comes in: its forward members are input ports, its backward members outputs.
    type Inputs<'m>: Bundle<'m>;
    /// What goes out: its forward members are output ports, its backward members inputs.
    type Outputs<'m>: Bundle<'m>;

    /// The Verilog module name.
    fn module_name(&self) -> String;

    /// The shapes of the inputs.
    fn inputs(&self) -> Shapes<Self::Inputs<'static>>;

    /// Describes the module.
    fn build<'m>(&self, m: &'m Module, io: Self::Inputs<'m>) -> Self::Outputs<'m>;

    /// The cell of a chip's vendor that the module is, if it is one: then
    /// [`build`](Block::build) describes the cell's simulation model.
    ///
    /// The native simulator runs the model; in the Verilog an instance is one of the cell, with
    /// its parameters, and the models stand in a file of their own, for simulators only.
    fn vendor_cell(&self) -> Option<VendorCell> {
        None
    }
}

/// Any [`Block`], for lists of different ones. Not to be implemented by hand.
pub trait AnyBlock: Any + Debug {
    #[doc(hidden)]
    fn name(&self) -> String;
    #[doc(hidden)]
    fn cell(&self) -> Option<VendorCell>;
    #[doc(hidden)]
    fn type_name(&self) -> &'static str;
    #[doc(hidden)]
    fn equals(&self, other: &dyn Any) -> bool;
    /// A copy for the design to remember, so that equal blocks share a module.
    #[doc(hidden)]
    fn shared(&self) -> Rc<dyn AnyBlock>;
    /// Describes the module; returns the layouts of its inputs and outputs.
    #[doc(hidden)]
    fn describe(&self, m: &Module) -> Ports;
}

impl dyn AnyBlock + '_ {
    /// The Verilog module name.
    pub fn module_name(&self) -> String {
        self.name()
    }
}

/// The ports of a module by their bundles.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Ports {
    pub(crate) inputs: Layout,
    pub(crate) outputs: Layout,
}

impl<B: Block> AnyBlock for B {
    fn name(&self) -> String {
        self.module_name()
    }

    fn cell(&self) -> Option<VendorCell> {
        self.vendor_cell()
    }

    fn type_name(&self) -> &'static str {
        type_name::<Self>()
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<Self>() == Some(self)
    }

    fn shared(&self) -> Rc<dyn AnyBlock> {
        Rc::new(self.clone())
    }

    fn describe(&self, m: &Module) -> Ports {
        let inputs = Block::inputs(self);
        m.state_mut().has_bundles = true;
        let ports = m.ports("", &inputs.layout, Flow::Forward, inputs.at);
        let outputs = Block::build(self, m, gather(&inputs.layout, ports));
        let layout = outputs.layout();
        m.output_bundle(&layout, signals(&outputs));
        Ports {
            inputs: inputs.layout,
            outputs: layout,
        }
    }
}

/// A block for a message beside another: the type only where the `Debug` texts do not differ.
fn beside(block: &dyn AnyBlock, other: &dyn AnyBlock) -> String {
    let text = format!("{block:?}");
    if text == format!("{other:?}") {
        format!("{text} ({})", block.type_name())
    } else {
        text
    }
}

/// A module that a block has become.
#[derive(Clone)]
struct Defined {
    block: Rc<dyn AnyBlock>,
    module: ModuleId,
}

/// A module that is being built.
struct Building {
    name: String,
    /// Absent for a top that a closure describes.
    block: Option<Rc<dyn AnyBlock>>,
}

/// Unwinds from a block that cannot be built; the context holds the issue that says why.
struct Abandoned;

/// What the modules of one design share while they are built.
#[derive(Default)]
pub(super) struct Context {
    /// Finished modules, children first.
    pub modules: RefCell<Vec<ModuleIr>>,
    /// The ports of each that is a block; a top that a closure describes is the last module.
    pub ports: RefCell<Vec<Ports>>,
    /// Module name to the blocks of that name (one, unless names clash).
    defined: RefCell<HashMap<String, Vec<Defined>>>,
    /// The blocks being built, outermost first.
    building: RefCell<Vec<Building>>,
    /// What checks of a parent need to know of each finished module.
    pub summaries: RefCell<Vec<Summary>>,
    /// Everything found wrong so far.
    pub issues: RefCell<Vec<Issue>>,
    /// And everything that is odd.
    pub warnings: RefCell<Vec<Warning>>,
}

impl Context {
    /// The module of a block, built at its first use.
    pub fn define(self: &Rc<Self>, block: &dyn AnyBlock) -> ModuleId {
        let name = block.name();
        self.refuse_enclosing(&name, block);
        let known = self.defined.borrow().get(&name).cloned();
        let known = known.unwrap_or_default();
        if let Some(same) = known.iter().find(|other| block.equals(&*other.block)) {
            return same.module;
        }
        if let Some(first) = known.first() {
            // Built all the same, so that its instances find their ports.
            self.clash(&name, &*first.block, block);
        }
        let shared = block.shared();
        let building = Building {
            name: name.clone(),
            block: Some(shared.clone()),
        };
        let _open = Open::module();
        let module = self.build(building, block.cell(), |m| Some(block.describe(m)));
        let defined = Defined {
            block: shared,
            module,
        };
        self.defined
            .borrow_mut()
            .entry(name)
            .or_default()
            .push(defined);
        module
    }

    /// Gives up on a block that has the name of one that is being built: it may be that very
    /// block, and then it never ends.
    fn refuse_enclosing(&self, name: &str, block: &dyn AnyBlock) {
        let building = self.building.borrow();
        let Some(at) = building.iter().position(|other| other.name == name) else {
            return;
        };
        match &building[at].block {
            Some(enclosing) if block.equals(&**enclosing) => {
                let names = building[at..].iter().map(|other| other.name.clone());
                let path = names.chain([name.to_string()]).collect();
                self.issues.borrow_mut().push(Issue::Recursion { path });
            }
            Some(enclosing) => self.clash(name, &**enclosing, block),
            None => self.issues.borrow_mut().push(Issue::ModuleNameClash {
                module: name.to_string(),
                first: "the top, described by a closure".into(),
                second: format!("{block:?}"),
            }),
        }
        drop(building);
        resume_unwind(Box::new(Abandoned));
    }

    fn clash(&self, name: &str, first: &dyn AnyBlock, second: &dyn AnyBlock) {
        self.issues.borrow_mut().push(Issue::ModuleNameClash {
            module: name.to_string(),
            first: beside(first, second),
            second: beside(second, first),
        });
    }

    fn build(
        self: &Rc<Self>,
        building: Building,
        cell: Option<VendorCell>,
        describe: impl FnOnce(&Module) -> Option<Ports>,
    ) -> ModuleId {
        let module = Module::new(self.clone(), &building.name);
        self.building.borrow_mut().push(building);
        let ports = describe(&module);
        let mut finished = module.finish();
        finished.cell = cell;
        self.building.borrow_mut().pop();
        self.ports.borrow_mut().extend(ports);
        let mut modules = self.modules.borrow_mut();
        modules.push(finished);
        ModuleId(modules.len() as u32 - 1)
    }

    fn close(&self) -> Result<Design, DesignError> {
        let mut issues = self.issues.take();
        cell::check(&self.modules.borrow(), &mut issues);
        if issues.is_empty() {
            Ok(Design {
                modules: self.modules.take().into_iter().map(Arc::new).collect(),
                warnings: self.warnings.take(),
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
pub fn elaborate(block: &dyn AnyBlock) -> Result<Design, DesignError> {
    close(|context| {
        context.define(block);
    })
}

/// Builds and checks a design from a closure that describes its top module.
pub fn design(name: &str, describe: impl FnOnce(&Module)) -> Result<Design, DesignError> {
    close(|context| {
        let building = Building {
            name: name.to_string(),
            block: None,
        };
        context.build(building, None, |m| {
            describe(m);
            None
        });
    })
}
