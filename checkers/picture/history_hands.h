// The second half of the page's script: what hands and keys do, search, and the table of what is in
// view.
#pragma once

#include <string_view>

namespace holdfast::checkers {

inline constexpr std::string_view kHistoryHands = R"js(
// Choosing.
function choose(op, follow) {
  chosen = op;
  byId('chosen').textContent = op < 0 ? '' : describe(op);
  if (op >= 0 && onlyKey >= 0 && !shown(op)) onlyKey = ops.key[op];
  if (op >= 0 && follow) {
    showLane(ops.lane[op]);
    if (start[op] < from || start[op] > to) {
      const half = (to - from) / 2;
      look(start[op] - half, start[op] + half);
    }
  }
  redraw();
}
function lookAt(all) {
  let a = Infinity, b = -Infinity;
  for (const op of all) {
    a = Math.min(a, start[op]);
    b = Math.max(b, start[op] + Math.max(0, ops.took[op]));
  }
  const edge = Math.max((b - a) * 0.25, data.in_ns ? 1000 : 3);
  look(a - edge, b + edge);
}
function showAnomaly(number) {
  const all = data.anomalies.length;
  if (!all) return;
  anomaly = (number + all) % all;
  const one = data.anomalies[anomaly];
  byId('which').textContent = 'anomaly ' + (anomaly + 1) + ' of ' + all;
  if (!one.ops.length) return;
  lookAt(one.ops);
  choose(one.ops[one.ops.length - 1], true);
  byId('chosen').textContent = one.kind + ': ' + one.text;
}
function search(words) {
  const wanted = words.trim().toLowerCase();
  hit.fill(0);
  hits = [];
  if (wanted) {
    const lower = data.ops.texts.map(text => text.toLowerCase());
    const number = /^process (.+)$/.exec(wanted), key = /^key (.+)$/.exec(wanted);
    for (let i = 0; i < count; ++i) {
      const fits = number ? data.processes[ops.process[i]].toLowerCase() === number[1]
        : key ? keyName(i).toLowerCase() === key[1] : lower[ops.text[i]].includes(wanted);
      if (fits) { hit[i] = 1; hits.push(i); }
    }
    hits.sort((a, b) => start[a] - start[b]);
  }
  byId('found').textContent = wanted ? hits.length + ' found' : '';
  redraw();
}
function nextHit(back) {
  if (!hits.length) return;
  const at = chosen >= 0 ? start[chosen] : from;
  let index = hits.indexOf(chosen);
  if (index >= 0) index += back ? -1 : 1;
  else if (back) index = hits.findLastIndex(op => start[op] < at);
  else index = hits.findIndex(op => start[op] >= at);
  index = index < 0 ? (back ? hits.length - 1 : 0) : index % hits.length;
  choose(hits[index], true);
  byId('found').textContent = (index + 1) + ' of ' + hits.length;
}
function near(lane, t) {  // the operation of a lane nearest to a time
  const all = lanes[lane];
  let at = Math.min(firstIn(all, t), all.length - 1);
  if (at > 0 && t - end[all[at - 1]] < start[all[at]] - t) --at;
  return all.length ? all[at] : -1;
}
function step(along, across) {
  if (chosen < 0) {
    let first = -1;
    for (let i = firstLane; i < lanes.length && first < 0; ++i) first = near(i, (from + to) / 2);
    return choose(first, true);
  }
  const lane = ops.lane[chosen];
  if (along) {
    const at = place[chosen] + along;
    if (lanes[lane][at] !== undefined) choose(lanes[lane][at], true);
    return;
  }
  for (let other = lane + across; other >= 0 && other < lanes.length; other += across) {
    const op = near(other, start[chosen]);
    if (op >= 0) return choose(op, true);
  }
}

// The same in words.
const list = byId('list');
function fillList() {
  if (!list.open) return;
  const body = list.querySelector('tbody'), most = 200, inView = [];
  for (const lane of lanes) {
    let n = 0;
    for (let at = firstIn(lane, from); n < most && start[lane[at]] <= to; ++at)
      if (shown(lane[at])) { inView.push(lane[at]); ++n; }
  }
  inView.sort((a, b) => start[a] - start[b]);
  byId('listed').textContent = inView.length > most
    ? 'The first ' + most + ' of those in view; zoom for others.' : '';
  body.replaceChildren(...inView.slice(0, most).map(op => {
    const row = document.createElement('tr');
    for (const text of [textOf(op), keyName(op), data.processes[ops.process[op]], time(start[op]),
                        ops.took[op] < 0 ? '-' : time(start[op] + ops.took[op]),
                        outcomes[ops.outcome[op]].split(':')[0] +
                        (marked[op] ? ', part of an anomaly' : '')])
      row.appendChild(document.createElement('td')).textContent = text;
    return row;
  }));
}
list.addEventListener('toggle', fillList);

// What hands do.
function operationAt(px, py) {
  const lane = firstLane + Math.floor((py - top) / laneHeight);
  if (py < top || lane >= lanes.length || px < gutter) return -1;
  const t = from + (px - gutter) / scale(), slack = 4 / scale();
  let best = -1;
  for (let at = firstIn(lanes[lane], t - slack); at < lanes[lane].length; ++at) {
    const op = lanes[lane][at];
    if (start[op] > t + slack) break;
    if (shown(op) && (best < 0 || marked[op] || start[op] <= t)) best = op;
  }
  return best;
}
const fingers = new Map();
let moved = 0, carried = 0;
const spot = event => {
  const box = canvas.getBoundingClientRect();
  return {x: event.clientX - box.left, y: event.clientY - box.top};
};
canvas.addEventListener('pointerdown', event => {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, spot(event));
  moved = carried = 0;
});
canvas.addEventListener('pointermove', event => {
  const before = fingers.get(event.pointerId), now = spot(event);
  if (!before) {
    const op = operationAt(now.x, now.y);
    canvas.title = op < 0 ? '' : describe(op);
    return;
  }
  const other = [...fingers].find(([id]) => id !== event.pointerId);
  fingers.set(event.pointerId, now);
  moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
  if (other) {
    const gap = point => Math.max(20, Math.abs(point.x - other[1].x));
    return zoom(gap(before) / gap(now), from + ((now.x + other[1].x) / 2 - gutter) / scale());
  }
  if (moved < 4) return;
  const shift = (before.x - now.x) / scale();
  carried += before.y - now.y;
  const rowsMoved = Math.trunc(carried / laneHeight);
  carried -= rowsMoved * laneHeight;
  firstLane += rowsMoved;
  look(from + shift, to + shift);
});
for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, event => {
  const at = fingers.get(event.pointerId);
  fingers.delete(event.pointerId);
  if (!at || moved >= 4 || name !== 'pointerup') return;
  const op = operationAt(at.x, at.y);
  if (op >= 0) choose(op, false);
});
canvas.addEventListener('wheel', event => {
  event.preventDefault();
  const unit = event.deltaMode ? 30 : 1;
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
    return move((event.deltaX || event.deltaY) * unit / width);
  zoom(Math.exp(Math.max(-300, Math.min(300, event.deltaY * unit)) / 500),
       from + Math.max(0, spot(event).x - gutter) / scale());
}, {passive: false});
function jump(event) {
  if (!event.buttons) return;
  const box = whole.getBoundingClientRect(), half = (to - from) / 2;
  const t = (event.clientX - box.left) / box.width * last * 1.02;
  look(t - half, t + half);
}
for (const name of ['pointerdown', 'pointermove']) whole.addEventListener(name, jump);

const keys = {
  ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0), ArrowUp: () => step(0, -1),
  ArrowDown: () => step(0, 1), '+': () => zoom(0.6, centre()), '=': () => zoom(0.6, centre()),
  '-': () => zoom(1 / 0.6, centre()), Home: () => look(0, last), n: () => showAnomaly(anomaly + 1),
  PageUp: () => { firstLane -= rows(); redraw(); },
  PageDown: () => { firstLane += rows(); redraw(); },
};
const centre = () => chosen >= 0 && start[chosen] >= from && start[chosen] <= to
  ? start[chosen] : (from + to) / 2;
canvas.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
document.addEventListener('keydown', event => {
  if (event.key !== '/' || event.target.tagName === 'INPUT') return;
  event.preventDefault();
  byId('search').focus();
});
byId('search').addEventListener('input', event => search(event.target.value));
byId('search').addEventListener('keydown', event => {
  if (event.key === 'Enter') nextHit(event.shiftKey);
});
byId('all').onclick = () => look(0, last);
byId('closer').onclick = keys['+'];
byId('wider').onclick = keys['-'];
byId('earlier').onclick = () => move(-0.4);
byId('later').onclick = () => move(0.4);
byId('before').onclick = () => showAnomaly(anomaly - 1);
byId('next').onclick = () => showAnomaly(anomaly + 1);
for (const button of document.querySelectorAll('[data-show]')) button.onclick = () => {
  showAnomaly(Number(button.dataset.show));
  canvas.scrollIntoView({block: 'center'});
  canvas.focus();
};
byId('only').hidden = data.keys.length < 2;
byId('only').querySelector('input').onchange = event => {
  const op = chosen >= 0 ? chosen : 0;
  onlyKey = event.target.checked && count ? ops.key[op] : -1;
  redraw();
};
byId('anomalies').hidden = !data.anomalies.length;
byId('faultkey').hidden = !data.faults.length;
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  readColours();
  redraw();
});
new ResizeObserver(redraw).observe(canvas);
readColours();
if (data.anomalies.length) showAnomaly(0);
else if (count > 400) lookAt(Array.from({length: 200}, (_, i) => i));
else look(0, last);
})();
)js";

}  // namespace holdfast::checkers
