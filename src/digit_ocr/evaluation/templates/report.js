"use strict";

// The pictures behind a cell of a confusion matrix.
for (const matrix of document.querySelectorAll("[data-matrix]")) {
  const cells = JSON.parse(matrix.querySelector("script").textContent);
  const title = matrix.querySelector("[data-cell-title]");
  const pictures = matrix.querySelector(".cell-pictures");
  const buttons = [...matrix.querySelectorAll(".confusion button")];

  const show = (button) => {
    for (const other of buttons) other.setAttribute("aria-pressed", other === button);
    const shown = cells[button.dataset.key] || [];
    const count = Number(button.dataset.count);
    const some = shown.length < count ? `, ${shown.length} shown` : "";
    title.textContent = `${button.dataset.label}: ${count.toLocaleString("en")}${some}`;
    pictures.replaceChildren(...shown.map(([x, y, index, confidence]) => {
      const figure = document.createElement("figure");
      const picture = document.createElement("i");
      picture.className = "pic";
      picture.style.cssText = `--x:${x};--y:${y}`;
      picture.title = `picture ${index}, confidence ${confidence}`;
      const caption = document.createElement("figcaption");
      caption.textContent = confidence;
      figure.append(picture, caption);
      return figure;
    }));
  };

  let chosen = buttons.find((button) => button.dataset.key === matrix.dataset.first) || buttons[0];
  for (const button of buttons) {
    button.addEventListener("click", () => { chosen = button; show(button); });
    // Resting on a cell shows its pictures; leaving the matrix returns to the one chosen.
    button.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") show(button); });
  }
  matrix.querySelector(".confusion").addEventListener("pointerleave", () => show(chosen));
  if (chosen) show(chosen);

  for (const choice of matrix.querySelectorAll(".switch button")) {
    choice.addEventListener("click", () => {
      matrix.classList.toggle("shares", choice.dataset.unit === "share");
      for (const other of matrix.querySelectorAll(".switch button")) {
        other.setAttribute("aria-pressed", other === choice);
      }
    });
  }
}

// With several models, one at a time; without scripts and in print, one after the other.
const tabs = [...document.querySelectorAll(".tabs button")];
const select = (tab) => {
  for (const other of tabs) {
    other.setAttribute("aria-selected", other === tab);
    document.getElementById(other.dataset.model).hidden = other !== tab;
  }
};
for (const tab of tabs) tab.addEventListener("click", () => select(tab));
if (tabs.length) select(tabs[0]);
