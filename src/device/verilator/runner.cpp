// The cycle loop around a compiled model. A scenario comes in as one array of 32-bit words
// (encoded by encode.rs), the result goes out as another (decoded by decode.rs).
//
// What is driven and sampled when is defined by src/device/engine; this is the same in C++.
#include "axi_lite.h"
#include "streams.h"
#include <memory>
#include <set>
#include <string>

namespace {

constexpr uint64_t WATCH_INTERVAL = 1 << 16;
constexpr size_t MOST_LINES = 1000;

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
    bool ended = false;               // what is printed from now on is kept, whatever was before

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
            if (ended || (lines.size() < MOST_LINES && lines.insert(whole).second))
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
        run.ended = true;
        run.model->finish();
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
