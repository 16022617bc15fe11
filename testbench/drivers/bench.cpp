// The example of drivers/c on a core under Verilator: registers behind AXI4-Lite, memory behind AXI4, a cache that the
// core does not see, an interrupt controller. Prints what is wrong and ends with 1.
#include "Vcore.h"
#include "verilated.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <vector>

#include "digits_cnn.h"
#include "golden.h"
#include "small.h"
#include "wide.h"

extern "C" {
ferrogrid_npu_result digits_begin(const ferrogrid_npu_hooks *board);
ferrogrid_npu_result digits_read(const int8_t *image, int8_t *logits);
void disable_interrupts(void);
void enable_interrupts(void);
void sleep_until_interrupt(void);
void npu_interrupt_handler(void);
void npu_idle(void *context);
extern char __executable_start, _end;
}

#define CHECK(condition)                                                     \
    do {                                                                     \
        if (!(condition)) fail("%s:%d: %s", __FILE__, __LINE__, #condition); \
    } while (0)

template <typename... Values>
[[noreturn]] static void fail(const char *format, Values... values) {
    std::printf(format, values...);
    std::printf("\n");
    std::exit(1);
}

enum Response { OKAY = 0, SLVERR = 2, DECERR = 3 };

// All static memory of this program, as the core sees it: copies of the lines of a cache that were written back.
class Dram {
    static constexpr uintptr_t LINE = 64;
    static constexpr uint64_t BASE = 0x12'3456'7000;
    const uintptr_t first = (uintptr_t)&__executable_start / LINE * LINE;
    const uintptr_t size = ((uintptr_t)&_end - first + LINE) / LINE * LINE;
    std::vector<uint8_t> bytes = std::vector<uint8_t>(size, 0xa5);
    std::vector<bool> was_cleaned = std::vector<bool>(size / LINE, false);

    template <typename Line>
    void lines(const void *memory, size_t count, Line line) {
        const uintptr_t begin = (uintptr_t)memory;
        for (uintptr_t at = begin / LINE * LINE; at < begin + count; at += LINE) line(at - first);
    }

public:
    uint64_t refused = UINT64_MAX;
    Response answer = OKAY;
    // Where the core may write, if it is said: first bytes and those behind the last.
    std::vector<std::pair<uint64_t, uint64_t>> writable;

    uint64_t address(const void *memory) const { return BASE + ((uintptr_t)memory - first); }

    void clean(const void *memory, size_t count) {
        lines(memory, count, [&](uintptr_t at) {
            std::memcpy(&bytes[at], (const void *)(first + at), LINE);
            was_cleaned[at / LINE] = true;
        });
    }

    void invalidate(void *memory, size_t count) {
        lines(memory, count, [&](uintptr_t at) { std::memcpy((void *)(first + at), &bytes[at], LINE); });
    }

    uint8_t *beat(uint64_t address) {
        const uint64_t at = address - BASE;
        if (at >= size || !was_cleaned[at / LINE])
            fail("the core is at %#" PRIx64 ", of which the driver has said nothing", address);
        return &bytes[at];
    }

    void check_write(uint64_t byte) const {
        for (const auto &range : writable)
            if (byte >= range.first && byte < range.second) return;
        if (!writable.empty()) fail("the core writes byte %#" PRIx64, byte);
    }

    Response response(uint64_t address) const { return address == refused ? answer : OKAY; }
};

struct Burst {
    uint64_t id, address, beats;
};
struct Answer {
    uint64_t id, due;
    uint32_t data;
    Response response;
    bool last;
};

class Board {
    static constexpr uint64_t LATENCY = 20;
    VerilatedContext context;
    Vcore core{&context};
    std::deque<Answer> reads, writes;
    std::deque<Burst> bursts;
    uint64_t random = 1;
    bool interrupts_enabled = true, in_handler = false;

    bool pauses() {
        random = random * 6364136223846793005u + 1442695040888963407u;
        return random >> 62 == 0;
    }

public:
    Dram dram;
    uint64_t cycles = 0, read_beats = 0, write_beats = 0, interrupts = 0, sleeps = 0;
    bool memory_is_silent = false;

    Board() {
        for (int cycle = 0; cycle < 4; cycle++) tick();
        core.aresetn = 1;
    }

    // A cycle: what the board drives is set behind the edge, what the core drives is looked at in front of the next.
    void tick() {
        const bool read_offers = !memory_is_silent && !reads.empty() && reads.front().due <= cycles && !pauses();
        core.m_axi_rvalid = read_offers || (core.m_axi_rvalid && !read_taken);
        if (core.m_axi_rvalid) {
            core.m_axi_rid = reads.front().id;
            core.m_axi_rdata = reads.front().data;
            core.m_axi_rresp = reads.front().response;
            core.m_axi_rlast = reads.front().last;
        }
        const bool write_answers = !memory_is_silent && !writes.empty() && writes.front().due <= cycles && !pauses();
        core.m_axi_bvalid = write_answers || (core.m_axi_bvalid && !write_taken);
        if (core.m_axi_bvalid) {
            core.m_axi_bid = writes.front().id;
            core.m_axi_bresp = writes.front().response;
        }
        core.m_axi_arready = reads.size() < 64 && !pauses();
        core.m_axi_awready = bursts.size() < 4 && !pauses();
        core.m_axi_wready = !bursts.empty() && !pauses();
        core.aclk = 0;
        core.eval();

        read_taken = core.m_axi_rvalid && core.m_axi_rready;
        write_taken = core.m_axi_bvalid && core.m_axi_bready;
        if (read_taken) {
            reads.pop_front();
            read_beats++;
        }
        if (write_taken) writes.pop_front();
        if (core.m_axi_wvalid && core.m_axi_wready) {
            Burst &burst = bursts.front();
            const Response response = dram.response(burst.address);
            uint8_t *beat = dram.beat(burst.address);
            for (int byte = 0; byte < 4; byte++)
                if (core.m_axi_wstrb >> byte & 1 && response == OKAY) {
                    dram.check_write(burst.address + byte);
                    beat[byte] = (uint8_t)(core.m_axi_wdata >> 8 * byte);
                }
            bad = response != OKAY ? response : bad;
            burst.address += 4;
            write_beats++;
            CHECK((burst.beats == 1) == core.m_axi_wlast);
            if (--burst.beats == 0) {
                writes.push_back({burst.id, cycles + LATENCY, 0, bad, true});
                bad = OKAY;
                bursts.pop_front();
            }
        }
        if (core.m_axi_awvalid && core.m_axi_awready)
            bursts.push_back({core.m_axi_awid, core.m_axi_awaddr, core.m_axi_awlen + 1u});
        if (core.m_axi_arvalid && core.m_axi_arready)
            for (unsigned beat = 0; beat <= core.m_axi_arlen; beat++) {
                const uint64_t address = core.m_axi_araddr + 4 * beat;
                const Response response = dram.response(address);
                uint32_t data;
                std::memcpy(&data, dram.beat(address), 4);
                reads.push_back({core.m_axi_arid, cycles + LATENCY, data, response, beat == core.m_axi_arlen});
            }
        axil_write_taken = core.s_axil_awvalid && core.s_axil_awready;
        axil_data_taken = core.s_axil_wvalid && core.s_axil_wready;
        axil_read_taken = core.s_axil_arvalid && core.s_axil_arready;
        core.aclk = 1;
        core.eval();
        cycles++;
    }

    uint32_t read(uint32_t offset) {
        core.s_axil_araddr = offset;
        core.s_axil_arvalid = 1;
        core.s_axil_rready = 1;
        do tick();
        while (!axil_read_taken);
        core.s_axil_arvalid = 0;
        core.eval();
        while (!core.s_axil_rvalid) tick();
        const uint32_t word = core.s_axil_rdata;
        CHECK(core.s_axil_rresp == OKAY);
        tick();
        core.s_axil_rready = 0;
        handle();
        return word;
    }

    void write(uint32_t offset, uint32_t word) {
        core.s_axil_awaddr = offset;
        core.s_axil_wdata = word;
        core.s_axil_wstrb = 15;
        core.s_axil_awvalid = core.s_axil_wvalid = 1;
        core.s_axil_bready = 1;
        while (core.s_axil_awvalid || core.s_axil_wvalid) {
            tick();
            if (axil_write_taken) core.s_axil_awvalid = 0;
            if (axil_data_taken) core.s_axil_wvalid = 0;
        }
        core.eval();
        while (!core.s_axil_bvalid) tick();
        CHECK(core.s_axil_bresp == OKAY);
        tick();
        core.s_axil_bready = 0;
        handle();
    }

    // Interrupts come between two accesses of the processor.
    void handle() {
        if (!core.irq || !interrupts_enabled || in_handler) return;
        in_handler = true;
        interrupts++;
        npu_interrupt_handler();
        in_handler = false;
        CHECK(!core.irq);
    }

    void enable_interrupts(bool enable) {
        interrupts_enabled = enable;
        handle();
    }

    // As with a timer that wakes the processor too.
    void sleep() {
        sleeps++;
        for (int cycle = 0; cycle < 1000 && !core.irq; cycle++) tick();
    }

private:
    bool read_taken = false, write_taken = false;
    bool axil_write_taken = false, axil_data_taken = false, axil_read_taken = false;
    Response bad = OKAY;
};

static Board *board;

void disable_interrupts(void) { board->enable_interrupts(false); }
void enable_interrupts(void) { board->enable_interrupts(true); }
void sleep_until_interrupt(void) { board->sleep(); }

static uint32_t read_hook(void *, uint32_t offset) { return board->read(offset); }
static void write_hook(void *, uint32_t offset, uint32_t word) { board->write(offset, word); }
static uint64_t address_hook(void *, const void *memory) { return board->dram.address(memory); }
static void clean_hook(void *, const void *memory, size_t bytes) { board->dram.clean(memory, bytes); }
static void invalidate_hook(void *, void *memory, size_t bytes) { board->dram.invalidate(memory, bytes); }
static uint32_t now_hook(void *) { return (uint32_t)board->cycles; }

static const ferrogrid_npu_hooks sleeping = {read_hook,       write_hook, address_hook, clean_hook,
                                             invalidate_hook, now_hook,   npu_idle,     nullptr};
static const ferrogrid_npu_hooks polling = {read_hook,       write_hook, address_hook, clean_hook,
                                            invalidate_hook, now_hook,   nullptr,      nullptr};

// The example of the page: sleeps until the interrupt.
static void digits() {
    CHECK(digits_begin(&sleeping) == FERROGRID_NPU_OK);
    for (unsigned image = 0; image < IMAGES; image++) {
        int8_t logits[10];
        const uint64_t interrupts = board->interrupts, sleeps = board->sleeps;
        CHECK(digits_read(images[image], logits) == FERROGRID_NPU_OK);
        CHECK(std::memcmp(logits, digits_logits[image], sizeof logits) == 0);
        CHECK(board->interrupts == interrupts + 1 && board->sleeps > sleeps);
    }
}

// Other networks, without interrupts.
FERROGRID_NPU_ALIGNED static uint8_t inputs[WIDE_INPUT_BYTES];
FERROGRID_NPU_ALIGNED static uint8_t outputs[WIDE_OUTPUT_BYTES];
FERROGRID_NPU_ALIGNED static uint8_t activations[WIDE_ACTIVATION_BYTES];
static const ferrogrid_npu_memory memory = {inputs, outputs, activations};

static ferrogrid_npu polled() {
    ferrogrid_npu npu;
    CHECK(ferrogrid_npu_init(&npu, 0, &polling) == FERROGRID_NPU_OK);
    return npu;
}

static void loaded(ferrogrid_npu *npu, const ferrogrid_npu_network *network) {
    CHECK(ferrogrid_npu_load(npu, network, &memory) == FERROGRID_NPU_OK);
}

// uint8, with activations in DRAM.
static void wide() {
    ferrogrid_npu npu = polled();
    loaded(&npu, &wide_network);
    static uint8_t found[sizeof wide_output];
    CHECK(wide_network.inputs[0].bytes == sizeof wide_input && wide_network.outputs[0].bytes == sizeof wide_output);
    ferrogrid_npu_put(&npu, 0, wide_input);
    const auto range = [](uint8_t *memory, size_t bytes) {
        const uint64_t first = board->dram.address(memory);
        return std::make_pair(first, first + bytes);
    };
    board->dram.writable = {range(outputs, sizeof wide_output), range(activations, sizeof activations)};
    const uint64_t reads = board->read_beats, writes = board->write_beats, begin = board->cycles;
    CHECK(ferrogrid_npu_poll(&npu) == FERROGRID_NPU_IDLE);
    CHECK(ferrogrid_npu_start(&npu) == FERROGRID_NPU_OK);
    CHECK(ferrogrid_npu_start(&npu) == FERROGRID_NPU_BUSY);
    CHECK(ferrogrid_npu_load(&npu, &wide_network, &memory) == FERROGRID_NPU_BUSY);
    CHECK(ferrogrid_npu_wait(&npu, 10000000) == FERROGRID_NPU_OK);
    CHECK(ferrogrid_npu_poll(&npu) == FERROGRID_NPU_OK);
    ferrogrid_npu_get(&npu, 0, found);
    CHECK(std::memcmp(found, wide_output, sizeof found) == 0);
    CHECK(ferrogrid_npu_counter(&npu, FERROGRID_NPU_COUNTER_READ_BEATS) == board->read_beats - reads);
    CHECK(ferrogrid_npu_counter(&npu, FERROGRID_NPU_COUNTER_WRITE_BEATS) == board->write_beats - writes);
    const uint64_t cycles = ferrogrid_npu_counter(&npu, FERROGRID_NPU_COUNTER_CYCLES);
    CHECK(cycles > 0 && cycles <= board->cycles - begin);
    board->dram.writable.clear();
}

// Real numbers around a network.
static void small(ferrogrid_npu *npu) {
    int8_t elements[sizeof small_reals / sizeof small_reals[0]];
    float found[sizeof small_scores / sizeof small_scores[0]];
    loaded(npu, &small_network);
    ferrogrid_npu_quantize(&small_network.inputs[0], small_reals, elements);
    ferrogrid_npu_put(npu, 0, elements);
    CHECK(ferrogrid_npu_start(npu) == FERROGRID_NPU_OK);
    CHECK(ferrogrid_npu_wait(npu, 1000000) == FERROGRID_NPU_OK);
    ferrogrid_npu_get(npu, 0, elements);
    ferrogrid_npu_dequantize(&small_network.outputs[0], elements, found);
    CHECK(std::memcmp(found, small_scores, sizeof found) == 0);
}

static void refusals() {
    ferrogrid_npu npu;
    ferrogrid_npu_hooks empty = polling;
    empty.read = [](void *, uint32_t) -> uint32_t { return 0; };
    CHECK(ferrogrid_npu_init(&npu, 0, &empty) == FERROGRID_NPU_NO_CORE);
    empty.read = [](void *, uint32_t offset) -> uint32_t {
        return board->read(offset) + (offset == FERROGRID_NPU_VERSION_OFFSET);
    };
    CHECK(ferrogrid_npu_init(&npu, 0, &empty) == FERROGRID_NPU_OTHER_VERSION);

    npu = polled();
    CHECK(ferrogrid_npu_start(&npu) == FERROGRID_NPU_IDLE);
    loaded(&npu, &small_network);
    ferrogrid_npu_network other = small_network;
    other.config_hash ^= 1;
    CHECK(ferrogrid_npu_load(&npu, &other, &memory) == FERROGRID_NPU_OTHER_CORE);
    CHECK(ferrogrid_npu_start(&npu) == FERROGRID_NPU_IDLE);
    ferrogrid_npu_memory misplaced = memory;
    misplaced.outputs++;
    CHECK(ferrogrid_npu_load(&npu, &small_network, &misplaced) == FERROGRID_NPU_MISPLACED);
    empty = polling;
    empty.address = [](void *, const void *) { return (uint64_t)0; };
    misplaced.outputs = nullptr;
    CHECK(ferrogrid_npu_init(&npu, 0, &empty) == FERROGRID_NPU_OK);
    CHECK(ferrogrid_npu_load(&npu, &small_network, &misplaced) == FERROGRID_NPU_MISPLACED);
    empty.address = [](void *, const void *memory) { return board->dram.address(memory) | (uint64_t)1 << 40; };
    CHECK(ferrogrid_npu_init(&npu, 0, &empty) == FERROGRID_NPU_OK);
    CHECK(ferrogrid_npu_load(&npu, &small_network, &memory) == FERROGRID_NPU_MISPLACED);
}

// A memory that answers with an error: which, where, and the next run is right.
static void faults() {
    ferrogrid_npu npu = polled();
    for (int turn = 0; turn < 4; turn++) {
        const bool is_read = turn % 2 == 0;
        small(&npu);
        board->dram.refused = board->dram.address(is_read ? small_network.constants : outputs);
        board->dram.answer = turn < 2 ? DECERR : SLVERR;
        CHECK(ferrogrid_npu_start(&npu) == FERROGRID_NPU_OK);
        CHECK(ferrogrid_npu_wait(&npu, 1000000) == FERROGRID_NPU_STOPPED);
        const ferrogrid_npu_fault fault = ferrogrid_npu_fault_of(&npu);
        CHECK(fault.cause == (is_read ? FERROGRID_NPU_CAUSE_READ_FAILED : FERROGRID_NPU_CAUSE_WRITE_FAILED));
        CHECK(fault.address == board->dram.refused);
        CHECK(fault.instruction > 0 && fault.instruction <= small_network.instructions);
        const char *words = is_read ? "a read failed" : "a write failed";
        CHECK(std::strcmp(ferrogrid_npu_cause_words(fault.cause), words) == 0);
        board->dram.answer = OKAY;
        // With and without a reset.
        if (turn < 2) CHECK(ferrogrid_npu_reset(&npu, 10000) == FERROGRID_NPU_OK);
        small(&npu);
    }
}

// A memory that does not answer, and then does.
static void silence() {
    ferrogrid_npu npu = polled();
    small(&npu);
    board->memory_is_silent = true;
    CHECK(ferrogrid_npu_start(&npu) == FERROGRID_NPU_OK);
    const uint64_t begin = board->cycles;
    CHECK(ferrogrid_npu_wait(&npu, 5000) == FERROGRID_NPU_TIMEOUT);
    CHECK(board->cycles - begin >= 5000 && board->cycles - begin < 5100);
    CHECK(ferrogrid_npu_poll(&npu) == FERROGRID_NPU_BUSY);
    CHECK(ferrogrid_npu_reset(&npu, 5000) == FERROGRID_NPU_TIMEOUT);
    board->memory_is_silent = false;
    CHECK(ferrogrid_npu_reset(&npu, 5000) == FERROGRID_NPU_OK);
    CHECK(ferrogrid_npu_poll(&npu) == FERROGRID_NPU_IDLE);
    small(&npu);

    ferrogrid_npu_watchdog(&npu, 1000);
    board->memory_is_silent = true;
    CHECK(ferrogrid_npu_start(&npu) == FERROGRID_NPU_OK);
    CHECK(ferrogrid_npu_wait(&npu, 5000) == FERROGRID_NPU_TIMEOUT);
    board->memory_is_silent = false;
    CHECK(ferrogrid_npu_wait(&npu, 5000) == FERROGRID_NPU_STOPPED);
    CHECK(ferrogrid_npu_fault_of(&npu).cause == FERROGRID_NPU_CAUSE_WATCHDOG);
    ferrogrid_npu_watchdog(&npu, 0);
    small(&npu);
}

// A reset at many moments of a run; the next run is right.
static void resets() {
    ferrogrid_npu npu = polled();
    small(&npu);
    const uint64_t cycles = ferrogrid_npu_counter(&npu, FERROGRID_NPU_COUNTER_CYCLES);
    for (uint64_t moment = 0; moment < cycles; moment += 1 + cycles / 40) {
        CHECK(ferrogrid_npu_start(&npu) == FERROGRID_NPU_OK);
        for (uint64_t cycle = 0; cycle < moment; cycle++) board->tick();
        CHECK(ferrogrid_npu_reset(&npu, 10000) == FERROGRID_NPU_OK);
        CHECK(ferrogrid_npu_poll(&npu) == FERROGRID_NPU_IDLE);
        small(&npu);
    }
}

// A counter that goes on between reads of its halves.
static uint64_t counter;

static void carries() {
    ferrogrid_npu npu = polled();
    npu.hooks.read = [](void *, uint32_t offset) {
        const uint64_t now = counter;
        counter += 0x1000'0000;
        return (uint32_t)(offset % 8 == FERROGRID_NPU_CYCLES_LOW_OFFSET % 8 ? now : now >> 32);
    };
    for (uint64_t begin = 0; begin < 0x3'0000'0000; begin += 0x0765'4321) {
        counter = begin;
        const uint64_t found = ferrogrid_npu_counter(&npu, FERROGRID_NPU_COUNTER_CYCLES);
        CHECK(found >= begin && found <= counter);
    }
}

// Rounding as the runtimes have it.
static void rounding() {
    for (const Rounded &row : rounded) {
        const uint32_t sizes[] = {1};
        const ferrogrid_npu_tensor tensor = {"x",   0,   1, row.is_unsigned, 1, sizes, row.zero_point,
                                             row.scale, row.rounding};
        uint8_t found;
        ferrogrid_npu_quantize(&tensor, &row.real, &found);
        if (found != (uint8_t)row.integer)
            fail("%.9g of scale %.9g is %d and must be %d", row.real, row.scale, found, row.integer & 255);
    }
}

// Every result has words.
static void words() {
    for (int result = FERROGRID_NPU_OK; result <= FERROGRID_NPU_TIMEOUT; result++)
        CHECK(std::strcmp(ferrogrid_npu_result_words((ferrogrid_npu_result)result), "no result") != 0);
    CHECK(std::strcmp(ferrogrid_npu_cause_words(8), "no cause") == 0);
}

int main() {
    Board all;
    board = &all;
    digits();
    wide();
    refusals();
    faults();
    silence();
    resets();
    carries();
    rounding();
    words();
    std::printf("%" PRIu64 " cycles, %" PRIu64 " interrupts\n", board->cycles, board->interrupts);
    return 0;
}
