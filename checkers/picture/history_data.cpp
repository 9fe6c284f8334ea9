#include "checkers/picture/history_data.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <queue>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "checkers/picture/nemesis_spans.h"

namespace holdfast::checkers {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kLongestText = 160;  // bytes
constexpr std::size_t kMostOwnLanes = 40;

// At most so many bytes, and no part of a character.
std::string shortened(std::string text) {
  if (text.size() <= kLongestText) return text;
  std::size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string text_of(const Trace& trace, const Op& op) {
  std::string text(name_of(op.action));
  const auto put = [&](Datum value) { text += ' ' + trace.data.text(value); };
  switch (op.action) {
    case Action::read:
    case Action::dequeue:
    case Action::drain:
    case Action::generate:
      if (op.outcome == Outcome::ok) put(op.output);
      break;
    case Action::cas:
      put(op.input);
      text += " →";
      put(op.output);
      break;
    case Action::txn:
      put(op.outcome == Outcome::ok ? op.output : op.input);
      break;
    case Action::del:
    case Action::acquire:
    case Action::release:
      break;
    default:
      put(op.input);
  }
  return shortened(std::move(text));
}

// Points of the axis as the picture has them: nanoseconds or places, from the first one on.
class Clock {
 public:
  explicit Clock(const Trace& trace)
      : trace_(trace),
        // Where times contradict the order of the file, the picture shows the order.
        in_ns_(trace.axis == Axis::time_ns ||
               (trace.has_times() && std::ranges::is_sorted(trace.event_ns))) {
    const auto first = [&](std::int64_t point) {
      if (!any_ || point < first_) first_ = point;
      any_ = true;
    };
    for (const Op& op : trace.ops) first(raw(op.call));
    for (const NemesisEvent& event : trace.nemesis) first(raw(event));
  }

  bool in_ns() const { return in_ns_; }
  std::int64_t of(std::int64_t point) const { return raw(point) - first_; }
  std::int64_t of(const NemesisEvent& event) const { return raw(event) - first_; }

 private:
  std::int64_t raw(std::int64_t point) const { return in_ns_ ? trace_.ns(point) : point; }
  std::int64_t raw(const NemesisEvent& event) const {
    if (!in_ns_ || trace_.axis == Axis::time_ns) return event.point;
    if (event.time_ns >= 0) return event.time_ns;
    if (trace_.event_ns.empty()) return 0;
    const auto last = static_cast<std::int64_t>(trace_.event_ns.size()) - 1;
    return trace_.ns(std::min(event.point, last));
  }

  const Trace& trace_;
  const bool in_ns_;
  bool any_ = false;
  std::int64_t first_ = 0;
};

struct Lanes {
  std::vector<std::uint32_t> of_process;
  std::vector<std::string> names;
};

// Each process its own; where they are many, those that never act at the same time share one, as
// the processes of one thread of Jepsen's do.
Lanes lanes_of(const Trace& trace) {
  Lanes lanes;
  const std::size_t count = trace.processes.size();
  if (count <= kMostOwnLanes) {
    lanes.of_process.resize(count);
    std::iota(lanes.of_process.begin(), lanes.of_process.end(), 0U);
    lanes.names = trace.processes;
    return lanes;
  }
  struct Life {
    std::int64_t first = kNever_ns;
    std::int64_t last = 0;
  };
  std::vector<Life> lives(count);
  for (const Op& op : trace.ops) {
    Life& life = lives[op.process];
    life.first = std::min(life.first, op.call);
    life.last = std::max(life.last, op.ret == kNever_ns ? op.call : op.ret);
  }
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return lives[i].first; });
  using Free = std::pair<std::int64_t, std::uint32_t>;  // from when on, which lane
  std::priority_queue<Free, std::vector<Free>, std::greater<>> free;
  lanes.of_process.resize(count);
  std::vector<std::size_t> sharing;
  for (const std::uint32_t process : order) {
    std::uint32_t lane = static_cast<std::uint32_t>(lanes.names.size());
    if (!free.empty() && free.top().first < lives[process].first) {
      lane = free.top().second;
      free.pop();
      ++sharing[lane];
    } else {
      lanes.names.push_back(trace.processes[process]);
      sharing.push_back(0);
    }
    lanes.of_process[process] = lane;
    free.emplace(lives[process].last, lane);
  }
  for (std::size_t i = 0; i < sharing.size(); ++i) {
    if (sharing[i] > 0) lanes.names[i] += " +" + std::to_string(sharing[i]);
  }
  return lanes;
}

// Texts by number: most operations share theirs with others.
class Texts {
 public:
  std::size_t number(std::string text) {
    const auto [at, is_new] = numbers_.try_emplace(std::move(text), all_.size());
    if (is_new) all_.push_back(at->first);
    return at->second;
  }
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
  std::vector<std::string> all_;
};

ordered_json operations(const Trace& trace, const Clock& clock, const Lanes& lanes) {
  ordered_json call = ordered_json::array();
  ordered_json took = ordered_json::array();  // -1: nobody knows whether, and when, it ended
  ordered_json lane = ordered_json::array();
  ordered_json process = ordered_json::array();
  ordered_json key = ordered_json::array();
  ordered_json text = ordered_json::array();
  std::string outcome;
  std::string kind;  // r: it changes nothing; w: it may
  Texts texts;
  for (const Op& op : trace.ops) {
    const std::int64_t at = clock.of(op.call);
    call.push_back(at);
    took.push_back(op.ret == kNever_ns ? -1 : clock.of(op.ret) - at);
    lane.push_back(lanes.of_process[op.process]);
    process.push_back(op.process);
    key.push_back(op.key);
    text.push_back(texts.number(text_of(trace, op)));
    outcome += op.outcome == Outcome::ok ? 'o' : op.outcome == Outcome::fail ? 'f' : 'i';
    kind += op.action == Action::read ? 'r' : 'w';
  }
  return {{"call", std::move(call)}, {"took", std::move(took)},
          {"lane", std::move(lane)}, {"process", std::move(process)},
          {"key", std::move(key)},   {"text", std::move(text)},
          {"outcome", outcome},      {"kind", kind},
          {"texts", texts.all()}};
}

ordered_json anomalies(std::span<const Judgement> judgements) {
  ordered_json all = ordered_json::array();
  for (const Judgement& judgement : judgements) {
    for (const Finding& finding : judgement.findings) {
      all.push_back({{"kind", finding.kind},
                     {"text", finding.text},
                     {"ops", finding.smallest.empty() ? finding.ops : finding.smallest}});
    }
  }
  return all;
}

ordered_json faults(const Trace& trace, const Clock& clock) {
  ordered_json all = ordered_json::array();
  for (const NemesisSpan& span : nemesis_spans(trace.nemesis)) {
    const bool ends = span.last < trace.nemesis.size();
    const NemesisEvent& first = trace.nemesis[span.first];
    std::string text = span.name;
    if (!first.value.is_nil()) text += ' ' + trace.data.text(first.value);
    all.push_back({{"from", clock.of(first)},
                   {"to", ends ? clock.of(trace.nemesis[span.last]) : -1},
                   {"text", shortened(std::move(text))}});
  }
  return all;
}

}  // namespace

std::string history_data(const Trace& trace, std::span<const Judgement> judgements) {
  const Clock clock(trace);
  const Lanes lanes = lanes_of(trace);
  const ordered_json data = {{"in_ns", clock.in_ns()},
                             {"lanes", lanes.names},
                             {"processes", trace.processes},
                             {"keys", trace.keys},
                             {"ops", operations(trace, clock, lanes)},
                             {"anomalies", anomalies(judgements)},
                             {"faults", faults(trace, clock)}};
  std::string json = data.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  // Within JSON "<" stands in strings only.
  std::string safe;
  safe.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace holdfast::checkers
