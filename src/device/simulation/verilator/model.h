// What the runtime sees of a compiled model. Kept free of Verilator's headers, so that the runtime
// is compiled once for all models.
#pragma once
#include <cstdint>
#include <stdexcept>

struct FerrogridPort {
    void* data;
    uint32_t width;
};

struct FerrogridMemory {
    void* data;
    uint32_t width;
};

class FerrogridModel {
public:
    virtual ~FerrogridModel() {}
    virtual void eval() = 0;
    // The end of the simulation: runs the `final` blocks.
    virtual void finish() = 0;
    virtual void dump(uint64_t time) = 0;
    // In the order of the top.
    const FerrogridPort* ports = nullptr;
    const FerrogridMemory* memories = nullptr;
    uint8_t* const* clocks = nullptr;
    uint32_t clock_count = 0;
};

// Defined by the model. `vcd` is null when no waves are wanted.
FerrogridModel* ferrogrid_make(const char* vcd);

// Verilator's $display, $finish and fatal errors end up here (see hooks.cpp).
struct FerrogridStop : std::runtime_error {
    using std::runtime_error::runtime_error;
};
void ferrogrid_printed(const char* text);
