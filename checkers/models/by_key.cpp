#include <algorithm>
#include <iterator>

#include "checkers/models/judgement.h"

namespace holdfast::checkers {
namespace {

void add(Judgement& sum, Judgement&& one) {
  sum.checker = one.checker;
  sum.verdict = worst(sum.verdict, one.verdict);
  for (auto& one_count : one.counts) {
    const auto known = std::find_if(sum.counts.begin(), sum.counts.end(), [&](const auto& count) {
      return count.first == one_count.first;
    });
    if (known == sum.counts.end()) {
      sum.counts.push_back(one_count);
    } else {
      known->second += one_count.second;
    }
  }
  std::move(one.findings.begin(), one.findings.end(), std::back_inserter(sum.findings));
  sum.findings.resize(std::min(sum.findings.size(), Judgement::kMostFindings));
  for (std::string& note : one.notes) {
    if (std::find(sum.notes.begin(), sum.notes.end(), note) == sum.notes.end()) {
      sum.notes.push_back(std::move(note));
    }
  }
}

}  // namespace

Judgement judge_by_key(const Trace& trace,
                       Judgement (*judge)(const Trace& trace, std::span<const std::uint32_t> ops)) {
  const Grouped<std::uint32_t> by_key = ops_by_key(trace);
  if (by_key.groups() == 1) return judge(trace, by_key.of(0));
  Judgement sum;
  for (std::uint32_t key = 0; key < by_key.groups(); ++key) {
    add(sum, judge(trace, by_key.of(key)));
  }
  return sum;
}

void unknown_if_none(Judgement& judgement, std::string_view count, const char* why) {
  for (const auto& [name, number] : judgement.counts) {
    if (name == count && number > 0) return;
  }
  if (judgement.verdict == Verdict::valid) {
    judgement.unknown(std::string("there is nothing to judge: ") + why);
  }
}

}  // namespace holdfast::checkers
