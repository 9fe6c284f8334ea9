// What the style of report.html has beyond that of all pages.
#pragma once

#include <string_view>

namespace holdfast::report {

inline constexpr std::string_view kHtmlStyle = R"css(
.tables { display: flex; flex-wrap: wrap; gap: 8px 44px; align-items: flex-start; }
.values { display: flex; flex-wrap: wrap; gap: 1px 18px; }
.values b { font-weight: 600; } .values span { white-space: nowrap; }
.values .zero, .values .zero b { color: var(--soft); font-weight: 400; }
svg.timeline { width: 100%; height: auto; background: var(--panel); border-radius: 6px;
  margin-top: 14px; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
svg text.name { fill: var(--text); }
svg .grid { stroke: var(--line); stroke-width: 1; } svg .base { stroke: var(--soft); }
svg .phase { fill: var(--line); opacity: .75; } svg .phase.odd { opacity: .4; }
svg .ok { fill: var(--ok); } svg .info { fill: var(--info); } svg .fail { fill: var(--fail); }
svg .hints { fill: none; stroke: var(--hints); stroke-width: 1.5; }
svg .dot { fill: var(--hints); } svg .shade { fill: var(--fault); opacity: .13; }
svg .fault { fill: var(--fault); }
)css";

}  // namespace holdfast::report
