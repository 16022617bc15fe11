//! The C++ that joins a model to the runner: one file that includes everything Verilator wrote,
//! so that each model is one run of the compiler.

use crate::device::interface::Interface;

/// Prefix of the classes that Verilator makes.
pub(super) const PREFIX: &str = "Vferrogrid";

/// The text of the shim. `sources` are the C++ files that Verilator wrote, in order, `header` is the
/// text of its `Vferrogrid.h`.
pub(super) fn shim(interface: &Interface, sources: &[String], header: &str, trace: bool) -> String {
    let member = |name: &str| member(name, header);
    let mut text = String::new();
    let out = &mut text;
    line(out, "#include \"hooks.h\"");
    line(out, "#include \"model.h\"");
    for source in sources {
        line(out, &format!("#include \"{source}\""));
    }
    if trace {
        line(out, "#include \"verilated_vcd_c.h\"");
    }
    line(out, "#include <memory>");
    line(out, "");
    line(out, "namespace {");
    line(out, "class Model final : public FerrogridModel {");
    line(out, "    VerilatedContext context;");
    line(out, &format!("    std::unique_ptr<{PREFIX}> top;"));
    if trace {
        line(out, "    std::unique_ptr<VerilatedVcdC> waves;");
    }
    line(
        out,
        &format!("    FerrogridPort table[{}];", interface.ports.len().max(1)),
    );
    line(out, "public:");
    line(out, "    explicit Model(const char* vcd) {");
    line(out, "        (void)vcd;");
    if trace {
        line(out, "        context.traceEverOn(true);");
    }
    line(
        out,
        &format!("        top.reset(new {PREFIX}(&context, \"\"));"),
    );
    for (index, port) in interface.ports.iter().enumerate() {
        let (name, width) = (member(&port.name), port.width);
        line(
            out,
            &format!("        table[{index}] = {{&top->{name}, {width}}};"),
        );
    }
    line(out, "        ports = table;");
    if let Some(clock) = &interface.clock {
        line(out, &format!("        clock = &top->{};", member(clock)));
    }
    if let Some(reset) = &interface.reset {
        line(
            out,
            &format!("        reset = &top->{};", member(&reset.port)),
        );
        line(
            out,
            &format!("        reset_asserted = {};", u8::from(!reset.active_low)),
        );
    }
    if trace {
        line(out, "        if (vcd) {");
        line(out, "            waves.reset(new VerilatedVcdC);");
        line(out, "            top->trace(waves.get(), 99);");
        line(out, "            waves->open(vcd);");
        line(
            out,
            "            if (!waves->isOpen()) throw FerrogridStop(\"cannot write waves\");",
        );
        line(out, "        }");
    }
    line(out, "    }");
    if trace {
        line(out, "    ~Model() override {");
        line(out, "        if (waves) waves->close();");
        line(out, "    }");
    }
    line(out, "    void finish() override { top->final(); }");
    line(out, "    void eval() override { top->eval(); }");
    if trace {
        line(
            out,
            "    void dump(uint64_t time) override { if (waves) waves->dump(time); }",
        );
    } else {
        line(out, "    void dump(uint64_t) override {}");
    }
    line(out, "};");
    line(out, "}  // namespace");
    line(out, "");
    line(
        out,
        "FerrogridModel* ferrogrid_make(const char* vcd) { return new Model(vcd); }",
    );
    text
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// The C++ name of a port, given the header that Verilator wrote: `__` becomes `___05F`, and words
/// that C++ libraries use (`new`, but `interrupt`, too) get a prefix.
fn member(name: &str, header: &str) -> String {
    let mut result = String::new();
    for c in name.chars() {
        if c == '_' && result.ends_with('_') && !result.ends_with("05F_") {
            result.push_str("__05F");
        } else {
            result.push(c);
        }
    }
    let escaped = format!("__SYM__{name}");
    if header.contains(&format!("&{escaped},")) {
        escaped
    } else {
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_verilator_spells_them() {
        let header = "VL_OUT8(&__SYM__interrupt,0,0);";
        assert_eq!(member("s_axis_a_tdata", header), "s_axis_a_tdata");
        assert_eq!(member("a__b", header), "a___05Fb");
        assert_eq!(member("interrupt", header), "__SYM__interrupt");
    }
}
