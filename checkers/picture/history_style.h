// The style and the elements of a history's picture.
#pragma once

#include <string_view>

namespace holdfast::checkers {

inline constexpr std::string_view kHistoryStyle = R"css(
body { max-width: 1400px; } [hidden] { display: none !important; }
h1 { overflow-wrap: anywhere; }
.bar { display: flex; flex-wrap: wrap; gap: 6px 8px; align-items: center; margin: 12px 0 8px; }
button, input, select { font: inherit; color: var(--text); background: var(--panel);
  border: 1px solid var(--line); border-radius: 4px; padding: 3px 9px; min-height: 32px; }
button { cursor: pointer; } button:disabled { opacity: .45; cursor: default; }
button:focus-visible, input:focus-visible, select:focus-visible, canvas:focus-visible {
  outline: 2px solid var(--ok); outline-offset: 1px; }
input { flex: 1 1 120px; min-width: 90px; max-width: 260px; }
label.only { display: flex; gap: 5px; align-items: center; }
label.only input { flex: none; min-width: 0; min-height: 0; }
.group { display: flex; gap: 4px; align-items: center; }
canvas { display: block; width: 100%; background: var(--panel); border-radius: 6px; }
#whole { height: 40px; margin-bottom: 6px; cursor: pointer; touch-action: none; }
#picture { cursor: grab; touch-action: none; }
#chosen { min-height: 3em; margin: 8px 0; overflow-wrap: anywhere; }
.key { line-height: 2; } .key span { white-space: nowrap; margin-right: 12px; }
.key i { margin-left: 0; width: 16px; vertical-align: -1px; }
.key .ok { background: var(--ok); } .key .read { background: var(--ok); opacity: .5; }
.key .info { background: linear-gradient(90deg, var(--info), transparent); }
.key .fail { border: 1.5px dashed var(--fail); }
.key .anomaly { border: 2px solid var(--bad); }
.key .fault { background: var(--fault); opacity: .4; }
.example li { overflow-wrap: anywhere; }
@media (max-width: 600px) { body { padding: 16px 12px 40px; } h1 { font-size: 18px; } }
)css";

inline constexpr std::string_view kHistoryBody = R"html(
<noscript><p>The picture needs JavaScript. The verdict and its evidence stand below.</p></noscript>
<div class="bar" role="group" aria-label="What the picture shows">
<span class="group"><button type="button" id="all" title="Home">Whole</button>
<button type="button" id="closer" aria-label="Closer" title="+">+</button>
<button type="button" id="wider" aria-label="Wider" title="-">&minus;</button>
<button type="button" id="earlier" aria-label="Earlier">&larr;</button>
<button type="button" id="later" aria-label="Later">&rarr;</button></span>
<span class="group" id="anomalies"><button type="button" id="before"
aria-label="Anomaly before">&lsaquo;</button><span id="which"></span><button type="button" id="next"
aria-label="Next anomaly" title="n">&rsaquo;</button></span>
<input id="search" type="search" placeholder="Search" title="/"
aria-label="Search operations: a value, an action, process 3, key x"><span id="found" class="soft"
aria-live="polite"></span>
<label class="only" id="only"><input type="checkbox"> one key only</label>
</div>
<canvas id="whole" aria-hidden="true"></canvas>
<canvas id="picture" tabindex="0" role="application"
aria-label="Operations by process and time. Arrow keys go from operation to operation, plus and
minus zoom, Home shows the whole, n the next anomaly. The chosen operation is described below."
aria-describedby="chosen"></canvas>
<div id="chosen" role="status" aria-live="polite" class="soft">Choose an operation: click on it, or
use the arrow keys. Drag to move; turn the wheel, pinch or press + and - to zoom; Home shows the
whole, n the next anomaly, / searches.</div>
<p class="key"><span><i class="ok"></i>it happened</span> <span><i class="read"></i>a read</span>
<span><i class="info"></i>unknown: from here on, or never</span>
<span><i class="fail"></i>it did not happen</span>
<span><i class="anomaly"></i>part of an anomaly</span>
<span id="faultkey"><i class="fault"></i>nemesis</span></p>
<details id="list"><summary>Operations in view, as a table</summary><p class="soft" id="listed"></p>
<div class="scroll"><table><thead><tr><th>Operation</th><th>Key</th><th>Process</th><th>Called</th>
<th>Returned</th><th>Outcome</th></tr></thead><tbody></tbody></table></div></details>
)html";

}  // namespace holdfast::checkers
