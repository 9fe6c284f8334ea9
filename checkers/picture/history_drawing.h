// The first half of the page's script: draws a history (history_data.h) on a canvas. Texts reach
// the page only as text: by fillText and textContent.
#pragma once

#include <string_view>

namespace holdfast::checkers {

inline constexpr std::string_view kHistoryDrawing = R"js('use strict';
(() => {
const byId = id => document.getElementById(id);
const data = JSON.parse(byId('data').textContent);
const ops = data.ops, count = ops.call.length;
const canvas = byId('picture'), whole = byId('whole');
const laneHeight = 24, axisHeight = 24, faultHeight = data.faults.length ? 18 : 0;
const top = axisHeight + faultHeight;

// Where things are. An operation of unknown outcome is drawn until its lane goes on.
const start = Float64Array.from(ops.call), end = new Float64Array(count);
let last = 1;
for (let i = 0; i < count; ++i) last = Math.max(last, start[i] + Math.max(0, ops.took[i]));
for (const fault of data.faults) last = Math.max(last, fault.from, fault.to);
const lanes = data.lanes.map(() => []);
for (let i = 0; i < count; ++i) lanes[ops.lane[i]].push(i);
const place = new Uint32Array(count);  // in its lane
for (const lane of lanes) {
  lane.sort((a, b) => start[a] - start[b]);
  lane.forEach((op, at) => {
    place[op] = at;
    const until = at + 1 < lane.length ? start[lane[at + 1]] : last * 1.02;
    end[op] = ops.took[op] < 0 ? Math.max(until, start[op]) : start[op] + ops.took[op];
  });
}
const marked = new Uint8Array(count);
for (const anomaly of data.anomalies) for (const op of anomaly.ops) marked[op] = 1;
const hit = new Uint8Array(count);
let hits = [], chosen = -1, anomaly = -1, onlyKey = -1;
const shown = op => onlyKey < 0 || ops.key[op] === onlyKey;

// What is in view.
let from = 0, to = last, firstLane = 0;
let colours = {}, width = 0, height = 0, gutter = 60;
const scale = () => (width - gutter) / (to - from);
const x = t => gutter + (t - from) * scale();
const rows = () => Math.max(1, Math.floor((height - top) / laneHeight));

function look(a, b) {
  const least = data.in_ns ? 100 : 2, most = last * 1.1 + least;
  let size = Math.min(Math.max(b - a, least), most);
  const middle = (a + b) / 2;
  const edge = -size * 0.1;
  from = Math.min(Math.max(middle - size / 2, edge), Math.max(last - size * 0.9, edge));
  to = from + size;
  redraw();
}
const zoom = (factor, at = (from + to) / 2) =>
  look(at - (at - from) * factor, at + (to - at) * factor);
const move = share => look(from + (to - from) * share, to + (to - from) * share);
function showLane(lane) {
  if (lane < firstLane) firstLane = lane;
  if (lane >= firstLane + rows()) firstLane = lane - rows() + 1;
}

// Times as people read them.
const units = [['h', 3.6e12], ['min', 6e10], ['s', 1e9], ['ms', 1e6], ['µs', 1e3], ['ns', 1]];
function time(t, step) {
  if (!data.in_ns) return 'event ' + Math.round(t);
  const fine = step || Math.max(1, Math.abs(t) / 1e4);
  const [name, size] = units.find(([, size]) => Math.abs(t) >= size) || ['s', 1e9];
  const digits = Math.min(9, Math.max(0, Math.ceil(Math.log10(size / fine) - 1e-9)));
  return (t / size).toFixed(digits) + ' ' + name;
}
const outcomes = {o: 'ok: it happened', f: 'fail: it did not happen',
  i: 'unknown: at any time from its call on, or never'};
const keyName = op => data.keys[ops.key[op]];
const textOf = op => data.ops.texts[ops.text[op]];
function describe(op) {
  let text = textOf(op);
  if (keyName(op) !== '') text += ', key ' + keyName(op);
  text += ', process ' + data.processes[ops.process[op]] + ', called at ' + time(start[op]);
  if (ops.took[op] >= 0) text += ', returned at ' + time(start[op] + ops.took[op]) +
    (data.in_ns ? ' (after ' + time(ops.took[op]) + ')' : '');
  return text + ', ' + outcomes[ops.outcome[op]] + (marked[op] ? '; part of an anomaly' : '');
}

// The first operation of a lane that ends at or behind a time.
function firstIn(lane, t) {
  let low = 0, high = lane.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (end[lane[middle]] < t) low = middle + 1; else high = middle;
  }
  return low;
}

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['text', 'soft', 'line', 'bad', 'ok', 'info', 'fail', 'fault'])
    colours[name] = style.getPropertyValue('--' + name).trim();
}
function fit(element, h) {
  const ratio = window.devicePixelRatio || 1, w = element.clientWidth;
  element.style.height = h + 'px';
  if (element.width !== Math.round(w * ratio) || element.height !== Math.round(h * ratio)) {
    element.width = Math.round(w * ratio);
    element.height = Math.round(h * ratio);
  }
  const pen = element.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, w, h);
  pen.font = '11px system-ui, sans-serif';
  pen.textBaseline = 'middle';
  return pen;
}
function cut(text, room) {
  const letters = Math.floor(room / 6.2);
  return letters >= text.length ? text : letters < 2 ? '' : text.slice(0, letters - 1) + '…';
}

function drawFaults(pen, h, toX) {
  pen.fillStyle = colours.fault;
  for (const fault of data.faults) {
    const a = toX(fault.from), b = fault.to < 0 ? toX(last * 1.1) : toX(fault.to);
    pen.globalAlpha = 0.2;
    pen.fillRect(a, 0, Math.max(1.5, b - a), h);
  }
  pen.globalAlpha = 1;
}
function drawAxis(pen) {
  const room = 90, wanted = (to - from) * room / (width - gutter);
  const ten = 10 ** Math.floor(Math.log10(wanted));
  let step = [1, 2, 5, 10].map(n => n * ten).find(s => s >= wanted);
  if (!data.in_ns) step = Math.max(1, Math.round(step));
  pen.textAlign = 'left';
  const end = Math.min(to, last * 1.1);
  for (let t = Math.max(0, Math.ceil(from / step) * step); t <= end; t += step) {
    pen.fillStyle = colours.line;
    pen.fillRect(x(t), 0, 1, height);
    pen.fillStyle = colours.soft;
    pen.fillText(time(t, step), x(t) + 4, axisHeight / 2);
  }
  let free = 0;
  for (const fault of data.faults) {
    const a = Math.max(gutter, x(fault.from));
    if (a < free || a > width || (fault.to >= 0 && fault.to < from)) continue;
    const text = cut(fault.text, Math.min(240, width - a - 8));
    pen.fillStyle = colours.soft;
    pen.fillText(text, a + 3, axisHeight + faultHeight / 2);
    free = a + 10 + pen.measureText(text).width;
  }
}
function drawOperation(pen, op, y) {
  const a = Math.max(x(start[op]), gutter - 4), b = Math.min(x(end[op]), width + 4);
  const w = Math.max(2, b - a), h = laneHeight - 6, outcome = ops.outcome[op];
  pen.globalAlpha = hits.length && !hit[op] && !marked[op] ? 0.35 : 1;
  if (outcome === 'f') {
    pen.strokeStyle = colours.fail;
    pen.setLineDash([3, 2]);
    pen.strokeRect(a + 0.5, y + 0.5, w - 1, h - 1);
    pen.setLineDash([]);
  } else if (outcome === 'i') {
    const fade = pen.createLinearGradient(a, 0, a + Math.max(12, w), 0);
    fade.addColorStop(0, colours.info);
    fade.addColorStop(1, 'transparent');
    pen.fillStyle = fade;
    pen.fillRect(a, y, w, h);
    pen.fillStyle = colours.info;
    pen.fillRect(a, y, 2, h);
  } else {
    pen.fillStyle = colours.ok;
    const alpha = pen.globalAlpha;
    if (ops.kind[op] === 'r') pen.globalAlpha = alpha * 0.5;
    pen.fillRect(a, y, w, h);
    pen.globalAlpha = alpha;
  }
  const text = w > 16 ? cut(textOf(op), b - Math.max(a, gutter) - 6) : '';
  if (text) {
    pen.fillStyle = colours.text;
    pen.fillText(text, Math.max(a, gutter) + 4, y + h / 2 + 0.5);
  }
  if (marked[op] || hit[op]) {
    pen.strokeStyle = marked[op] ? colours.bad : colours.text;
    pen.lineWidth = 2;
    pen.strokeRect(a - 1, y - 1, w + 2, h + 2);
    pen.lineWidth = 1;
  }
  if (op === chosen) {
    pen.strokeStyle = colours.text;
    pen.lineWidth = 2;
    pen.strokeRect(a - 3, y - 3, w + 6, h + 6);
    pen.lineWidth = 1;
  }
  pen.globalAlpha = 1;
}
function drawLane(pen, number, y) {
  const lane = lanes[number];
  const pixel = (to - from) / (width - gutter);
  let behind = -Infinity;  // what is drawn hides what ends before this time
  const special = [];
  for (let at = firstIn(lane, from); at < lane.length && start[lane[at]] <= to; ++at) {
    const op = lane[at];
    if (!shown(op)) continue;
    if (marked[op] || hit[op] || op === chosen) { special.push(op); continue; }
    if (end[op] < behind) continue;
    behind = Math.max(end[op], start[op] + 2 * pixel) + 0.25 * pixel;
    drawOperation(pen, op, y + 3);
  }
  for (const op of special) drawOperation(pen, op, y + 3);
}
function draw() {
  width = canvas.clientWidth;
  gutter = Math.min(120, Math.max(58, Math.round(width * 0.09)));
  const most = Math.max(8, Math.floor(Math.max(360, window.innerHeight * 0.7) / laneHeight));
  height = top + Math.min(lanes.length, most) * laneHeight + 4;
  firstLane = Math.max(0, Math.min(firstLane, lanes.length - rows()));
  const pen = fit(canvas, height);
  pen.save();
  pen.beginPath();
  pen.rect(gutter, 0, width - gutter, height);
  pen.clip();
  drawFaults(pen, height, x);
  drawAxis(pen);
  const lastLane = Math.min(lanes.length, firstLane + rows());
  for (let i = firstLane; i < lastLane; ++i) drawLane(pen, i, top + (i - firstLane) * laneHeight);
  pen.restore();
  pen.textAlign = 'right';
  for (let i = firstLane; i < lastLane; ++i) {
    const y = top + (i - firstLane) * laneHeight;
    pen.fillStyle = colours.line;
    pen.fillRect(0, y, width, 1);
    pen.fillStyle = colours.text;
    pen.fillText(cut(data.lanes[i], gutter - 8), gutter - 6, y + laneHeight / 2);
  }
  pen.fillStyle = colours.soft;
  const some = lastLane - firstLane < lanes.length;
  pen.fillText(some ? (firstLane + 1) + '–' + lastLane + '/' + lanes.length : 'process',
               gutter - 6, axisHeight / 2);
  drawWhole();
}
let bins = null;
function drawWhole() {
  const pen = fit(whole, 40), w = whole.clientWidth, toX = t => t / (last * 1.02) * w;
  if (!bins || bins.length !== w) {
    bins = new Uint32Array(Math.max(1, w));
    for (let i = 0; i < count; ++i) ++bins[Math.min(w - 1, Math.floor(toX(start[i])))];
  }
  let most = 1;
  for (const n of bins) most = Math.max(most, n);
  drawFaults(pen, 40, toX);
  pen.fillStyle = colours.ok;
  for (let i = 0; i < w; ++i) if (bins[i]) {
    const h = Math.max(2, bins[i] / most * 32);
    pen.fillRect(i, 40 - h, 1, h);
  }
  pen.fillStyle = colours.bad;
  for (const one of data.anomalies)
    for (const op of one.ops) pen.fillRect(toX(start[op]), 0, 2, 40);
  pen.strokeStyle = colours.text;
  pen.lineWidth = 2;
  const a = Math.max(1, toX(from)), b = Math.min(w - 1, toX(to));
  pen.strokeRect(a, 1, Math.max(3, b - a), 38);
  pen.lineWidth = 1;
}
let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; draw(); fillList(); });
}
)js";

}  // namespace holdfast::checkers
