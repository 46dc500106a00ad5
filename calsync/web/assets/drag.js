
// Moves a run or session on the grid: with a mouse, with a finger or pen that holds it first, or with Shift and the
// arrow keys. To put it somewhere is to send its form "Another time", so what is against a time is said by the
// server, as without this script. Days and minutes are those that the server has drawn: the browser may be in
// another zone, so no Date is made here.
const QUARTER = 15;
const HOLD = 400; // milliseconds; from 500 on browsers take it for something else
const TREMBLE = 6; // pixels that a hand moves without meaning it
const EDGE = 40; // pixels at the top and bottom of the window in which it scrolls

const number = (element, name) => Number(getComputedStyle(element).getPropertyValue(name));
// "420-540 600-615" as [[420, 540], [600, 615]]: minutes of a day, the second no longer among them.
const stretches = (text) => text.split(" ").filter(Boolean).map((part) => part.split("-").map(Number));
const within = (all, minute) => all.find(([first, end]) => first <= minute && minute < end);

const week = document.querySelector(".week");
const days = Array.from(week.querySelectorAll(".day"), (day) => ({
  column: day.querySelector(".column"),
  date: day.querySelector("h3").id.slice("day-".length),
  short: day.querySelector("h3 [aria-hidden]").textContent,
  long: day.querySelector("h3 .hidden").textContent,
  skipped: stretches(day.dataset.skipped ?? ""), // what no clock shows, as when clocks go forward
}));
const first = number(days[0].column, "--first");
const last = number(days[0].column, "--last");
const spoken = document.getElementById("moving");

let move = null; // what is under way: the block, where it began, where it is now, and what is drawn for it
let press = null; // the mouse, finger or pen that is down on a block
let left = []; // what is drawn of what was put somewhere, until the answer is there
let isSpent = false; // whether the click that follows a drag is still to come, and means nothing

const clock = (minute) => [minute / 60, minute % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
const said = (name, { day, minute }) => `${days[day][name]} ${clock(minute)}`;
const isSame = (one, other) => one.day === other.day && one.minute === other.minute;
const mayBe = (place) => within(move.open[place.day], place.minute);

// --- what is shown -----------------------------------------------------------------------------------------

const drawn = (name, start, end) => {
  const element = document.createElement("div");
  element.className = name;
  placed(element, start, end);
  return element;
};

const placed = (element, start, end) => {
  element.style.setProperty("--f", Math.max(start, first));
  element.style.setProperty("--t", Math.min(end, last));
};

const begin = (link) => {
  end();
  const entry = link.closest(".entry");
  const here = { day: days.findIndex(({ column }) => column.contains(entry)), minute: number(entry, "--f") };
  const open = entry.dataset.open.split(";").map(stretches);
  move = { link, entry, open, began: here, place: here, minutes: Number(entry.dataset.minutes), drawn: [] };
  document.body.classList.add("moves");
  open.forEach((parts, day) => parts.forEach(([start, end]) => {
    // All that it would take if it began there, from the first start to the end of the last one.
    const light = drawn("open", start, end - QUARTER + move.minutes);
    days[day].column.querySelector(".shades").append(light);
    move.drawn.push(light);
  }));
  move.ghost = drawn("ghost", 0, 0);
  move.label = document.createElement("b");
  move.ghost.append(move.label);
  move.drawn.push(move.ghost);
  link.focus({ preventScroll: true }); // so that Escape is heard here, and the page isn't reloaded
};

// null is outside of the grid.
const show = (place) => {
  move.place = place;
  move.ghost.hidden = !place;
  if (!place) return;
  const isOpen = mayBe(place) || isSame(place, move.began);
  const words = isOpen ? [] : ["not recommended"];
  move.ghost.classList.toggle("against", !isOpen);
  move.label.innerText = [said("short", place), ...words].join("\n");
  placed(move.ghost, place.minute, place.minute + move.minutes);
  days[place.day].column.append(move.ghost);
  const all = [said("long", place), ...words].join(", ");
  if (spoken.textContent !== all) spoken.textContent = all; // each place is said once
};

const end = () => {
  for (const element of [...left, ...(move?.drawn ?? [])]) element.remove();
  document.body.classList.remove("moves");
  clearTimeout(press?.timer);
  left = [];
  move = press = null;
};

const cancel = () => {
  if (!move) return end();
  const { began, link } = move;
  const wasHeld = press;
  end();
  isSpent = Boolean(wasHeld);
  spoken.textContent = `Cancelled: it stays at ${said("long", began)}`;
  // Nobody asked for the panel that the focus opens.
  if (wasHeld) link.blur();
};

const put = () => {
  const { place, began, entry } = move;
  if (!place || isSame(place, began)) return cancel();
  const start = entry.querySelector("input[name=start]");
  start.value = `${days[place.day].date}T${clock(place.minute)}`;
  spoken.textContent = `Moving it to ${said("long", place)}`;
  isSpent = Boolean(press);
  left = move.drawn;
  move = press = null;
  start.form.requestSubmit();
};

// --- with the pointer --------------------------------------------------------------------------------------

const follow = () => {
  const day = days.findIndex(({ column }) => {
    const box = column.getBoundingClientRect();
    return box.left <= press.x && press.x < box.right && box.top <= press.y && press.y <= box.bottom;
  });
  if (day < 0) return show(null);
  const box = days[day].column.getBoundingClientRect();
  const exact = first + ((press.y - press.grip - box.top) / box.height) * (last - first);
  // Where it began need not be a quarter of an hour.
  if (day === move.began.day && Math.abs(exact - move.began.minute) < QUARTER / 2) return show(move.began);
  const minute = Math.min(Math.max(Math.round(exact / QUARTER) * QUARTER, first), last - QUARTER);
  const gap = within(days[day].skipped, minute);
  show({ day, minute: gap ? gap[1] : minute });
};

// A finger that drags can't scroll to the hours that are out of sight.
const scrollAtEdges = () => {
  if (!move || !press) return;
  const { top, bottom } = days[0].column.getBoundingClientRect();
  const goesUp = press.y < EDGE && top < 0;
  const goesDown = press.y > innerHeight - EDGE && bottom > innerHeight;
  const by = (goesDown - goesUp) * 6;
  if (by) {
    scrollBy(0, by);
    follow();
  }
  requestAnimationFrame(scrollAtEdges);
};

const lift = () => {
  const { link, ...held } = press;
  begin(link);
  press = { link, ...held };
  follow();
  scrollAtEdges();
};

const onDown = (event) => {
  isSpent = false;
  if (!event.isPrimary || event.button !== 0 || event.ctrlKey) return;
  end();
  const link = event.currentTarget;
  const grip = event.clientY - link.closest(".entry").getBoundingClientRect().top;
  press = { link, grip, id: event.pointerId, x: event.clientX, y: event.clientY };
  link.setPointerCapture(event.pointerId);
  // A finger or pen that moves at once scrolls the page.
  if (event.pointerType !== "mouse") press.timer = setTimeout(lift, HOLD);
};

const onMove = (event) => {
  if (press?.id !== event.pointerId) return;
  const isFar = Math.hypot(event.clientX - press.x, event.clientY - press.y) > TREMBLE;
  if (!move && isFar && press.timer) return end();
  if (!move && !isFar) return;
  Object.assign(press, { x: event.clientX, y: event.clientY });
  if (move) follow();
  else lift();
};

const onUp = (event) => {
  if (press?.id !== event.pointerId) return;
  if (move) put();
  else end();
};

const onLost = (event) => {
  if (press?.id === event.pointerId) cancel();
};

// --- with the keyboard -------------------------------------------------------------------------------------

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// The next place in that direction; the same one at the edge of the grid.
const stepped = (place, [by, quarters]) => {
  const day = Math.min(Math.max(place.day + by, 0), days.length - 1);
  const even = quarters > 0 ? Math.floor : Math.ceil;
  let minute = quarters ? (even(place.minute / QUARTER) + quarters) * QUARTER : place.minute;
  const gap = within(days[day].skipped, minute);
  if (gap) minute = quarters < 0 ? gap[0] - QUARTER : gap[1];
  return first <= minute && minute < last ? { day, minute } : place;
};

const onKey = (event) => {
  const link = event.target.closest?.("[data-open] > a");
  const arrow = ARROWS[event.key];
  const isOurs = !event.ctrlKey && !event.altKey && !event.metaKey;
  if (event.key === "Enter") isSpent = false;
  if (move && event.key === "Escape") cancel();
  else if (move && !press && event.key === "Enter") put();
  else if (arrow && isOurs && !press && (event.shiftKey ? link : move)) {
    if (!move || move.link !== link) begin(link);
    show(stepped(move.place, arrow));
    move.ghost.scrollIntoView({ block: "nearest" });
  } else return;
  // Neither the page nor the browser's own keys shall hear it, too.
  event.preventDefault();
  event.stopPropagation();
};

// --- where it works ----------------------------------------------------------------------------------------

// Not on a page that was kept for when there is no network, and only what has a form for any time.
const isKept = !document.getElementById("as-of")?.hidden;
const links = Array.from(isKept ? [] : week.querySelectorAll("[data-open] > a"))
  .filter((link) => link.parentNode.querySelector("input[name=start]"));
for (const link of links) {
  link.draggable = false; // as a link would be, to the address bar
  link.classList.add("movable");
  link.setAttribute("aria-keyshortcuts", Object.keys(ARROWS).map((key) => `Shift+${key}`).join(" "));
  link.addEventListener("pointerdown", onDown);
  link.addEventListener("pointermove", onMove);
  link.addEventListener("pointerup", onUp);
  link.addEventListener("pointercancel", onLost);
  link.addEventListener("lostpointercapture", onLost);
  link.addEventListener("focusout", () => { if (move?.link === link && !press) cancel(); });
  // The menu of a link that is held.
  link.addEventListener("contextmenu", (event) => { if (press) event.preventDefault(); });
  // The page must not scroll under a finger that drags; that was not known yet when it came down.
  link.addEventListener("touchmove", (event) => { if (move) event.preventDefault(); }, { passive: false });
}
if (links.length) {
  document.getElementById("how-to-move").hidden = false;
  addEventListener("keydown", onKey, true);
  addEventListener("click", (event) => {
    if (isSpent) {
      event.preventDefault();
      event.stopPropagation();
    }
    isSpent = false;
  }, true);
  addEventListener("scroll", () => { if (move && press) follow(); }, { passive: true });
  addEventListener("pageshow", end); // back from the answer
}
