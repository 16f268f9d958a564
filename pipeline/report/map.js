// Draws the map on a canvas, which replaces the still picture; without a script that one stays.
// Text from the corpus is set as textContent or drawn, so it can never become markup.
// The page puts this file and controls.js into one function.

const at = (id) => document.getElementById(id);
const data = JSON.parse(at("map-data").textContent);
const words = data.words.split("\n");
const lowered = words.map((word) => word.toLowerCase());
const hasLetter = words.map((word) => /\p{L}/u.test(word));
const unpacked = (text, Kind) => new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const places = unpacked(data.places, Int16Array);
const kinds = unpacked(data.kinds, Uint8Array);
const near = unpacked(data.near, Uint16Array);
const cosines = unpacked(data.cosines, Int16Array);
const labels = data.labels && unpacked(data.labels, Int8Array);
const NONE = 65535, KINDS = 6, LABELS = 8, REACH = 14;

const canvas = at("canvas"), pen = canvas.getContext("2d");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
// `flat` is 1 where the places are those that keep neighbours, 0 where they are the components.
const view = { x: 0, y: 0, zoom: 1, yaw: 0.5, pitch: 0.35, depth: 0, flat: data.plane ? 1 : 0 };
const seen = { x: new Float32Array(words.length), y: new Float32Array(words.length) };
let solid = false, colour = at("colour").value, chosen = -1, hovered = -1;
let width = 0, height = 0, scale = 1, asked = false, flight = 0, palette = {}, groups = [];

function extent(values, axes) {
  const middle = [], span = [];
  for (let axis = 0; axis < axes; axis++) {
    let low = Infinity, high = -Infinity;
    for (let i = axis; i < values.length; i += axes) {
      low = Math.min(low, values[i]);
      high = Math.max(high, values[i]);
    }
    middle.push((low + high) / 2);
    span.push(Math.max(1, high - low));
  }
  return { middle, span };
}
const { middle, span } = extent(places, 3);
// The other places, on the scale of the components, so that words can move from one to the other.
const plane = data.plane && unpacked(data.plane, Int16Array);
const around = plane && extent(plane, 2);
const ratio = plane && Math.min(span[0] / around.span[0], span[1] / around.span[1]);
const onPlane = (x, y) => [(x - around.middle[0]) * ratio, (y - around.middle[1]) * ratio];
let pivot = middle;  // what 3-D turns about

// --- from three dimensions to two -----------------------------------------------------------

// `depth` goes from 0 (flat) to 1 (rotated by yaw and pitch, in perspective).
function rotated(i) {
  const yaw = view.yaw * view.depth, pitch = view.pitch * view.depth;
  const x = places[3 * i] - pivot[0], y = places[3 * i + 1] - pivot[1];
  const z = (places[3 * i + 2] - pivot[2]) * view.depth;
  const across = x * Math.cos(yaw) + z * Math.sin(yaw);
  const into = z * Math.cos(yaw) - x * Math.sin(yaw);
  const up = y * Math.cos(pitch) - into * Math.sin(pitch);
  const away = y * Math.sin(pitch) + into * Math.cos(pitch);
  const close = 1 / (1 + (view.depth * away) / (3 * Math.max(span[0], span[1])));
  const at = [across * close + pivot[0] - middle[0], up * close + pivot[1] - middle[1]];
  if (!view.flat) return at;
  const there = onPlane(plane[2 * i], plane[2 * i + 1]);
  return [0, 1].map((axis) => at[axis] + (there[axis] - at[axis]) * view.flat);
}

// Turns about the chosen word from now on, or about the middle; the word stays where it is seen.
function turnAbout(i) {
  const before = i < 0 ? [0, 0] : rotated(i);
  pivot = i < 0 ? middle : [0, 1, 2].map((axis) => places[3 * i + axis]);
  const after = i < 0 ? [0, 0] : rotated(i);
  view.x += after[0] - before[0];
  view.y += after[1] - before[1];
}

function project() {
  const unit = scale * view.zoom;
  for (let i = 0; i < words.length; i++) {
    const [x, y] = rotated(i);
    seen.x[i] = width / 2 + (x - view.x) * unit;
    seen.y[i] = height / 2 - (y - view.y) * unit;
  }
}

const inside = (i) => seen.x[i] > -9 && seen.y[i] > -9 && seen.x[i] < width + 9 && seen.y[i] < height + 9;

// --- drawing --------------------------------------------------------------------------------

function readPalette() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ink", "card", "accent", "warm", "soft", "edge"]) palette[name] = style.getPropertyValue("--" + name);
  palette.kinds = Array.from({ length: KINDS }, (_, k) => style.getPropertyValue("--f" + k));
  palette.labels = Array.from({ length: LABELS }, (_, k) => style.getPropertyValue("--l" + k));
  redraw();
}

// Words that look alike are drawn with one path: a frame then takes few calls.
function group() {
  const found = new Map();
  for (let i = 0; i < words.length; i++) {
    const paint = colour === "label" ? labels[i] : colour === "frequency" ? kinds[i] : 0;
    const key = paint + " " + kinds[i];
    if (!found.has(key)) found.set(key, { paint, kind: kinds[i], rows: [] });
    found.get(key).rows.push(i);
  }
  groups = [...found.values()].sort((a, b) => a.kind - b.kind);
  if (at("by-frequency")) at("by-frequency").hidden = colour !== "frequency";
  if (at("by-label")) at("by-label").hidden = colour !== "label";
  redraw();
}

function paintOf({ paint }) {
  if (colour === "frequency") return palette.kinds[paint];
  return colour === "label" ? (paint < 0 ? palette.edge : palette.labels[paint]) : palette.accent;
}

// A colour that stands out: warm against the blues of frequency, plain against the hues of labels.
const light = () => (colour === "label" ? palette.ink : palette.warm);

function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(draw);
}

function draw() {
  asked = false;
  project();
  pen.clearRect(0, 0, width, height);
  const size = Math.min(1.6, 0.75 + 0.25 * Math.sqrt(view.zoom)) * (words.length > 3000 ? 0.85 : 1.1);
  for (const each of groups) {
    const radius = (1.5 + 0.45 * each.kind) * size;
    pen.beginPath();
    for (const i of each.rows) {
      if (!inside(i)) continue;
      pen.moveTo(seen.x[i] + radius, seen.y[i]);
      pen.arc(seen.x[i], seen.y[i], radius, 0, 7);
    }
    pen.fillStyle = paintOf(each);
    pen.fill();
  }
  const lit = chosen < 0 ? [] : [chosen, ...nearOf(chosen).map(([other]) => other)];
  pen.strokeStyle = light();
  pen.lineWidth = 1.25;
  for (const other of lit.slice(1)) {
    pen.beginPath();
    pen.moveTo(seen.x[chosen], seen.y[chosen]);
    pen.lineTo(seen.x[other], seen.y[other]);
    pen.stroke();
  }
  write(lit);
  for (const i of [chosen, hovered]) if (i >= 0) ring(i);
}

function ring(i) {
  pen.beginPath();
  pen.arc(seen.x[i], seen.y[i], 7, 0, 7);
  pen.lineWidth = 2.5;
  pen.strokeStyle = i === chosen ? light() : palette.ink;
  pen.stroke();
}

// Names the regions of the map, as long as it is seen from afar.
function nameRegions(taken, family) {
  if (view.flat < 1 || view.zoom > 3) return;
  pen.textAlign = "center";
  pen.font = "500 19px " + family;
  pen.lineWidth = 4;
  for (const [x, y, name] of data.regions) {
    const [across, up] = onPlane(x, y), unit = scale * view.zoom;
    const left = width / 2 + (across - view.x) * unit, top = height / 2 - (up - view.y) * unit;
    const half = pen.measureText(name).width / 2 + 6;
    if (left < half || left > width - half || top < 16 || top > height - 12) continue;
    if (taken.some((o) => left - half < o[2] && left + half > o[0] && top - 15 < o[3] && top + 11 > o[1])) continue;
    taken.push([left - half, top - 15, left + half, top + 11]);
    pen.strokeStyle = palette.card;
    pen.strokeText(name, left, top + 5);
    pen.fillStyle = palette.soft;
    pen.fillText(name, left, top + 5);
  }
}

// Writes names where they fit: the chosen word and its neighbours first, then by frequency.
function write(lit) {
  const taken = [], most = Math.max(14, Math.min(110, (width * height) / 6500));
  const special = new Set(lit);
  const family = getComputedStyle(document.body).fontFamily;
  pen.lineJoin = "round";
  if (!lit.length) nameRegions(taken, family);
  for (let turn = 0; turn < lit.length + words.length && taken.length < most; turn++) {
    const i = turn < lit.length ? lit[turn] : turn - lit.length;
    if (turn >= lit.length && (special.has(i) || !hasLetter[i])) continue;
    if (!inside(i)) continue;
    const long = 7.4 * Math.min(words[i].length, 24) + 8;
    const right = seen.x[i] + 8 + long < width + 4, y = seen.y[i];  // else the name is left of its dot
    const x = right ? seen.x[i] + 8 : seen.x[i] - 8, from = right ? x : x - long;
    const whole = from >= 0 && from + long <= width + 8 && y >= 9 && y <= height - 9;
    if (!whole && !special.has(i)) continue;
    if (taken.some((o) => from < o[2] && from + long > o[0] && y - 9 < o[3] && y + 9 > o[1])) continue;
    taken.push([from, y - 9, from + long, y + 9]);
    pen.textAlign = right ? "left" : "right";
    const text = words[i].length > 24 ? words[i].slice(0, 23) + "…" : words[i];
    pen.font = (special.has(i) ? "600 " : "") + "13.5px " + family;
    pen.lineWidth = 3.5;
    pen.strokeStyle = palette.card;
    pen.strokeText(text, x, y + 4.5);
    pen.fillStyle = special.has(i) ? light() : palette.ink;
    pen.fillText(text, x, y + 4.5);
  }
}

function measure() {
  const ratio = devicePixelRatio || 1;
  width = canvas.clientWidth;
  height = canvas.clientHeight;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  scale = Math.min((width - Math.min(110, width / 5)) / span[0], (height - 48) / span[1]);
  redraw();
}

// --- moving ---------------------------------------------------------------------------------

function fly(target) {
  cancelAnimationFrame(flight);
  const from = { ...view }, start = performance.now();
  const step = (now) => {
    const share = calm.matches ? 1 : Math.min(1, Math.max(0, now - start) / 450);
    const eased = 1 - (1 - share) ** 3;
    for (const name in target) view[name] = from[name] + (target[name] - from[name]) * eased;
    redraw();
    if (share < 1) flight = requestAnimationFrame(step);
  };
  step(start);
}

function zoom(factor, x = width / 2, y = height / 2) {
  cancelAnimationFrame(flight);
  const after = Math.min(80, Math.max(0.5, view.zoom * factor));
  const shift = (1 / view.zoom - 1 / after) / scale;
  view.x += (x - width / 2) * shift;
  view.y -= (y - height / 2) * shift;
  view.zoom = after;
  redraw();
}

function move(x, y, rotating) {
  cancelAnimationFrame(flight);
  if (rotating) {
    view.yaw += x / 180;
    view.pitch = Math.max(-1.5, Math.min(1.5, view.pitch - y / 180));
  } else {
    view.x -= x / (scale * view.zoom);
    view.y += y / (scale * view.zoom);
  }
  redraw();
}

const reset = () => fly({ x: 0, y: 0, zoom: 1, yaw: 0.5, pitch: 0.35 });

function centre(i) {
  const [x, y] = rotated(i);
  fly({ x, y, zoom: Math.max(view.zoom, 2.5) });
}

// --- one word -------------------------------------------------------------------------------

function nearOf(i) {
  const found = [];
  for (let k = i * data.neighbours; k < (i + 1) * data.neighbours; k++) {
    if (near[k] !== NONE) found.push([near[k], cosines[k] / 1000]);
  }
  return found;
}

function factsOf(i) {
  const facts = [];
  if (data.counts) facts.push("seen " + data.counts[i].toLocaleString("en") + " times, rank " + (i + 1).toLocaleString("en"));
  if (labels && labels[i] >= 0) facts.push("label " + data.names[labels[i]]);
  return facts.join("; ");
}

function choose(i) {
  chosen = i;
  turnAbout(i);
  at("chosen").hidden = i < 0;
  const was = at("atlas").classList.contains("with");
  at("atlas").classList.toggle("with", i >= 0);
  if (was !== i >= 0) measure();
  if (i >= 0) {
    at("chosen-word").textContent = words[i];
    at("chosen-facts").textContent = factsOf(i);
    at("chosen-near").replaceChildren(...nearOf(i).map(([other, cosine]) => {
      const item = document.createElement("li"), button = document.createElement("button");
      button.type = "button";
      button.append(isolated(other), small(cosine.toFixed(2)));
      button.addEventListener("click", () => { choose(other); centre(other); });
      item.append(button);
      return item;
    }));
    const names = nearOf(i).map(([other]) => words[other]);
    at("status").textContent = words[i] + ": " + factsOf(i) + ". Nearest: " + names.join(", ");
  }
  redraw();
}

function isolated(i) {
  const element = document.createElement("bdi");
  element.textContent = words[i];
  return element;
}

function small(text) {
  const element = document.createElement("small");
  element.textContent = text;
  return element;
}

function under(x, y) {
  let best = -1, least = REACH * REACH;
  for (let i = 0; i < words.length; i++) {
    const distance = (seen.x[i] - x) ** 2 + (seen.y[i] - y) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

function hover(i) {
  hovered = i;
  canvas.classList.toggle("over", i >= 0);
  const tip = at("tip");
  tip.hidden = i < 0;
  if (i >= 0) {
    const name = document.createElement("b");
    name.append(isolated(i));
    tip.replaceChildren(name, factsOf(i));
    const x = Math.max(4, Math.min(seen.x[i] + 14, width - tip.offsetWidth - 4));
    const y = seen.y[i] > tip.offsetHeight + 20 ? seen.y[i] - tip.offsetHeight - 12 : seen.y[i] + 16;
    tip.style.transform = `translate(${x}px,${y}px)`;
  }
  redraw();
}
