#include "hooks.h"
#include "model.h"
@INCLUDES@
#include "verilated_sym_props.h"
#if @TRACE@
#include "verilated_vcd_c.h"
#endif
#include <memory>
#include <string>
#include <vector>

namespace {
class Model final : public FerrogridModel {
    VerilatedContext context;
    std::unique_ptr<Vferrogrid> top;
#if @TRACE@
    std::unique_ptr<VerilatedVcdC> waves;
#endif
    std::vector<FerrogridPort> port_table;
    std::vector<FerrogridMemory> memory_table;
    std::vector<uint8_t*> clock_table;

    FerrogridMemory find(const char* scope, const char* name, uint32_t width) {
        const VerilatedScope* found = context.scopeFind(scope);
        VerilatedVar* memory = found ? found->varFind(name) : nullptr;
        if (!memory) throw FerrogridStop(std::string("there is no memory ") + scope + "." + name);
        return {memory->datap(), width};
    }

public:
    explicit Model(const char* vcd) {
        (void)vcd;
#if @TRACE@
        context.traceEverOn(true);
#endif
        top.reset(new Vferrogrid(&context, ""));
        port_table = {
            @PORTS@
        };
        memory_table = {
            @MEMORIES@
        };
        clock_table = {
            @CLOCKS@
        };
        ports = port_table.data();
        memories = memory_table.data();
        clocks = clock_table.data();
        clock_count = clock_table.size();
#if @TRACE@
        if (vcd) {
            waves.reset(new VerilatedVcdC);
            top->trace(waves.get(), 99);
            waves->open(vcd);
            if (!waves->isOpen()) throw FerrogridStop("cannot write waves");
        }
    }
    ~Model() override {
        if (waves) waves->close();
    }
    void dump(uint64_t time) override {
        if (waves) waves->dump(time);
    }
#else
    }
    void dump(uint64_t) override {}
#endif
    void finish() override { top->final(); }
    void eval() override { top->eval(); }
};
}  // namespace

FerrogridModel* ferrogrid_make(const char* vcd) { return new Model(vcd); }
