// Failures on purpose: switches that make a provider fail, and the note that says so.

import { api } from "./api.js";
import { h, icon, setBadge } from "./dom.js";

const PROVIDERS = { telegram: "Telegram", resend: "Email" };
const FAULTS = [
  ["rate_limit", "Rate limit", "429: too many requests, retry later"],
  ["server_error", "Server error", "500: nothing was taken"],
  ["timeout_after_accept", "Timeout after accept", "Takes the message, never answers"],
  ["slow", "Slow", "Answers, but only after seconds"],
  ["malformed", "Malformed answer", "Takes it, and answers what is not JSON"],
  ["reset", "Connection reset", "Hangs up in the middle"],
  ["forbidden", "Forbidden", "403: refuses the request"],
];
const COUNTS = [["1", "1"], ["3", "3"], ["10", "10"], ["", "all"]];

export function mountFaults(panel, button, note, world) {
  let count = "3";
  const retryAfter = h("input", { type: "number", min: "0", max: "3600", value: "5", "aria-label": "Seconds to wait after a rate limit" });

  const draw = () => {
    drawPanel();
    drawNote(note, world);
    setBadge(button.querySelector(".badge"), world.faults.length);
    button.classList.toggle("on", world.faults.length > 0);
  };

  function drawPanel() {
    const focused = panel.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    panel.replaceChildren(
      h("header", {}, h("div", {}, h("h2", {}, "Failures on purpose"), h("p", {}, "See what Tendril does when a provider has a bad day.")), h("button", { type: "button", class: "round", popovertarget: "faults", popovertargetaction: "hide", "aria-label": "Close", dataset: { key: "close" } }, icon("close"))),
      h("div", { class: "fault-options" }, countChoice(), h("label", { class: "retry" }, "Rate limits ask to wait ", retryAfter, " s")),
      h("div", { class: "providers" }, Object.entries(PROVIDERS).map(([provider, name]) => column(provider, name))),
      world.faults.length ? h("button", { type: "button", class: "button main", dataset: { key: "heal" }, onclick: () => heal() }, "All well again") : "",
    );
    if (focused) panel.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  function countChoice() {
    const choices = COUNTS.map(([value, label]) => h("button", { type: "button", class: "segment", "aria-pressed": String(count === value), dataset: { key: `count-${value}` }, onclick: () => ((count = value), drawPanel()) }, label));
    return h("div", { class: "count" }, "Fail the next", h("div", { class: "segments", role: "group", "aria-label": "How many requests fail" }, choices), "requests");
  }

  function column(provider, name) {
    return h("section", { "aria-label": name }, h("h3", {}, icon(provider === "telegram" ? "chat" : "mail"), name), FAULTS.map(([fault, label, meaning]) => faultSwitch(provider, name, fault, label, meaning)));
  }

  function faultSwitch(provider, name, fault, label, meaning) {
    const on = world.faults.find((other) => other.provider === provider && other.fault === fault);
    const left = on && leftOf(on) !== null ? `${leftOf(on)} left` : "";
    return h("button", { type: "button", role: "switch", class: "fault", "aria-checked": String(Boolean(on)), "aria-label": `${name}: ${label}`, dataset: { key: `${provider}-${fault}` }, onclick: () => (on ? without(on) : fail(provider, fault)) },
      h("span", { class: "fault-name" }, label, left ? h("em", {}, left) : null), h("small", {}, meaning), h("i", { class: "knob", "aria-hidden": "true" }));
  }

  async function fail(provider, fault) {
    const wish = { provider, fault };
    if (count) wish.count = Number(count);
    if (fault === "rate_limit" && retryAfter.value) wish.retry_after = Number(retryAfter.value);
    await api.fail(wish);
    await reread();
  }

  // The API ends all faults of a provider at once: the others are asked for again, with what they had left.
  async function without(ended) {
    const others = world.faults.filter((fault) => fault !== ended && fault.provider === ended.provider);
    await api.heal(ended.provider);
    for (const { provider, fault, remaining, retry_after, delay, methods } of others)
      await api.fail({ provider, fault, retry_after, delay, methods, ...(remaining === null ? {} : { count: remaining }) });
    await reread();
  }

  async function heal() {
    await api.heal();
    await reread();
  }

  async function reread() {
    world.takeFaults(await api.faults());
    draw();
  }

  note.addEventListener("click", (event) => event.target.closest("[data-heal]") && heal());
  world.on("everything fault", draw);
  draw();
}

const leftOf = (fault) => fault.remaining ?? null;

function drawNote(note, world) {
  note.hidden = !world.faults.length;
  const items = Object.entries(PROVIDERS).map(([provider, name]) => {
    const faults = world.faults.filter((fault) => fault.provider === provider).map((fault) => {
      const label = FAULTS.find(([key]) => key === fault.fault)?.[1] ?? fault.fault;
      return leftOf(fault) === null ? label.toLowerCase() : `${label.toLowerCase()} (${leftOf(fault)} left)`;
    });
    return faults.length ? h("span", {}, h("b", {}, `${name}: `), faults.join(", ")) : null;
  });
  note.replaceChildren(icon("storm"), h("p", {}, h("span", { class: "lead" }, "Failing on purpose. "), items.filter(Boolean)), h("button", { type: "button", class: "button quiet", dataset: { heal: "" } }, "All well again"));
}
