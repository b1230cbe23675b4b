// The dialog that corrects one number: its digits as pictures, a box for each.

import { addCorrection, dropCorrections } from "/corrections.js";

const LARGEST_CROP = 160;
const element = (id) => document.getElementById(id);

/** Resolve true where the person changed or confirmed `number`; `image` is the picture shown. */
export function editNumber(number, image) {
  const dialog = element("editor");
  const cells = number.digits.map((digit) => makeCell(digit, image));
  element("cells").replaceChildren(...cells.map(({ label }) => label));
  dialog.returnValue = "cancel";
  dialog.showModal();
  cells[0].input.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const saved = dialog.returnValue === "save";
      if (saved) save(number, cells);
      resolve(saved);
    }, { once: true });
  });
}

function save(number, cells) {
  dropCorrections(number.digits.map(({ crop }) => crop));
  cells.forEach(({ digit, input, crop }) => {
    digit.given = input.value.replace(/\D/g, "");
    digit.crop = crop;
    // Two digits in one box correct the text, but are no picture of one digit.
    if (digit.given.length === 1) addCorrection(Number(digit.given), crop);
  });
  number.text = number.digits.map(({ given }) => given).join("");
  number.corrected = true;
}

function makeCell(digit, image) {
  const crop = cropOf(image, digit.box);
  const label = document.createElement("label");
  const input = document.createElement("input");
  input.inputMode = "numeric";
  input.autocomplete = "off";
  input.maxLength = 3;
  input.pattern = "[0-9]*";
  input.value = digit.given ?? digit.digit;
  input.setAttribute("aria-label", `Digit read as ${digit.digit}`);
  input.addEventListener("focus", () => input.select());
  label.className = digit.doubtful ? "doubtful" : "";
  label.append(crop, input);
  return { digit, crop, label, input };
}

/** The digit with some paper around it: training finds it there as reading does. */
function cropOf(image, [left, top, right, bottom]) {
  const margin = 0.15 * Math.max(right - left, bottom - top);
  const x = Math.max(0, left - margin);
  const y = Math.max(0, top - margin);
  const width = Math.min(image.naturalWidth, right + margin) - x;
  const height = Math.min(image.naturalHeight, bottom + margin) - y;
  const scale = Math.min(1, LARGEST_CROP / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, x, y, width, height, 0, 0, canvas.width, canvas.height);
  return canvas;
}
