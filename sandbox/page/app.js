// The sandbox page: where you are the user. Puts the views around one world and starts it.

import { mountChat } from "./chat.js";
import { mountClock } from "./clock.js";
import { calmly, setBadge, toast } from "./dom.js";
import { mountFaults } from "./faults.js";
import { mountGuide } from "./guide.js";
import { mountInbox } from "./inbox.js";
import { mountPeople } from "./people.js";
import { World } from "./world.js";

const world = new World();
const part = (id) => document.getElementById(id);

function showTab(name) {
  document.body.dataset.tab = name;
  for (const button of part("tabs").children)
    button.dataset.tab === name ? button.setAttribute("aria-current", "page") : button.removeAttribute("aria-current");
}

function mountTabs() {
  part("tabs").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    showTab(button.dataset.tab);
    if (world.me !== null) world.become(world.me);
  });
  const draw = calmly(() => {
    const messages = [...world.users.keys()].reduce((sum, id) => sum + world.unreadMessages(id), 0);
    const mails = world.unreadMailCount;
    setBadge(part("tabs").querySelector('[data-tab="chat"] .badge'), messages);
    setBadge(part("tabs").querySelector('[data-tab="mail"] .badge'), mails);
    document.title = messages + mails ? `(${messages + mails}) Tendril sandbox` : "Tendril sandbox";
  });
  world.on("everything message me mail read user", draw);
}

function mountLinkState() {
  const state = part("link-state");
  world.on("live", () => {
    state.textContent = world.isLive ? "" : "Reconnecting…";
    document.body.classList.toggle("offline", !world.isLive);
  });
}

// Any view's failed request ends here: what went wrong is shown, nothing else changes.
window.addEventListener("unhandledrejection", (event) => toast(event.reason?.message ?? "Something went wrong.", "bad"));

document.addEventListener("copied", () => toast("Copied"));
document.addEventListener("visibilitychange", () => !document.hidden && world.me !== null && world.become(world.me));
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey) return;
  const composer = document.querySelector(".composer textarea");
  if (!composer) return;
  event.preventDefault();
  showTab("chat");
  composer.focus();
});

mountTabs();
mountLinkState();
mountClock(part("clock"), part("lapse"), world, { showTab });
const people = mountPeople(part("people"), part("new-user"), world, { showTab });
const chat = mountChat(part("chat"), { alertDialog: part("alert"), placeDialog: part("place") }, world, { people });
mountInbox(part("mail"), world);
mountFaults(part("faults"), part("faults-button"), part("faults-note"), world);
mountGuide(part("guide"), world, { chat, people, showTab });
world.begin();
