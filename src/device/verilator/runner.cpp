// The cycle loop around a compiled model. A scenario comes in as one array of 32-bit words
// (encoded by encode.rs), the result goes out as another (decoded by decode.rs).
//
// What is driven and sampled when is defined by src/device/engine; this is the same in C++.
#include "model.h"
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <vector>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "ports are copied as little-endian words"
#endif

namespace {

constexpr uint32_t NONE = 0xffffffffu;
constexpr uint64_t NEVER = ~uint64_t{0};
constexpr uint32_t JUNK = 0xa5a5a5a5u;
constexpr uint64_t WATCH_INTERVAL = 1 << 16;
constexpr size_t MOST_LINES = 1000;

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

// ---- streams -------------------------------------------------------------------------------

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

// ---- AXI4-Lite -----------------------------------------------------------------------------

struct Offer {
    bool due = false, offered = false;
    Stall stall;
    bool drive(bool quiet) {
        if (quiet) offered = false;
        else if (due && !offered) offered = !stall.now();
        return offered;
    }
    void sample(bool is_ready) { if (offered && is_ready) due = offered = false; }
    void restart() { due = offered = false; }
};

struct Answer {
    bool due = false, is_ready = false, holding = false;
    bool fell = false, changed = false, unasked = false;
    uint64_t held = 0;
    Stall stall;
    bool drive(bool quiet) { return is_ready = due && !quiet && !stall.now(); }
    bool sample(bool valid, uint64_t payload, bool asked) {
        asked = asked && due;
        const bool taken = valid && asked && is_ready;
        fell = holding && !valid;
        changed = valid && holding && held != payload;
        unasked = valid && !asked;
        holding = valid && asked && !taken;
        held = payload;
        if (taken) due = false;
        return taken;
    }
    void restart() { due = is_ready = holding = false; }
};

struct Operation {
    uint32_t kind, a, b, c;
};

struct Control {
    Bus awaddr, wdata, wstrb, bresp, araddr, rdata, rresp;
    Pin awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
    Offer aw, w, ar;
    Answer b, r;
    Operation operation{IDLE, 0, 0, 0};
    bool has_polled = false, finished = false;
    uint32_t polled = 0, data = 0, response = 0;

    void read(Reader& in, const FerrogridPort* ports) {
        awaddr.connect(ports[in.word()]);
        awvalid.connect(ports[in.word()]);
        awready.connect(ports[in.word()]);
        wdata.connect(ports[in.word()]);
        wstrb.connect(ports[in.word()]);
        wvalid.connect(ports[in.word()]);
        wready.connect(ports[in.word()]);
        bresp.connect(ports[in.word()]);
        bvalid.connect(ports[in.word()]);
        bready.connect(ports[in.word()]);
        araddr.connect(ports[in.word()]);
        arvalid.connect(ports[in.word()]);
        arready.connect(ports[in.word()]);
        rdata.connect(ports[in.word()]);
        rresp.connect(ports[in.word()]);
        rvalid.connect(ports[in.word()]);
        rready.connect(ports[in.word()]);
        aw.stall.read(in);
        w.stall.read(in);
        b.stall.read(in);
        ar.stall.read(in);
        r.stall.read(in);
    }

    void restart() {
        aw.restart();
        w.restart();
        ar.restart();
        b.restart();
        r.restart();
        operation = Operation{IDLE, 0, 0, 0};
        has_polled = finished = false;
    }

    void next() {
        aw.stall.next();
        w.stall.next();
        ar.stall.next();
        b.stall.next();
        r.stall.next();
    }

    void begin(const Operation& next) {
        has_polled = finished = false;
        operation = next;
        if (next.kind == WRITE) aw.due = w.due = b.due = true;
        if (next.kind == READ || next.kind == POLL) ar.due = r.due = true;
        if (next.kind == RESET) b.holding = r.holding = false;
    }

    void drive(bool quiet) {
        bool valid = aw.drive(quiet);
        awvalid.set(valid);
        awaddr.set_word(valid ? operation.a : JUNK);
        valid = w.drive(quiet);
        wvalid.set(valid);
        wdata.set_word(valid ? operation.b : JUNK);
        wstrb.set_word(valid ? operation.c : JUNK);
        bready.set(b.drive(quiet));
        valid = ar.drive(quiet);
        arvalid.set(valid);
        araddr.set_word(valid ? operation.a : JUNK);
        rready.set(r.drive(quiet));
    }

    void sample() {
        const uint32_t write_response = bresp.word();
        if (b.sample(bvalid.get(), write_response, !aw.due && !w.due)) {
            finished = true;
            data = 0;
            response = write_response;
        }
        const uint32_t word = rdata.word(), read_response = rresp.word();
        const bool taken =
            r.sample(rvalid.get(), uint64_t{read_response} << 32 | word, !ar.due);
        aw.sample(awready.get());
        w.sample(wready.get());
        ar.sample(arready.get());
        if (!taken) return;
        if (operation.kind == POLL && (word & operation.b) != operation.c) {
            has_polled = true;
            polled = word;
            ar.due = r.due = true;
        } else {
            finished = true;
            data = word;
            response = read_response;
        }
    }
};

// ---- the run -------------------------------------------------------------------------------

struct Run {
    std::unique_ptr<FerrogridModel> model;
    uint64_t max_cycles = 0, reset_cycles = 0;
    uint64_t restart_cycle = NEVER, restart_end = NEVER;   // both NEVER: no restart
    uint32_t trailing_cycles = 0;
    Pin interrupt;
    bool has_control = false;
    Control control;
    std::vector<Operation> operations;
    std::vector<Source> sources;
    std::vector<Sink> sinks;

    uint64_t cycle = 0, spent = 0, started = 0;
    uint32_t done = 0, trailing = 0;
    Writer results, failures;
    uint32_t failure_count = 0;
    std::vector<uint64_t> reported;   // a bit for each rule, for each sink and the control port
    std::string text, line;
    std::set<std::string> lines;

    explicit Run(const uint32_t* plan, const char* vcd) : model(ferrogrid_make(vcd)) {
        const FerrogridPort* ports = model->ports;
        Reader in{plan};
        max_cycles = in.wide();
        reset_cycles = in.word();
        restart_cycle = in.wide();
        restart_end = in.wide();
        trailing_cycles = in.word();
        if (const uint32_t port = in.word(); port != NONE) interrupt.connect(ports[port]);
        has_control = in.word();
        if (has_control) control.read(in, ports);
        operations.resize(in.word());
        for (Operation& operation : operations) {
            operation.kind = in.word();
            operation.a = in.word();
            operation.b = in.word();
            operation.c = in.word();
        }
        sources.resize(in.word());
        for (Source& source : sources) source.read(in, ports);
        sinks.resize(in.word());
        for (Sink& sink : sinks) sink.read(in, ports);
        reported.resize(sinks.size() + 1);
        restart();
    }

    void restart() {
        for (Source& source : sources) source.restart();
        for (Sink& sink : sinks) sink.restart();
        control.restart();
        results.words.clear();
        done = 0;
        spent = 0;
        trailing = trailing_cycles;
    }

    void fail(uint32_t rule, uint32_t sink) {
        const uint64_t bit = uint64_t{1} << rule;
        uint64_t& seen = reported[rule <= PAYLOAD ? sink : sinks.size()];
        if (seen & bit) return;
        seen |= bit;
        ++failure_count;
        failures.word(rule);
        failures.word(sink);
        failures.wide(cycle);
    }

    void printed(const char* more) {
        line += more;
        for (size_t end; (end = line.find('\n')) != std::string::npos; line.erase(0, end + 1)) {
            const std::string whole = line.substr(0, end);
            if (lines.size() < MOST_LINES && lines.insert(whole).second)
                text += std::to_string(cycle) + " " + whole + "\n";
        }
    }

    void begin(const Operation& operation) {
        if (operation.kind == RESET) {
            for (Source& source : sources) source.reset();
            for (Sink& sink : sinks) sink.holding = false;
        }
        if (has_control) control.begin(operation);
    }

    void sample() {
        for (Source& source : sources) source.sample(cycle);
        for (size_t i = 0; i < sinks.size(); ++i) {
            const uint32_t rule = sinks[i].sample(cycle);
            if (rule != RULES) fail(rule, uint32_t(i));
        }
        if (!has_control) return;
        control.sample();
        if (control.b.fell) fail(WRITE_RESPONSE_VALID, 0);
        if (control.b.changed) fail(WRITE_RESPONSE, 0);
        if (control.b.unasked) fail(WRITE_RESPONSE_UNASKED, 0);
        if (control.r.fell) fail(READ_VALID, 0);
        if (control.r.changed) fail(READ_DATA, 0);
        if (control.r.unasked) fail(READ_UNASKED, 0);
    }

    bool advance_trailing() {
        for (const Source& source : sources) if (!source.done()) return true;
        for (const Sink& sink : sinks) if (!sink.done()) return true;
        if (trailing == 0) return false;
        --trailing;
        return true;
    }

    bool advance() {
        if (done >= operations.size()) return advance_trailing();
        ++spent;
        const Operation& operation = operations[done];
        bool finished = false;
        uint32_t data = 0, response = 0;
        switch (operation.kind) {
        case WRITE: case READ: case POLL:
            finished = control.finished;
            data = control.data;
            response = control.response;
            control.finished = false;
            break;
        case WAIT_INTERRUPT: finished = interrupt.get(); break;
        case WAIT_PACKETS: finished = sinks[operation.a].packets >= operation.b; break;
        default: finished = spent >= operation.a;
        }
        if (finished) {
            results.word(data);
            results.word(response);
            results.wide(started);
            results.wide(cycle);
            ++done;
            spent = 0;
        }
        return done < operations.size() || advance_trailing();
    }

    // One cycle; false when the run is over with it.
    bool step() {
        if (cycle == restart_cycle) restart();
        const bool held =
            cycle < reset_cycles || (cycle >= restart_cycle && cycle < restart_end);
        const bool operating = !held && done < operations.size();
        const bool quiet = held || (operating && operations[done].kind == RESET);
        if (!held && spent == 0) {
            started = cycle;
            if (operating) begin(operations[done]);
        }

        if (model->reset) *model->reset = quiet == (model->reset_asserted != 0);
        for (Source& source : sources) source.drive(done, quiet);
        for (Sink& sink : sinks) sink.drive(quiet);
        if (has_control) control.drive(quiet);
        if (model->clock) *model->clock = 0;
        model->eval();
        model->dump(10 * cycle);

        if (!quiet) sample();
        const bool more = held || advance();

        if (model->clock) {
            *model->clock = 1;
            model->eval();
            model->dump(10 * cycle + 5);
        }
        for (Source& source : sources) source.stall.next();
        for (Sink& sink : sinks) sink.stall.next();
        if (has_control) control.next();
        return more;
    }

    void write(Writer& out, bool finished) const {
        out.word(finished);
        out.wide(cycle);
        out.word(done);
        out.words.insert(out.words.end(), results.words.begin(), results.words.end());
        out.word(control.has_polled);
        out.word(control.polled);
        for (const Source& source : sources) source.write(out);
        for (const Sink& sink : sinks) sink.write(out);
        out.word(failure_count);
        out.words.insert(out.words.end(), failures.words.begin(), failures.words.end());
    }
};

struct Result {
    Writer out;
    std::string text;
};

thread_local Run* current = nullptr;

}  // namespace

void ferrogrid_printed(const char* text) {
    if (current) current->printed(text);
}

#define EXPORT extern "C" __attribute__((visibility("default")))

// 0: ran to its end or to the last cycle, 1: cancelled by `watch`, 2: gave up, see the text.
EXPORT int32_t ferrogrid_run(const uint32_t* plan, const char* vcd,
                             int32_t (*watch)(void*, uint64_t), void* context, Result** result) {
    Result* const answer = *result = new Result;
    try {
        Run run(plan, vcd);
        struct Current {
            explicit Current(Run* run) { current = run; }
            ~Current() { current = nullptr; }
        } guard(&run);
        bool more = true;
        while (more && run.cycle < run.max_cycles) {
            more = run.step();
            ++run.cycle;
            if (more && run.cycle % WATCH_INTERVAL == 0 && watch(context, run.cycle)) {
                answer->out.wide(run.cycle);
                return 1;
            }
        }
        run.write(answer->out, !more);
        answer->text = run.text;
        return 0;
    } catch (const std::exception& problem) {
        answer->text = problem.what();
        return 2;
    }
}

EXPORT const uint32_t* ferrogrid_words(const Result* result, uint64_t* count) {
    *count = result->out.words.size();
    return result->out.words.data();
}

EXPORT const char* ferrogrid_text(const Result* result, uint64_t* count) {
    *count = result->text.size();
    return result->text.data();
}

EXPORT void ferrogrid_free(Result* result) { delete result; }
