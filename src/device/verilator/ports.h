// Words in and out, ports and stall patterns of a compiled model, for runner.cpp.
#pragma once
#include "model.h"
#include <cstring>
#include <vector>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "ports are copied as little-endian words"
#endif

namespace {

constexpr uint32_t NONE = 0xffffffffu;
constexpr uint64_t NEVER = ~uint64_t{0};
constexpr uint32_t JUNK = 0xa5a5a5a5u;

enum Kind : uint32_t { WRITE, READ, POLL, WAIT_INTERRUPT, WAIT_PACKETS, IDLE, RESET };
enum Rule : uint32_t {
    VALID, PAYLOAD, WRITE_RESPONSE_VALID, WRITE_RESPONSE, READ_VALID, READ_DATA,
    WRITE_RESPONSE_UNASKED, READ_UNASKED, RULES
};

// ---- words in and out ----------------------------------------------------------------------

struct Reader {
    const uint32_t* at;
    uint32_t word() { return *at++; }
    uint64_t wide() {
        const uint64_t low = word();
        return low | uint64_t{word()} << 32;
    }
    const uint32_t* block(size_t words) {
        const uint32_t* start = at;
        at += words;
        return start;
    }
};

struct Writer {
    std::vector<uint32_t> words;
    void word(uint32_t value) { words.push_back(value); }
    void wide(uint64_t value) {
        word(uint32_t(value));
        word(uint32_t(value >> 32));
    }
};

// ---- ports ---------------------------------------------------------------------------------

struct Pin {
    uint8_t* bit = nullptr;
    void connect(const FerrogridPort& port) { bit = static_cast<uint8_t*>(port.data); }
    void set(bool value) { if (bit) *bit = value; }
    bool get() const { return bit && *bit; }
};

struct Bus {
    void* data = nullptr;
    uint32_t words = 0, bytes = 0, top_mask = 0;
    void connect(const FerrogridPort& port) {
        data = port.data;
        words = (port.width + 31) / 32;
        bytes = port.width <= 8 ? 1 : port.width <= 16 ? 2 : 4 * words;
        top_mask = port.width % 32 ? (1u << port.width % 32) - 1 : ~0u;
    }
    void set(const uint32_t* from) {
        switch (bytes) {
        case 1: std::memcpy(data, from, 1); break;
        case 2: std::memcpy(data, from, 2); break;
        case 4: std::memcpy(data, from, 4); break;
        case 8: std::memcpy(data, from, 8); break;
        case 16: std::memcpy(data, from, 16); break;
        default: std::memcpy(data, from, bytes);
        }
    }
    void get(uint32_t* to) const {
        switch (bytes) {
        case 1: to[0] = *static_cast<const uint8_t*>(data); break;
        case 2: to[0] = *static_cast<const uint16_t*>(data); break;
        case 16: std::memcpy(to, data, 16); break;
        default: std::memcpy(to, data, bytes);
        }
    }
    // For ports of at most 32 bits.
    void set_word(uint32_t value) {
        value &= top_mask;
        switch (bytes) {
        case 1: *static_cast<uint8_t*>(data) = uint8_t(value); break;
        case 2: *static_cast<uint16_t*>(data) = uint16_t(value); break;
        default: *static_cast<uint32_t*>(data) = value;
        }
    }
    uint32_t word() const {
        switch (bytes) {
        case 1: return *static_cast<const uint8_t*>(data);
        case 2: return *static_cast<const uint16_t*>(data);
        default: return *static_cast<const uint32_t*>(data);
        }
    }
    void set_junk() {
        if (words == 1) return set_word(JUNK);
        uint32_t* to = static_cast<uint32_t*>(data);
        for (uint32_t i = 0; i < words; ++i) to[i] = JUNK;
        to[words - 1] &= top_mask;
    }
};

struct Stall {
    const uint32_t* bits = nullptr;
    uint32_t length = 0, at = 0;
    void read(Reader& in) {
        length = in.word();
        bits = in.block((length + 31) / 32);
    }
    bool now() const { return length && (bits[at >> 5] >> (at & 31) & 1); }
    void next() { if (++at >= length) at = 0; }
};

}  // namespace
