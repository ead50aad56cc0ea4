"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const copy = async (button, text) => {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  };
  const equip = (details) => all("pre:not(.equipped)", details).forEach((pre) => {
    pre.classList.add("equipped");
    const button = make("button", { type: "button", className: "copy", textContent: "copy" });
    button.addEventListener("click", () => copy(button, pre.textContent));
    pre.before(button);
  });
  document.addEventListener("toggle", (event) => event.target.open && equip(event.target), true);
  all("#failing").forEach(equip);
  const rows = all("#matrix .cells tr.some, #divergences article");
  const box = make("input", { type: "search", id: "find", placeholder: "keras mean explained" });
  const found = make("output", { htmlFor: "find" });
  const words = new Map();
  const heading = (row) => row.closest("section.loss")?.querySelector("h4").textContent ?? "";
  box.addEventListener("input", () => {
    const wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row) => {
      if (!words.has(row)) words.set(row, `${heading(row)} ${row.textContent}`.toLowerCase());
      row.hidden = !wanted.every((word) => words.get(row).includes(word));
    });
    const left = rows.filter((row) => !row.hidden).length;
    found.textContent = wanted.length ? `${left || "none"} of ${rows.length} rows and cards, in all tabs` : "";
  });
  const form = document.querySelector("#matrix form");
  if (form) {
    form.append(make("fieldset", {}, make("legend", { textContent: "Text" }),
      make("label", { htmlFor: "find", className: "find", textContent: "every word " }), box, found));
    form.addEventListener("submit", (event) => event.preventDefault());
  }
  const value = (row, place) => {
    const text = row.cells[place]?.textContent.trim() ?? "";
    const number = /^[^\w.+-]*([+-]?\d[\d.,]*(e[+-]?\d+)?)/.exec(text);
    return number ? parseFloat(number[1].replace(/,/g, "")) : text;
  };
  const order = (one, other) => (typeof one === typeof other
    ? (one > other) - (one < other) : typeof one === "number" ? -1 : 1);
  all("table.frameworks, .calls, #families table").forEach((table) => {
    all("thead th", table).forEach((head, place) => {
      const button = make("button", { type: "button", className: "sort" }, ...head.childNodes);
      button.addEventListener("click", () => {
        const down = head.ariaSort === "ascending";
        all("th", head.parentNode).forEach((other) => { other.ariaSort = null; });
        head.ariaSort = down ? "descending" : "ascending";
        const sorted = [...table.tBodies[0].rows].sort((a, b) => order(value(a, place), value(b, place)));
        table.tBodies[0].append(...(down ? sorted.reverse() : sorted));
      });
      head.append(button);
    });
  });
})();
