#include "ferrogrid_npu.h"

/* Memory and registers are accessed in the order of the program, also by the processor. */
#ifndef FERROGRID_NPU_BARRIER
#if defined(__GNUC__) || defined(__clang__)
#define FERROGRID_NPU_BARRIER() __sync_synchronize()
#else
#error "define FERROGRID_NPU_BARRIER() as the memory barrier of this compiler"
#endif
#endif

/* Both events that end a run. */
#define ENDS (FERROGRID_NPU_INTERRUPT_STATUS_DONE_MASK | FERROGRID_NPU_INTERRUPT_STATUS_ERROR_MASK)

/* Reads of `status` in which a core without a fault ends what it does: DRAM answers sooner. */
#define INIT_READS 1000000u

/* Registers of a region's base lie behind those of the one before, and so do counters. */
#define BASE_STEP (FERROGRID_NPU_BASE_1_LOW_OFFSET - FERROGRID_NPU_BASE_0_LOW_OFFSET)
#define COUNTER_STEP (FERROGRID_NPU_LOAD_BUSY_LOW_OFFSET - FERROGRID_NPU_CYCLES_LOW_OFFSET)
#define HIGH (FERROGRID_NPU_CYCLES_HIGH_OFFSET - FERROGRID_NPU_CYCLES_LOW_OFFSET)

static uint32_t read_register(const ferrogrid_npu *npu, uint32_t offset)
{
    if (npu->hooks.read != NULL)
        return npu->hooks.read(npu->hooks.context, offset);
    return ferrogrid_read(npu->registers, offset);
}

static void write_register(const ferrogrid_npu *npu, uint32_t offset, uint32_t word)
{
    if (npu->hooks.write != NULL)
        npu->hooks.write(npu->hooks.context, offset, word);
    else
        ferrogrid_write(npu->registers, offset, word);
}

static uint64_t address_of(const ferrogrid_npu *npu, const uint8_t *memory)
{
    if (npu->hooks.address != NULL)
        return npu->hooks.address(npu->hooks.context, memory);
    return (uintptr_t)memory;
}

static void clean(const ferrogrid_npu *npu, const uint8_t *memory, uint32_t bytes)
{
    if (npu->hooks.clean != NULL && bytes != 0)
        npu->hooks.clean(npu->hooks.context, memory, bytes);
}

static void invalidate(const ferrogrid_npu *npu, uint8_t *memory, uint32_t bytes)
{
    if (npu->hooks.invalidate != NULL && bytes != 0)
        npu->hooks.invalidate(npu->hooks.context, memory, bytes);
}

/* The core can reach memory of so many bytes, and its bus begins there. */
static bool is_placed(const ferrogrid_npu *npu, const uint8_t *memory, uint32_t bytes)
{
    const uint64_t first = bytes == 0 ? 0 : address_of(npu, memory);
    const uint64_t beyond = ((uint64_t)FERROGRID_NPU_PROGRAM_HIGH_ADDRESS_MASK + 1u) << 32;
    if (bytes == 0)
        return true;
    return memory != NULL && first % FERROGRID_NPU_ALIGNMENT == 0 && first < beyond && bytes <= beyond - first;
}

static void write_address(const ferrogrid_npu *npu, uint32_t offset, const uint8_t *memory, uint32_t bytes)
{
    const uint64_t address = bytes == 0 ? 0 : address_of(npu, memory);
    write_register(npu, offset, (uint32_t)address);
    write_register(npu, offset + HIGH, (uint32_t)(address >> 32));
}

static void write_base(const ferrogrid_npu *npu, uint32_t region, const uint8_t *memory, uint32_t bytes)
{
    write_address(npu, FERROGRID_NPU_BASE_0_LOW_OFFSET + region * BASE_STEP, memory, bytes);
}

/* A moment, and whether `timeout` units have passed since then: of `now`, or else calls. */
typedef struct {
    uint32_t begin;
    uint32_t calls;
} moment;

static moment begin(const ferrogrid_npu *npu)
{
    moment from = {0, 0};
    if (npu->hooks.now != NULL)
        from.begin = npu->hooks.now(npu->hooks.context);
    return from;
}

static bool is_over(const ferrogrid_npu *npu, moment *from, uint32_t timeout)
{
    if (npu->hooks.now != NULL)
        return npu->hooks.now(npu->hooks.context) - from->begin >= timeout;
    return from->calls++ >= timeout;
}

ferrogrid_npu_result ferrogrid_npu_init(ferrogrid_npu *npu, uintptr_t registers, const ferrogrid_npu_hooks *hooks)
{
    static const ferrogrid_npu_hooks none = {NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
    ferrogrid_npu_result result;
    npu->registers = registers;
    npu->hooks = hooks != NULL ? *hooks : none;
    npu->network = NULL;
    npu->result = FERROGRID_NPU_IDLE;
    npu->events = 0;
    if (read_register(npu, FERROGRID_NPU_ID_OFFSET) != FERROGRID_NPU_ID_VALUE_VALUE)
        return FERROGRID_NPU_NO_CORE;
    if (read_register(npu, FERROGRID_NPU_VERSION_OFFSET) != FERROGRID_NPU_VERSION_VALUE_VALUE)
        return FERROGRID_NPU_OTHER_VERSION;
    ferrogrid_npu_enable_interrupt(npu, false);
    /* What the unit of time is only the caller knows: calls are counted. */
    npu->hooks.now = NULL;
    result = ferrogrid_npu_reset(npu, INIT_READS);
    npu->hooks.now = hooks != NULL ? hooks->now : NULL;
    return result;
}

ferrogrid_npu_result ferrogrid_npu_load(ferrogrid_npu *npu, const ferrogrid_npu_network *network,
                                        const ferrogrid_npu_memory *memory)
{
    if (ferrogrid_npu_poll(npu) == FERROGRID_NPU_BUSY)
        return FERROGRID_NPU_BUSY;
    npu->network = NULL;
    npu->result = FERROGRID_NPU_IDLE;
    if (read_register(npu, FERROGRID_NPU_CONFIG_HASH_OFFSET) != network->config_hash)
        return FERROGRID_NPU_OTHER_CORE;
    if (!is_placed(npu, network->program, network->program_bytes)
        || !is_placed(npu, network->constants, network->constant_bytes)
        || !is_placed(npu, memory->inputs, network->input_bytes)
        || !is_placed(npu, memory->outputs, network->output_bytes)
        || !is_placed(npu, memory->activations, network->activation_bytes))
        return FERROGRID_NPU_MISPLACED;
    clean(npu, network->program, network->program_bytes);
    clean(npu, network->constants, network->constant_bytes);
    write_address(npu, FERROGRID_NPU_PROGRAM_LOW_OFFSET, network->program, network->program_bytes);
    write_register(npu, FERROGRID_NPU_INSTRUCTIONS_OFFSET, network->instructions);
    write_base(npu, FERROGRID_NPU_REGION_CONSTANTS, network->constants, network->constant_bytes);
    write_base(npu, FERROGRID_NPU_REGION_INPUTS, memory->inputs, network->input_bytes);
    write_base(npu, FERROGRID_NPU_REGION_OUTPUTS, memory->outputs, network->output_bytes);
    write_base(npu, FERROGRID_NPU_REGION_ACTIVATIONS, memory->activations, network->activation_bytes);
    npu->network = network;
    npu->memory = *memory;
    return FERROGRID_NPU_OK;
}

/* Bytes of uint8 have their highest bit inverted in the core's memory. */
static void copy(uint8_t *to, const uint8_t *from, const ferrogrid_npu_tensor *tensor)
{
    const uint8_t inverted = tensor->is_unsigned ? 0x80u : 0u;
    uint32_t i;
    for (i = 0; i < tensor->bytes; i++)
        to[i] = (uint8_t)(from[i] ^ inverted);
}

void ferrogrid_npu_put(ferrogrid_npu *npu, uint32_t input, const void *elements)
{
    const ferrogrid_npu_tensor *tensor = &npu->network->inputs[input];
    copy(npu->memory.inputs + tensor->offset, (const uint8_t *)elements, tensor);
}

void ferrogrid_npu_get(const ferrogrid_npu *npu, uint32_t output, void *elements)
{
    const ferrogrid_npu_tensor *tensor = &npu->network->outputs[output];
    copy((uint8_t *)elements, npu->memory.outputs + tensor->offset, tensor);
}

ferrogrid_npu_result ferrogrid_npu_start(ferrogrid_npu *npu)
{
    const ferrogrid_npu_network *network = npu->network;
    if (network == NULL)
        return FERROGRID_NPU_IDLE;
    if (ferrogrid_npu_poll(npu) == FERROGRID_NPU_BUSY)
        return FERROGRID_NPU_BUSY;
    clean(npu, npu->memory.inputs, network->input_bytes);
    clean(npu, npu->memory.outputs, network->output_bytes);
    clean(npu, npu->memory.activations, network->activation_bytes);
    FERROGRID_NPU_BARRIER();
    write_register(npu, FERROGRID_NPU_INTERRUPT_STATUS_OFFSET, ENDS);
    npu->events = 0;
    npu->result = FERROGRID_NPU_BUSY;
    write_register(npu, FERROGRID_NPU_CONTROL_OFFSET, FERROGRID_PUT(FERROGRID_NPU_CONTROL_START, 1));
    return FERROGRID_NPU_OK;
}

ferrogrid_npu_result ferrogrid_npu_poll(ferrogrid_npu *npu)
{
    uint32_t status;
    if (npu->result != FERROGRID_NPU_BUSY || !ferrogrid_npu_ended(npu))
        return npu->result;
    FERROGRID_NPU_BARRIER();
    status = read_register(npu, FERROGRID_NPU_STATUS_OFFSET);
    invalidate(npu, npu->memory.outputs, npu->network->output_bytes);
    npu->result = FERROGRID_GET(FERROGRID_NPU_STATUS_CAUSE, status) == FERROGRID_NPU_CAUSE_ENDED
                      ? FERROGRID_NPU_OK
                      : FERROGRID_NPU_STOPPED;
    return npu->result;
}

ferrogrid_npu_result ferrogrid_npu_wait(ferrogrid_npu *npu, uint32_t timeout)
{
    moment from = begin(npu);
    ferrogrid_npu_result result = ferrogrid_npu_poll(npu);
    while (result == FERROGRID_NPU_BUSY) {
        if (is_over(npu, &from, timeout))
            return FERROGRID_NPU_TIMEOUT;
        if (npu->hooks.idle != NULL)
            npu->hooks.idle(npu->hooks.context);
        result = ferrogrid_npu_poll(npu);
    }
    return result;
}

void ferrogrid_npu_enable_interrupt(ferrogrid_npu *npu, bool enable)
{
    const uint32_t both = FERROGRID_PUT(FERROGRID_NPU_INTERRUPT_ENABLE_DONE, 1)
                          | FERROGRID_PUT(FERROGRID_NPU_INTERRUPT_ENABLE_ERROR, 1);
    write_register(npu, FERROGRID_NPU_INTERRUPT_ENABLE_OFFSET, enable ? both : 0);
}

void ferrogrid_npu_interrupt(ferrogrid_npu *npu)
{
    const uint32_t events = read_register(npu, FERROGRID_NPU_INTERRUPT_STATUS_OFFSET) & ENDS;
    npu->events |= events;
    write_register(npu, FERROGRID_NPU_INTERRUPT_STATUS_OFFSET, events);
}

bool ferrogrid_npu_ended(const ferrogrid_npu *npu)
{
    /* The handler notes an event before it takes the request back: one of both has it. */
    const uint32_t requested = read_register(npu, FERROGRID_NPU_INTERRUPT_STATUS_OFFSET);
    return ((requested | npu->events) & ENDS) != 0;
}

ferrogrid_npu_result ferrogrid_npu_reset(ferrogrid_npu *npu, uint32_t timeout)
{
    moment from = begin(npu);
    /* A stop between a start and its first cycle may come too soon: it is said until the core is quiet. */
    do {
        write_register(npu, FERROGRID_NPU_CONTROL_OFFSET, FERROGRID_PUT(FERROGRID_NPU_CONTROL_STOP, 1));
        if (is_over(npu, &from, timeout))
            return FERROGRID_NPU_TIMEOUT;
    } while (FERROGRID_GET(FERROGRID_NPU_STATUS_BUSY, read_register(npu, FERROGRID_NPU_STATUS_OFFSET)) != 0);
    write_register(npu, FERROGRID_NPU_INTERRUPT_STATUS_OFFSET, ENDS);
    npu->events = 0;
    npu->result = FERROGRID_NPU_IDLE;
    return FERROGRID_NPU_OK;
}

void ferrogrid_npu_watchdog(ferrogrid_npu *npu, uint32_t cycles)
{
    write_register(npu, FERROGRID_NPU_WATCHDOG_OFFSET, cycles);
}

/* Two registers as one number: the upper half is the same before and after the lower one, or a carry was between. */
static uint64_t read_wide(const ferrogrid_npu *npu, uint32_t low_offset)
{
    uint32_t high = read_register(npu, low_offset + HIGH);
    for (;;) {
        const uint32_t low = read_register(npu, low_offset);
        const uint32_t again = read_register(npu, low_offset + HIGH);
        if (high == again)
            return (uint64_t)high << 32 | low;
        high = again;
    }
}

ferrogrid_npu_fault ferrogrid_npu_fault_of(const ferrogrid_npu *npu)
{
    ferrogrid_npu_fault fault;
    const uint32_t status = read_register(npu, FERROGRID_NPU_STATUS_OFFSET);
    fault.cause = FERROGRID_GET(FERROGRID_NPU_STATUS_CAUSE, status);
    fault.instruction = FERROGRID_GET(FERROGRID_NPU_INDEX_INDEX, read_register(npu, FERROGRID_NPU_INDEX_OFFSET));
    fault.address = read_wide(npu, FERROGRID_NPU_FAULT_LOW_OFFSET);
    return fault;
}

uint64_t ferrogrid_npu_counter(const ferrogrid_npu *npu, uint32_t counter)
{
    return read_wide(npu, FERROGRID_NPU_CYCLES_LOW_OFFSET + counter * COUNTER_STEP);
}

const char *ferrogrid_npu_result_words(ferrogrid_npu_result result)
{
    switch (result) {
    case FERROGRID_NPU_OK: return "done";
    case FERROGRID_NPU_NO_CORE: return "there is no core at these registers";
    case FERROGRID_NPU_OTHER_VERSION: return "the core needs another driver";
    case FERROGRID_NPU_OTHER_CORE: return "the network was compiled for another configuration";
    case FERROGRID_NPU_MISPLACED: return "memory is missing, not aligned, or beyond the core's addresses";
    case FERROGRID_NPU_IDLE: return "no network was started";
    case FERROGRID_NPU_BUSY: return "the network runs";
    case FERROGRID_NPU_STOPPED: return "the network stopped before its end";
    case FERROGRID_NPU_TIMEOUT: return "the core did not answer in time";
    }
    return "no result";
}

const char *ferrogrid_npu_cause_words(uint32_t cause)
{
    static const char *const words[] = {FERROGRID_NPU_CAUSE_WORDS};
    return cause < sizeof words / sizeof words[0] ? words[cause] : "no cause";
}
