// Drives a 16 x 16 weight-stationary array (Vtop) as fast as it goes.
//
//     model check CYCLES    random operands and swaps; prints a hash of the sums of every cycle
//     model time CYCLES     random operands, a new tile every 64 cycles; prints CPU seconds
#include "Vtop.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

constexpr size_t VECTORS = 1024;  // as many as fit the second-level cache

struct Operands {
    uint32_t activations[4];
    uint32_t weights[4];
    uint16_t swaps;
};

Operands operands[VECTORS];

uint64_t state = 1;

uint32_t random_word() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state >> 32);
}

void fill(bool tiles) {
    for (size_t i = 0; i < VECTORS; ++i) {
        for (uint32_t& word : operands[i].activations) word = random_word();
        for (uint32_t& word : operands[i].weights) word = random_word();
        const size_t phase = i % 64;
        const uint32_t token = phase < 16 ? 1u << phase : 0;
        operands[i].swaps = static_cast<uint16_t>(tiles ? token : random_word());
    }
}

double cpu_seconds() {
    timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void cycle(Vtop& top, uint64_t number) {
    const Operands& now = operands[number % VECTORS];
    top.swaps = now.swaps;
    std::memcpy(&top.activations, now.activations, sizeof now.activations);
    std::memcpy(&top.weights, now.weights, sizeof now.weights);
    top.clk = 0;
    top.eval();
    top.clk = 1;
    top.eval();
}

uint64_t hash_sums(const Vtop& top, uint64_t hash) {
    uint32_t sums[10];
    std::memcpy(sums, &top.sums, sizeof sums);
    for (const uint32_t word : sums) hash = (hash ^ word) * 1099511628211u;
    return hash;
}

}  // namespace

double sc_time_stamp() { return 0; }

int main(int count, char** arguments) {
    if (count != 3) return 2;
    const bool check = std::strcmp(arguments[1], "check") == 0;
    const uint64_t cycles = std::strtoull(arguments[2], nullptr, 10);
    static Vtop top;
    fill(!check);
    uint64_t hash = 14695981039346656037u;
    const double start = cpu_seconds();
    for (uint64_t number = 0; number < cycles; ++number) {
        if (check && number % VECTORS == 0) fill(false);
        cycle(top, number);
        if (check) hash = hash_sums(top, hash);
    }
    const double seconds = cpu_seconds() - start;
    std::printf("%.9f %016llx\n", seconds,
                static_cast<unsigned long long>(hash_sums(top, hash)));
    return 0;
}
