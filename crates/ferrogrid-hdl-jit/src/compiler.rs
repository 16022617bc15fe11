//! From descriptions to machine code.

use super::assembler::Assembler;
use super::code::{Code, host_address};
use cranelift_codegen::ir::{AbiParam, Signature, types};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Module, default_libcall_names};

/// Makes functions over the same arrays.
pub struct Compiler {
    module: JITModule,
    context: cranelift_codegen::Context,
    builder: FunctionBuilderContext,
    functions: Vec<FuncId>,
    tables: Vec<Box<[u32]>>,
    values: usize,
    flags: usize,
}

impl Compiler {
    /// A compiler of functions over so many values and flags; `None` where no code can be made for
    /// the processor.
    pub fn new(values: usize, flags: usize) -> Option<Compiler> {
        if !cfg!(target_pointer_width = "64") {
            return None;
        }
        let mut settings = settings::builder();
        // What is described is good code already: to search it for better takes as long again.
        let chosen = [
            ("opt_level", "none"),
            ("enable_verifier", "false"),
            ("use_colocated_libcalls", "false"),
            ("is_pic", "false"),
        ];
        for (name, value) in chosen {
            settings.set(name, value).ok()?;
        }
        let isa = cranelift_native::builder().ok()?;
        let isa = isa.finish(settings::Flags::new(settings)).ok()?;
        let module = JITModule::new(JITBuilder::with_isa(isa, default_libcall_names()));
        Some(Compiler {
            context: module.make_context(),
            module,
            builder: FunctionBuilderContext::new(),
            functions: Vec::new(),
            tables: Vec::new(),
            values,
            flags,
        })
    }

    /// Makes a function.
    pub fn function(&mut self, describe: impl FnOnce(&mut Assembler<'_>)) {
        let pointer = self.module.target_config().pointer_type();
        let convention = self.module.target_config().default_call_conv;
        let signature = |parameters: &[_], results: &[_]| {
            let mut signature = Signature::new(convention);
            let parameter = |of: &_| AbiParam::new(*of);
            signature.params = parameters.iter().map(parameter).collect();
            signature.returns = results.iter().map(parameter).collect();
            signature
        };
        self.module.clear_context(&mut self.context);
        self.context.func.signature = signature(&[pointer; 3], &[]);
        let builder = FunctionBuilder::new(&mut self.context.func, &mut self.builder);
        let host = signature(&[pointer, types::I32, types::I64], &[types::I64]);
        let mut assembler = Assembler::new(
            builder,
            (host, host_address()),
            &mut self.tables,
            self.values,
            self.flags,
        );
        describe(&mut assembler);
        assembler.finish();
        let id = self
            .module
            .declare_anonymous_function(&self.context.func.signature)
            .expect("a function without a name clashes with none");
        self.module
            .define_function(id, &mut self.context)
            .expect("an assembler describes nothing that cannot be compiled");
        self.functions.push(id);
    }

    /// All functions; `None` where the system lets no memory become code, as hardened ones do.
    pub fn finish(mut self) -> Option<Code> {
        self.module.finalize_definitions().ok()?;
        let address = |id: &FuncId| self.module.get_finalized_function(*id);
        let functions: Vec<*const u8> = self.functions.iter().map(address).collect();
        // SAFETY: `function` has made all of them with these tables, and numbers.
        Some(unsafe {
            Code::new(
                self.module,
                &functions,
                self.tables,
                self.values,
                self.flags,
            )
        })
    }
}
