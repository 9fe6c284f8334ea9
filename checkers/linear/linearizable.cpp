#include "checkers/linear/linearizable.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "checkers/linear/list_order.h"
#include "checkers/linear/model_search.h"
#include "checkers/linear/overwritten.h"
#include "checkers/linear/register_search.h"
#include "checkers/linear/set_blocks.h"
#include "checkers/linear/smallest.h"
#include "checkers/linear/zones.h"
#include "checkers/trace/parallel.h"

namespace holdfast::checkers {
namespace {

KeyResult from_search(SearchResult&& found, Algorithm algorithm) {
  KeyResult result;
  result.algorithm = algorithm;
  result.explored = found.explored;
  switch (found.verdict) {
    case SearchVerdict::valid:
      break;
    case SearchVerdict::invalid:
      result.verdict = Verdict::invalid;
      result.violation = std::move(found.violation);
      break;
    case SearchVerdict::unknown:
      result.verdict = Verdict::unknown;
      result.reason = std::move(found.reason);
      result.proven_until = found.proven_until;
  }
  return result;
}

KeyResult invalid_by(Algorithm algorithm, Violation&& violation) {
  KeyResult result;
  result.verdict = Verdict::invalid;
  result.algorithm = algorithm;
  result.violation = std::move(violation);
  return result;
}

KeyResult decided_by(Algorithm algorithm) {
  KeyResult result;
  result.algorithm = algorithm;
  return result;
}

KeyResult not_fit(Algorithm algorithm) {
  KeyResult result;
  result.verdict = Verdict::unknown;
  result.algorithm = algorithm;
  result.reason = "the algorithm does not fit this history";
  return result;
}

bool may_use(const LinearOptions& options, Algorithm algorithm) {
  return options.algorithm == Algorithm::automatic || options.algorithm == algorithm;
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
  constexpr std::array<std::string_view, kAlgorithms> kNames = {
      "automatic", "zones", "set-blocks", "list-order", "search", "model"};
  return kNames[static_cast<std::size_t>(algorithm)];
}

KeyResult check_key(const Trace& trace, std::span<const Item> items, const LinearOptions& options) {
  const ModelKind kind = options.model.kind;
  if (kind == ModelKind::reg && may_use(options, Algorithm::zones)) {
    ZoneResult zones = check_zones(trace, items, options.model);
    if (zones.verdict == ZoneVerdict::valid) return decided_by(Algorithm::zones);
    if (zones.verdict == ZoneVerdict::invalid) {
      return invalid_by(Algorithm::zones, std::move(zones.violation));
    }
    if (options.algorithm == Algorithm::zones) return not_fit(Algorithm::zones);
  }
  if (kind == ModelKind::set && may_use(options, Algorithm::set_blocks)) {
    BlockResult blocks = check_set_blocks(trace, items);
    if (blocks.verdict == BlockVerdict::valid) return decided_by(Algorithm::set_blocks);
    if (blocks.verdict == BlockVerdict::invalid) {
      return invalid_by(Algorithm::set_blocks, std::move(blocks.violation));
    }
    if (options.algorithm == Algorithm::set_blocks) return not_fit(Algorithm::set_blocks);
  }
  if (kind == ModelKind::list_append && may_use(options, Algorithm::list_order)) {
    ListResult list = check_list_order(trace, items);
    if (list.verdict == ListVerdict::valid) return decided_by(Algorithm::list_order);
    if (list.verdict == ListVerdict::invalid) {
      return invalid_by(Algorithm::list_order, std::move(list.violation));
    }
    if (options.algorithm == Algorithm::list_order) return not_fit(Algorithm::list_order);
  }
  if (kind == ModelKind::reg && may_use(options, Algorithm::search)) {
    if (options.algorithm == Algorithm::automatic) {
      if (auto overwritten = find_overwritten(trace, items, options.model)) {
        return invalid_by(Algorithm::search, std::move(*overwritten));
      }
    }
    return from_search(search_register(trace, items, options.model, options.limits),
                       Algorithm::search);
  }
  const std::unique_ptr<SequentialModel> made = make_sequential(options.model, trace);
  const SequentialModel& model = kind == ModelKind::own ? *options.model.own : *made;
  return from_search(search_model(trace, items, model, options.limits), Algorithm::model);
}

LinearResult check_linearizable(const Trace& trace, const LinearOptions& options) {
  const Grouped<Item> keyed = keyed_ops(trace, options.model, options.threads);
  std::vector<std::unique_ptr<KeyResult>> bad(keyed.groups());
  std::vector<Algorithm> algorithms(keyed.groups());
  std::vector<std::uint64_t> explored(keyed.groups());
  for_each_in_parallel(keyed.groups(), options.threads, [&](std::size_t key) {
    KeyResult found = check_key(trace, keyed.of(static_cast<std::uint32_t>(key)), options);
    algorithms[key] = found.algorithm;
    explored[key] = found.explored;
    if (found.verdict != Verdict::valid) bad[key] = std::make_unique<KeyResult>(std::move(found));
  });
  LinearResult result;
  for (std::uint32_t key = 0; key < keyed.groups(); ++key) {
    const std::span<const Item> items = keyed.of(key);
    result.operations += items.size();
    result.explored += explored[key];
    ++result.keys_by_algorithm[static_cast<std::size_t>(algorithms[key])];
    if (bad[key] == nullptr) {
      ++result.valid_keys;
      continue;
    }
    const bool invalid = bad[key]->verdict == Verdict::invalid;
    ++(invalid ? result.invalid_keys : result.unknown_keys);
    result.verdict = worst(result.verdict, bad[key]->verdict);
    auto& list = invalid ? result.violations : result.unknowns;
    if (list.size() >= options.most_violations) continue;
    // A part of a list's history is no history of that list: its reads have what is left out.
    if (invalid && options.model.kind != ModelKind::list_append) {
      make_smallest(trace, items, options, bad[key]->violation);
    }
    list.push_back({key, std::move(*bad[key])});
  }
  return result;
}

}  // namespace holdfast::checkers
