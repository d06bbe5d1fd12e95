// The moved clock, and the time-lapse in which everything arrives on its own day.

import { h, icon, plural } from "./dom.js";
import { longDay, shortDay, span, switchZone, timeOfDay, zoneIsUtc, zoneName } from "./moments.js";
import { nameOf } from "./world.js";

const HOUR = 36e5;
const JUMPS = [["+1 hour", "1 hour", HOUR], ["+1 day", "1 day", 24 * HOUR], ["+1 week", "1 week", 168 * HOUR]];

export function mountClock(place, strip, world, { showTab }) {
  const time = h("time", { class: "time" });
  const day = h("span", { class: "day-name" });
  const zone = h("button", { type: "button", class: "zone", title: "Switch between your time zone and UTC", onclick: () => (switchZone(), world.dispatchEvent(new CustomEvent("everything")), draw()) });
  const ahead = h("span", { class: "ahead" });
  const next = h("span", { class: "next", title: "What is planned next. It may still be held or skipped." });
  const jumps = JUMPS.map(([label, text, length]) => h("button", { type: "button", class: "button jump", disabled: true, title: `Let ${text} pass`, dataset: { advance: text }, onclick: () => world.advance(text, length) }, label));
  place.append(h("div", { class: "face" }, time, h("p", {}, day, zone, ahead, next)), h("div", { class: "jumps", role: "group", "aria-label": "Let time pass" }, jumps));

  function draw() {
    const now = world.now();
    time.textContent = timeOfDay(now);
    time.setAttribute("datetime", new Date(now).toISOString());
    day.replaceChildren(h("span", { class: "long" }, longDay(now)), h("span", { class: "short" }, shortDay(now)));
    zone.textContent = zoneName(now);
    zone.setAttribute("aria-label", zoneIsUtc() ? "Shown in UTC: switch to your time zone" : "Shown in your time zone: switch to UTC");
    const offset = now - Date.now();
    ahead.textContent = Math.abs(offset) > 9e4 ? `${span(offset)} ${offset > 0 ? "ahead" : "behind"}` : "real time";
    const isComing = world.nextAt > now && !world.isMoving;
    next.textContent = isComing ? `next message in ${away(world.nextAt - now)}` : "";
    place.classList.toggle("moving", world.isMoving);
    for (const jump of jumps) jump.disabled = world.isMoving || !world.isLive;
  }

  world.on("everything clock next lapse live", draw);
  setInterval(draw, 1000);
  const lapse = lapseStrip(strip, world, showTab);
  world.on("lapse clock", lapse);
}

function lapseStrip(strip, world, showTab) {
  const title = h("p", { class: "lapse-title", role: "status" });
  const next = h("p", { class: "lapse-next" });
  const stop = h("button", { type: "button", class: "button small", onclick: () => world.stopLapse() }, "Stop here");
  const close = h("button", { type: "button", class: "round", "aria-label": "Close", onclick: () => world.dismissLapse() }, icon("close"));
  const bar = h("div", { class: "bar", role: "progressbar", "aria-label": "Time passing", "aria-valuemin": "0", "aria-valuemax": "100" });
  const track = h("div", { class: "track" }, bar, h("div", { class: "ticks" }), h("div", { class: "items" }));
  strip.append(h("div", { class: "lapse-head" }, title, next, stop, close), track);

  return () => {
    const { lapse } = world;
    strip.hidden = !lapse;
    if (!lapse) return;
    const length = lapse.to - lapse.from;
    const place = (at) => Math.max(0, Math.min(100, ((at - lapse.from) / length) * 100));
    const progress = lapse.isOver && !lapse.wasStopped ? 100 : place(lapse.isOver ? lapse.stoppedAt : world.now());
    bar.style.width = `${progress}%`;
    bar.setAttribute("aria-valuenow", String(Math.round(progress)));
    strip.classList.toggle("over", lapse.isOver);
    title.textContent = lapse.isOver ? `${capital(lapse.wasStopped ? span(world.now() - lapse.from) : lapse.text)} later: ${summary(lapse.items)}` : `Letting ${lapse.text} pass…`;
    next.textContent = lapse.isOver ? "" : `${shortDay(world.now())}, ${timeOfDay(world.now())}`;
    close.hidden = !lapse.isOver;
    stop.hidden = lapse.isOver;
    drawTicks(track.children[1], lapse, place);
    drawItems(track.children[2], lapse, place, world, showTab);
  };
}

// Tomorrow is worth counting in hours.
const away = (length) => (length > HOUR && length < 48 * HOUR ? plural(Math.round(length / HOUR), "hour") : span(length));

const capital = (text) => text.replace(/^\w/, (letter) => letter.toUpperCase());

function summary(items) {
  const messages = items.filter((item) => item.channel === "telegram").length;
  const mails = items.length - messages;
  const parts = [messages && plural(messages, "message"), mails && plural(mails, "email")].filter(Boolean);
  return parts.length ? `${parts.join(" and ")} arrived.` : "nothing was due.";
}

function drawTicks(place, lapse, position) {
  if (Number(place.dataset.from) === lapse.from) return;
  place.dataset.from = lapse.from;
  const step = lapse.to - lapse.from > 48 * HOUR ? 24 * HOUR : lapse.to - lapse.from > 2 * HOUR ? 6 * HOUR : HOUR / 4;
  const first = step === 24 * HOUR ? new Date(lapse.from).setHours(24, 0, 0, 0) : Math.ceil(lapse.from / step) * step;
  const ticks = [];
  for (let at = first; position(at) < 94; at += step)
    ticks.push(h("span", { style: { left: `${position(at)}%` } }, step === 24 * HOUR ? shortDay(at) : timeOfDay(at)));
  place.replaceChildren(...ticks);
}

function drawItems(place, lapse, position, world, showTab) {
  if (Number(place.dataset.from) !== lapse.from) place.replaceChildren();
  place.dataset.from = lapse.from;
  for (const item of lapse.items.slice(place.childElementCount)) place.append(dot(item, position(item.at), world, showTab));
}

function dot(item, left, world, showTab) {
  const who = item.user === undefined ? "" : nameOf(world.users.get(item.user) ?? {});
  const label = `${item.channel === "email" ? "Email" : `Message${who ? ` to ${who}` : ""}`}, ${shortDay(item.at)} ${timeOfDay(item.at)}: ${String(item.title).slice(0, 80)}`;
  const open = () => {
    showTab(item.channel === "email" ? "mail" : "chat");
    if (item.channel === "email") document.querySelector(`[data-mail="${CSS.escape(item.id)}"]`)?.click();
    else {
      world.become(item.user);
      document.querySelector(`[data-message="${item.id}"]`)?.scrollIntoView({ block: "center", behavior: "smooth" });
    }
  };
  return h("button", { type: "button", class: `dot ${item.channel}`, style: { left: `${left}%` }, title: label, "aria-label": label, onclick: open }, icon(item.channel === "email" ? "mail" : "chat"));
}
