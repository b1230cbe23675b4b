// Digits whose label a person gave: kept in this page, downloaded as the folder that training takes.

import { toBlob } from "/formats.js";
import { zip } from "/zip.js";

const FOLDER = "corrections";
const element = (id) => document.getElementById(id);
let corrections = []; // { digit, canvas }

export function startCorrections() {
  element("download").addEventListener("click", download);
  element("forget").addEventListener("click", () => { corrections = []; show(); });
}

/** Keep the canvas as a picture of the digit. */
export function addCorrection(digit, canvas) {
  corrections.push({ digit, canvas });
  show();
}

/** Let go of pictures that a later correction replaces. */
export function dropCorrections(canvases) {
  corrections = corrections.filter(({ canvas }) => !canvases.includes(canvas));
  show();
}

function show() {
  const count = corrections.length;
  element("corrections").hidden = count === 0;
  element("corrections-count").textContent = count === 1 ? "1 digit" : `${count} digits`;
  element("corrections-list").replaceChildren(...corrections.map(({ digit, canvas }) => {
    const item = document.createElement("li");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Picture of a ${digit}`);
    item.append(canvas, String(digit));
    return item;
  }));
}

async function download() {
  const files = [];
  // All ten folders, as data sets have them.
  for (let digit = 0; digit < 10; digit += 1) {
    files.push({ name: `${FOLDER}/${digit}/`, bytes: new Uint8Array() });
  }
  const stamp = Date.now().toString(36);
  for (const [index, { digit, canvas }] of corrections.entries()) {
    const bytes = new Uint8Array(await (await toBlob(canvas, "image/png")).arrayBuffer());
    const number = String(index + 1).padStart(4, "0");
    files.push({ name: `${FOLDER}/${digit}/${stamp}-${number}.png`, bytes });
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(zip(files));
  link.download = `${FOLDER}.zip`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
