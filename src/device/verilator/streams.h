// Stream sources and sinks, for runner.cpp.
#pragma once
#include "ports.h"

namespace {

struct Source {
    Bus data;
    Pin last, valid, ready;
    Stall stall;
    bool optional = false;
    uint32_t packets = 0, beats = 0;
    const uint32_t* table = nullptr;   // start_after, number of beats: for each packet
    const uint32_t* lasts = nullptr;   // one bit for each beat
    const uint32_t* payload = nullptr;

    uint32_t packet = 0, left = 0, begun = 0, position = 0, accepted = 0;
    bool offered = false;
    enum { NOTHING, A_JUNK, A_BEAT } shown = NOTHING;
    uint64_t first = NEVER, latest = NEVER, waited = 0;

    void read(Reader& in, const FerrogridPort* ports) {
        data.connect(ports[in.word()]);
        if (const uint32_t port = in.word(); port != NONE) last.connect(ports[port]);
        valid.connect(ports[in.word()]);
        ready.connect(ports[in.word()]);
        stall.read(in);
        optional = in.word();
        packets = in.word();
        table = in.block(2 * size_t{packets});
        beats = in.word();
        lasts = in.block((size_t{beats} + 31) / 32);
        payload = in.block(size_t{beats} * data.words);
    }

    void restart() {
        packet = left = begun = position = accepted = 0;
        offered = false;
        shown = NOTHING;
        first = latest = NEVER;
        waited = 0;
        left = packets ? table[1] : 0;
        skip_finished();
    }

    void skip_finished() {
        while (packet < packets && left == 0) {
            ++packet;
            begun = 0;
            if (packet < packets) left = table[2 * packet + 1];
        }
    }

    void reset() {
        if ((begun || offered) && packet < packets) {
            position += left;
            left = 0;
            skip_finished();
        }
        offered = false;
        shown = NOTHING;
    }

    void drive(uint32_t done, bool quiet) {
        if (!quiet && !offered)
            offered = packet < packets && table[2 * packet] <= done && !stall.now();
        valid.set(offered && !quiet);
        if (offered && !quiet) {
            if (shown == A_BEAT) return;
            data.set(payload + size_t{position} * data.words);
            last.set(lasts[position >> 5] >> (position & 31) & 1);
            shown = A_BEAT;
        } else if (shown != A_JUNK) {
            data.set_junk();
            last.set(true);
            shown = A_JUNK;
        }
    }

    void sample(uint64_t cycle) {
        if (!offered) return;
        if (!ready.get()) {
            ++waited;
            return;
        }
        offered = false;
        shown = NOTHING;
        begun = 1;
        --left;
        skip_finished();
        ++position;
        ++accepted;
        if (first == NEVER) first = cycle;
        latest = cycle;
    }

    bool done() const { return optional || packet == packets; }

    void write(Writer& out) const {
        out.word(accepted);
        out.word(position);
        out.word(offered);
        out.wide(first);
        out.wide(latest);
        out.wide(waited);
    }
};

struct Sink {
    Bus data;
    Pin last, valid, ready;
    Stall stall;
    uint32_t goal_is_packets = 0;
    uint64_t goal = 0;

    bool is_ready = false, holding = false, held_last = false;
    std::vector<uint32_t> held, now, log;   // log: cycle (2 words), last, payload
    uint64_t beats = 0, packets = 0, waited = 0;

    void read(Reader& in, const FerrogridPort* ports) {
        data.connect(ports[in.word()]);
        if (const uint32_t port = in.word(); port != NONE) last.connect(ports[port]);
        valid.connect(ports[in.word()]);
        ready.connect(ports[in.word()]);
        stall.read(in);
        goal_is_packets = in.word();
        goal = in.wide();
        held.resize(data.words);
        now.resize(data.words);
    }

    void restart() {
        holding = false;
        log.clear();
        beats = packets = waited = 0;
    }

    void drive(bool quiet) {
        is_ready = !quiet && !stall.now();
        ready.set(is_ready);
    }

    // The rule that was broken, or RULES.
    uint32_t sample(uint64_t cycle) {
        if (!valid.get()) {
            const bool broken = holding;
            holding = false;
            return broken ? VALID : RULES;
        }
        data.get(now.data());
        const bool now_last = last.get();
        const bool broken = holding && (now_last != held_last || now != held);
        if (is_ready) {
            log.push_back(uint32_t(cycle));
            log.push_back(uint32_t(cycle >> 32));
            log.push_back(now_last);
            log.insert(log.end(), now.begin(), now.end());
            ++beats;
            packets += now_last;
        } else {
            now.swap(held);
            held_last = now_last;
            ++waited;
        }
        holding = !is_ready;
        return broken ? PAYLOAD : RULES;
    }

    bool done() const { return (goal_is_packets ? packets : beats) >= goal; }

    void write(Writer& out) const {
        out.wide(waited);
        out.wide(beats);
        out.words.insert(out.words.end(), log.begin(), log.end());
    }
};

}  // namespace
