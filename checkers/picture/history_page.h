// A history as one HTML page that needs nothing else: processes as lanes, operations as bars, the
// nemesis behind them; the anomalies that checkers found are shown first.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "checkers/models/judgement.h"
#include "checkers/trace/trace.h"

namespace holdfast::checkers {

// Whatever the history holds, none of it becomes markup or script.
std::string history_page(const Trace& trace, std::string_view name, Verdict verdict,
                         std::span<const Judgement> judgements);

}  // namespace holdfast::checkers
