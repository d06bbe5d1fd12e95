// Where somebody shares to be: Telegram would ask the phone, here it is chosen.

import { h, icon } from "./dom.js";

const PLACES = {
  Berlin: [52.52, 13.405], London: [51.507, -0.128], "New York": [40.713, -74.006], "San Francisco": [37.775, -122.419],
  "São Paulo": [-23.551, -46.633], Lagos: [6.524, 3.379], Kolkata: [22.573, 88.364], Tokyo: [35.677, 139.65], Sydney: [-33.869, 151.209],
};

export function askPlace(dialog, onChosen) {
  const chosen = (latitude, longitude) => {
    dialog.close();
    onChosen({ latitude, longitude });
  };
  const cities = Object.entries(PLACES).map(([name, place]) => h("button", { type: "button", class: "button", onclick: () => chosen(...place) }, name));
  const degrees = (name, most) => h("input", { name, type: "number", required: true, step: "any", min: -most, max: most, placeholder: name, "aria-label": name });
  const form = h("form", { class: "degrees", autocomplete: "off", onsubmit: (event) => (event.preventDefault(), chosen(Number(form.elements.latitude.value), Number(form.elements.longitude.value))) },
    degrees("latitude", 90), degrees("longitude", 180), h("button", { class: "button main" }, "Share"));
  const close = h("button", { type: "button", class: "round", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"));
  dialog.replaceChildren(h("header", {}, h("h2", { id: "place-title" }, "Where are you?"), close), h("div", { class: "places" }, cities), form);
  dialog.showModal();
}
