// Ports, memories and clocks of a compiled model for library.rs, with the cycle loops on this side.
#include "model.h"
#include <cstring>
#include <memory>
#include <set>
#include <string>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "values are copied as little-endian digits"
#endif

namespace {

constexpr uint32_t ALL = 0xffffffffu;
constexpr size_t MOST_LINES = 1000;

// Bytes of a value in the model, which is 1, 2, 4, 8 or more words of 4 bytes.
size_t bytes(uint32_t width) {
    return width <= 8 ? 1 : width <= 16 ? 2 : width <= 32 ? 4 : (width + 31) / 32 * 4;
}

size_t digits(uint32_t width) { return (width + 63) / 64; }

struct Simulation {
    std::unique_ptr<FerrogridModel> model;
    uint64_t edges = 0;
    bool settled = false;
    bool ended = false;   // what is printed from now on is kept, whatever was before
    std::string text, line;
    std::set<std::string> lines;

    void settle() {
        if (!settled) model->eval();
        settled = true;
    }

    void edge(uint32_t which) {
        settle();
        model->dump(10 * edges);
        const uint32_t first = which == ALL ? 0 : which;
        const uint32_t last = which == ALL ? model->clock_count : which + 1;
        for (uint32_t i = first; i < last; ++i) *model->clocks[i] = 1;
        model->eval();
        model->dump(10 * edges + 5);
        for (uint32_t i = first; i < last; ++i) *model->clocks[i] = 0;
        settled = false;
        ++edges;
    }

    void printed(const char* more) {
        line += more;
        for (size_t end; (end = line.find('\n')) != std::string::npos; line.erase(0, end + 1)) {
            const std::string whole = line.substr(0, end);
            if (ended || (lines.size() < MOST_LINES && lines.insert(whole).second))
                text += std::to_string(edges) + " " + whole + "\n";
        }
    }
};

// The simulation whose model is being evaluated on this thread.
thread_local Simulation* current = nullptr;

// 0, or 1 when the model gave up: the text then says why.
template <class Action> int32_t guarded(Simulation* simulation, Action action) {
    Simulation* const outer = current;
    current = simulation;
    int32_t code = 0;
    try {
        action();
    } catch (const std::exception& problem) {
        simulation->text = problem.what();
        code = 1;
    }
    current = outer;
    return code;
}

}  // namespace

void ferrogrid_printed(const char* text) {
    if (current) current->printed(text);
}

#define EXPORT extern "C" __attribute__((visibility("default")))

// The text says why when the model could not be made; it is freed all the same.
EXPORT int32_t ferrogrid_open(const char* vcd, Simulation** result) {
    Simulation* const simulation = *result = new Simulation;
    return guarded(simulation, [&] { simulation->model.reset(ferrogrid_make(vcd)); });
}

EXPORT void ferrogrid_close(Simulation* simulation) { delete simulation; }

EXPORT void ferrogrid_set(Simulation* simulation, uint32_t index, const uint64_t* value) {
    const FerrogridPort& port = simulation->model->ports[index];
    std::memcpy(port.data, value, bytes(port.width));
    simulation->settled = false;
}

EXPORT int32_t ferrogrid_get(Simulation* simulation, uint32_t index, uint64_t* value) {
    return guarded(simulation, [&] {
        simulation->settle();
        const FerrogridPort& port = simulation->model->ports[index];
        std::memset(value, 0, 8 * digits(port.width));
        std::memcpy(value, port.data, bytes(port.width));
    });
}

EXPORT void ferrogrid_load(Simulation* simulation, uint32_t index, uint64_t first, uint64_t count,
                           const uint64_t* from) {
    const FerrogridMemory& memory = simulation->model->memories[index];
    const size_t step = bytes(memory.width);
    char* to = static_cast<char*>(memory.data) + first * step;
    for (uint64_t i = 0; i < count; ++i, to += step, from += digits(memory.width))
        std::memcpy(to, from, step);
    simulation->settled = false;
}

EXPORT void ferrogrid_read(Simulation* simulation, uint32_t index, uint64_t first, uint64_t count,
                           uint64_t* to) {
    const FerrogridMemory& memory = simulation->model->memories[index];
    const size_t step = bytes(memory.width);
    const char* from = static_cast<const char*>(memory.data) + first * step;
    std::memset(to, 0, 8 * count * digits(memory.width));
    for (uint64_t i = 0; i < count; ++i, from += step, to += digits(memory.width))
        std::memcpy(to, from, step);
}

EXPORT int32_t ferrogrid_step(Simulation* simulation, uint32_t clock, uint64_t cycles) {
    return guarded(simulation, [&] {
        for (uint64_t i = 0; i < cycles; ++i) simulation->edge(clock);
    });
}

EXPORT int32_t ferrogrid_until(Simulation* simulation, uint32_t port, uint64_t limit,
                               uint64_t* cycles) {
    *cycles = 0;
    return guarded(simulation, [&] {
        const uint8_t* bit = static_cast<const uint8_t*>(simulation->model->ports[port].data);
        simulation->settle();
        for (; *cycles < limit && !*bit; ++*cycles) simulation->edge(ALL);
    });
}

EXPORT int32_t ferrogrid_finish(Simulation* simulation) {
    simulation->ended = true;
    return guarded(simulation, [&] { simulation->model->finish(); });
}

// What was printed so far, a line each with the number of edges before it.
EXPORT const char* ferrogrid_text(const Simulation* simulation, uint64_t* count) {
    *count = simulation->text.size();
    return simulation->text.data();
}
