// The input to the map: pointers, keys, search, and the controls above it.

// --- pointers and keys ----------------------------------------------------------------------

const held = new Map();
let travelled = 0;
const place = (event) => {
  const box = canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
};

canvas.addEventListener("pointerdown", (event) => {
  held.set(event.pointerId, place(event));
  canvas.setPointerCapture(event.pointerId);
  if (held.size === 1) travelled = 0;
  canvas.classList.add("busy");
});
canvas.addEventListener("pointermove", (event) => {
  const now = place(event), before = held.get(event.pointerId);
  if (!before) return hover(under(now.x, now.y));
  held.set(event.pointerId, now);
  travelled += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
  if (travelled < 4) return undefined;
  hover(-1);
  if (held.size === 1) return move(now.x - before.x, now.y - before.y, solid && !event.shiftKey);
  const other = [...held].find(([id]) => id !== event.pointerId)[1];
  const apart = (from) => Math.hypot(from.x - other.x, from.y - other.y) || 1;
  move((now.x - before.x) / 2, (now.y - before.y) / 2, false);
  return zoom(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
});
const release = (event) => {
  const known = held.delete(event.pointerId);
  if (!held.size) canvas.classList.remove("busy");
  if (!known || event.type !== "pointerup" || travelled >= 4) return;
  const now = place(event), found = under(now.x, now.y);
  choose(found);
  if (event.pointerType === "touch") hover(found);
};
canvas.addEventListener("pointerup", release);
canvas.addEventListener("pointercancel", release);
canvas.addEventListener("pointerleave", () => { if (!held.size) hover(-1); });
canvas.addEventListener("wheel", (event) => {
  // The wheel scrolls the page past the map, unless the map was clicked.
  if (document.activeElement !== canvas && !event.ctrlKey) return;
  event.preventDefault();
  const now = place(event);
  hover(-1);
  zoom(Math.exp(-Math.max(-120, Math.min(120, event.deltaY)) / 400), now.x, now.y);
}, { passive: false });

const arrows = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const rotating = solid && !event.shiftKey;
  if (arrows[key]) move(...arrows[key], rotating);
  else if (key === "+" || key === "=") zoom(1.3);
  else if (key === "-") zoom(1 / 1.3);
  else if (key === "0") reset();
  else if (key === "Escape") choose(-1);
  else if (key === "n" || key === "p") {
    const next = (chosen + (key === "n" ? 1 : chosen < 0 ? 0 : -1) + words.length) % words.length;
    choose(next);
    centre(next);
  } else return;
  event.preventDefault();
});

// --- searching ------------------------------------------------------------------------------

const find = at("find"), list = at("matches");
let matches = [], active = -1;

function search() {
  const text = find.value.trim().toLowerCase();
  const starts = [], holds = [];
  for (let i = 0; text && i < words.length && starts.length < 8; i++) {
    if (lowered[i] === text) starts.unshift(i);
    else if (lowered[i].startsWith(text)) starts.push(i);
    else if (holds.length < 8 && lowered[i].includes(text)) holds.push(i);
  }
  const whole = lowered.indexOf(text);
  matches = [...new Set([...(text && whole >= 0 ? [whole] : []), ...starts, ...holds])].slice(0, 8);
  list.replaceChildren(...matches.map((i, place) => {
    const item = document.createElement("li");
    item.id = "match-" + place;
    item.setAttribute("role", "option");
    item.append(isolated(i));
    if (data.counts) item.append(small(data.counts[i].toLocaleString("en")));
    item.addEventListener("pointerdown", (event) => { event.preventDefault(); take(i); });
    return item;
  }));
  point(matches.length ? 0 : -1);
  if (text && !matches.length) {
    const nothing = document.createElement("li");
    nothing.className = "none";
    nothing.setAttribute("role", "option");
    nothing.setAttribute("aria-disabled", "true");
    nothing.textContent = at("status").textContent = "No word on the map contains " + find.value.trim();
    list.replaceChildren(nothing);
    list.hidden = false;
  }
}

function point(place) {
  active = place;
  list.hidden = place < 0;
  find.setAttribute("aria-expanded", String(place >= 0));
  [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === place)));
  if (place >= 0) find.setAttribute("aria-activedescendant", "match-" + place);
  else find.removeAttribute("aria-activedescendant");
}

function take(i) {
  find.value = words[i];
  point(-1);
  choose(i);
  centre(i);
}

find.addEventListener("input", search);
find.addEventListener("blur", () => point(-1));
find.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && matches.length) point((active + step + matches.length) % matches.length);
  else if (event.key === "Escape") point(-1);
  else if (event.key === "Enter" && active >= 0) take(matches[active]);
  else return;
  event.preventDefault();
});

// --- controls -------------------------------------------------------------------------------

at("controls").addEventListener("submit", (event) => event.preventDefault());
at("nearer").addEventListener("click", () => zoom(1.5));
at("farther").addEventListener("click", () => zoom(1 / 1.5));
at("reset").addEventListener("click", reset);
at("colour").addEventListener("change", (event) => { colour = event.target.value; group(); });
for (const button of document.getElementsByName("view")) {
  button.addEventListener("change", () => {
    solid = button.value === "3";
    const target = { depth: solid ? 1 : 0, flat: button.value === "0" ? 1 : 0 };
    // The chosen word stays in view, where it will be.
    const now = { ...view };
    Object.assign(view, target);
    const [x, y] = chosen < 0 ? [0, 0] : rotated(chosen);
    Object.assign(view, now);
    fly({ ...target, x, y });
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", readPalette);
document.addEventListener("theme", readPalette);

at("still").hidden = true;
for (const id of ["canvas", "controls", "keys"]) at(id).hidden = false;
new ResizeObserver(measure).observe(canvas);
measure();
readPalette();
group();
