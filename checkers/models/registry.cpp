#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "checkers/models/judgement.h"

namespace holdfast::checkers {
namespace {

constexpr std::array<TraceChecker, 10> kCheckers = {{
    {"linearizable", "every operation took effect at one moment between its call and its return",
     "orders across keys; operations that nobody read",
     "near-linear for unique values and grow-only sets; else exponential in what is in flight, "
     "within limits",
     "Herlihy and Wing 1990; Gibbons and Korach 1997; Lowe 2017; Horn and Kroening 2015",
     judge_linearizable},
    {"sessions",
     "each process reads its own writes, reads and writes monotonically, and writes behind what it "
     "read, on each key; and who saw one of its writes sees nothing older than what came before "
     "it, "
     "on any key",
     "what follows only over three or more processes (see causal); replies without versions",
     "linear on each key; across keys operations times processes, at most n^1.5",
     "Terry and others 1994", judge_sessions},
    {"staleness", "no read returned less than what had been acknowledged before it began",
     "reads and writes without versions; writes of unknown outcome", "n log n",
     "Bailis and others 2012 (PBS); Golab, Li and Shah 2011 (delta-atomicity)", judge_staleness},
    {"sequential", "one order of all operations explains every process, real time aside",
     "replies without versions", "linear, given the order of versions",
     "Lamport 1979; Gibbons and Korach 1997", judge_sequential},
    {"causal", "no read returned less than what its process could know of",
     "replies without versions", "operations times processes",
     "Bouajjani and others 2017 (causal convergence)", judge_causal},
    {"set", "the last read has every acknowledged element, and only attempted ones",
     "when an element was there in between", "linear", "Jepsen's set", judge_set},
    {"set-full", "no element that was known to be there is missing from the later reads",
     "elements lost and found again before the last read (they count as stale)",
     "reads times elements", "Jepsen's set-full", judge_set_full},
    {"counter", "each read lies between what had been added and what could have been",
     "two reads that contradict each other within their bounds", "n log n", "Jepsen's counter",
     judge_counter},
    {"total-queue", "every acknowledged element was dequeued, and nothing else",
     "order; whether the queue was drained to the end", "linear", "Jepsen's total-queue",
     judge_total_queue},
    {"unique-ids", "no id was given twice", "ids that were never acknowledged", "linear",
     "Jepsen's unique-ids", judge_unique_ids},
}};

}  // namespace

std::span<const TraceChecker> all_trace_checkers() { return kCheckers; }

const TraceChecker* find_trace_checker(std::string_view name) {
  for (const TraceChecker& checker : kCheckers) {
    if (checker.name == name) return &checker;
  }
  return nullptr;
}

std::vector<const TraceChecker*> fitting_checkers(const Trace& trace) {
  std::array<bool, kActions> seen{};
  for (const Op& op : trace.ops) seen[static_cast<std::size_t>(op.action)] = true;
  const auto has = [&](Action action) { return seen[static_cast<std::size_t>(action)]; };
  std::vector<const TraceChecker*> fitting;
  const auto add = [&](std::string_view name) { fitting.push_back(find_trace_checker(name)); };
  if (has(Action::generate)) add("unique-ids");
  const bool late = trace.has_final_reads && has(Action::add);
  const bool lists = late && std::any_of(trace.ops.begin(), trace.ops.end(), [](const Op& op) {
                       return op.action == Action::read && op.output.is_list();
                     });
  if (has(Action::broadcast) || lists) add("set-full");
  if (late && !lists) add("counter");
  if (has(Action::enqueue) && has(Action::drain)) add("total-queue");
  if (fitting.empty()) add("linearizable");
  if (!trace.versions.empty()) {
    add("sessions");
    add("staleness");
  }
  return fitting;
}

std::string checkers_as_markdown() {
  std::string out =
      "| checker | valid means | cannot see | cost | source |\n| --- | --- | --- | --- | --- |\n";
  for (const TraceChecker& checker : kCheckers) {
    out += "| `" + std::string(checker.name) + "` | " + std::string(checker.means) + " | " +
           std::string(checker.blind) + " | " + std::string(checker.cost) + " | " +
           std::string(checker.source) + " |\n";
  }
  return out;
}

std::string models_as_markdown() {
  std::string out = "| model | what it is |\n| --- | --- |\n";
  for (const ModelEntry& model : all_models()) {
    out += "| `" + std::string(model.name) + "` | " + std::string(model.help) + " |\n";
  }
  return out;
}

Judgement judge_linearizable(const Trace& trace, const LinearOptions& options) {
  Judgement judgement;
  judgement.checker = "linearizable";
  for (std::size_t i = 0; i < trace.ops.size(); ++i) {
    if (knows(options.model.kind, trace.ops[i].action)) continue;
    judgement.unknown("the model " + std::string(name_of(options.model.kind)) +
                      " has no operation " + std::string(name_of(trace.ops[i].action)));
    return judgement;
  }
  // An acknowledged write is judged as well: it has to find a place in the order. What nobody
  // acknowledged, nothing is known of.
  const bool judges_any = std::any_of(trace.ops.begin(), trace.ops.end(),
                                      [](const Op& op) { return op.outcome == Outcome::ok; });
  if (!judges_any) {
    judgement.unknown("there is nothing to judge: no operation succeeded");
    return judgement;
  }
  LinearResult result = check_linearizable(trace, options);
  judgement.verdict = result.verdict;
  judgement.count("operations", result.operations);
  judgement.count("keys", trace.keys.size());
  judgement.count("invalid_keys", result.invalid_keys);
  judgement.count("unknown_keys", result.unknown_keys);
  judgement.count("explored", result.explored);
  for (auto& [key, found] : result.violations) {
    Finding finding{found.violation.kind,
                    found.violation.text,
                    found.violation.ops,
                    {},
                    found.violation.smallest};
    if (!found.violation.agreed.empty()) {
      finding.details.push_back("the last state that every explanation agrees on: " +
                                found.violation.agreed);
    }
    for (const std::string& end : found.violation.dead_ends) {
      finding.details.push_back("but if " + end);
    }
    judgement.findings.push_back(std::move(finding));
  }
  for (const auto& [key, found] : result.unknowns) {
    const std::string& name = trace.keys[key];
    judgement.notes.push_back((name.empty() ? "" : "key \"" + name + "\": ") + found.reason +
                              "; linearizable up to " + point_text(trace, found.proven_until));
  }
  return judgement;
}

}  // namespace holdfast::checkers
