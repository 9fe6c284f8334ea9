// The style that the project's pages share, for light and dark screens.
#pragma once

#include <string_view>

namespace holdfast::checkers {

inline constexpr std::string_view kPageStyle = R"css(
:root { color-scheme: light dark;
  --page: #fff; --text: #1d2329; --soft: #66707a; --line: #d9dee3; --panel: #f5f7f9;
  --good: #1a7f45; --bad: #c0392b; --unsure: #a86a00;
  --ok: #6ea8dc; --info: #e0a53a; --fail: #c0392b; --hints: #8e5bb5; --fault: #c98b82; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14181c; --text: #dfe4e8; --soft: #93a0ab; --line: #333b43; --panel: #1c2228;
  --good: #57c785; --bad: #f0776a; --unsure: #e3b341;
  --ok: #3f78ad; --info: #b98325; --fail: #e0574a; --hints: #b68ad6; --fault: #8f554d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1040px; padding: 28px 24px 60px; background: var(--page);
  color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 34px 0 10px; }
h3 { font-size: 15px; margin: 18px 0 6px; } h4 { font-size: 14px; margin: 6px 0; font-weight: 500; }
ul { margin: 4px 0; padding-left: 20px; } p { margin: 6px 0; } .soft { color: var(--soft); }
code { font: 13px/1.5 ui-monospace, monospace; background: var(--panel); padding: 2px 5px;
  border-radius: 4px; overflow-wrap: anywhere; }
.verdict { display: inline-block; padding: 1px 9px; border-radius: 4px; font-weight: 600;
  border: 1px solid currentColor; margin-right: 8px; }
.valid { color: var(--good); } .invalid { color: var(--bad); } .unknown { color: var(--unsure); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } th { color: var(--soft); font-weight: 500; }
.number { text-align: right; }
.example { border-left: 3px solid var(--line); padding: 4px 0 4px 12px; margin: 8px 0; }
.example.bad { border-color: var(--bad); } .example .kind { font-weight: 600; }
details { margin: 8px 0; } summary { cursor: pointer; }
.key { font-size: 13px; color: var(--soft); } .key i { display: inline-block; width: 10px;
  height: 10px; border-radius: 2px; margin: 0 5px 0 14px; }
)css";

}  // namespace holdfast::checkers
