// The numbers of a reading, outlined on their picture and listed line by line.

import { percent } from "/formats.js";

const CROWDED = 24; // More numbers than this show no confidence on the picture, only in the list.

/** Fill `picture` and `list`; `onEdit(number)` is called for a number that is clicked. */
export function showNumbers({ picture, list, lines, width, height, onEdit }) {
  picture.querySelectorAll(".outline").forEach((outline) => outline.remove());
  const numbers = lines.flat();
  picture.classList.toggle("crowded", numbers.length > CROWDED);
  const entries = new Map(numbers.map((number) => [number, makeEntry(number, onEdit)]));
  const outlines = numbers.map((number) => makeOutline(number, width, height, onEdit));
  picture.append(...outlines);
  numbers.forEach((number, index) => pair(outlines[index], entries.get(number)));
  list.replaceChildren(...lines.map((line) => {
    const row = document.createElement("li");
    const group = document.createElement("ul");
    group.append(...line.map((number) => {
      const item = document.createElement("li");
      item.append(entries.get(number));
      return item;
    }));
    row.append(group);
    return row;
  }));
}

/** Mark what is less certain than `threshold`. */
export function markDoubtful(numbers, threshold) {
  for (const number of numbers) {
    for (const digit of number.digits) digit.doubtful = digit.confidence < threshold;
    const some = number.confidence < threshold || number.digits.some(({ doubtful }) => doubtful);
    number.doubtful = some && !number.corrected;
  }
}

function makeOutline(number, width, height, onEdit) {
  const [left, top, right, bottom] = number.box;
  const button = makeButton(number, "outline", onEdit);
  const share = (pixels, all) => `${(100 * pixels) / all}%`;
  Object.assign(button.style, {
    left: share(left, width),
    top: share(top, height),
    width: share(right - left, width),
    height: share(bottom - top, height),
  });
  // At the very top there is no room above.
  button.classList.toggle("low", top < height * 0.06);
  const tag = document.createElement("span");
  tag.className = "tag";
  tag.append(...worded(number));
  button.append(tag);
  // The list says the same to those who do not see the picture.
  button.tabIndex = -1;
  button.setAttribute("aria-hidden", "true");
  return button;
}

function makeEntry(number, onEdit) {
  const button = makeButton(number, "entry", onEdit);
  button.append(...worded(number));
  const state = number.corrected ? "corrected" : number.doubtful ? "doubtful" : "";
  button.setAttribute("aria-label",
    [number.text || "no number", state, percent(number.confidence), "correct it"].filter(Boolean).join(", "));
  return button;
}

function makeButton(number, name, onEdit) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = name;
  button.classList.toggle("doubtful", number.doubtful);
  button.classList.toggle("corrected", Boolean(number.corrected));
  button.disabled = !onEdit;
  if (onEdit) button.addEventListener("click", () => onEdit(number));
  return button;
}

/** The number's digits, doubtful ones marked, and its confidence. */
function worded(number) {
  const small = document.createElement("small");
  small.textContent = number.corrected ? "yours" : percent(number.confidence);
  if (number.corrected) return [number.text || "✕", small];
  const parts = number.digits.map(({ digit, doubtful }) => {
    if (!doubtful) return String(digit);
    const mark = document.createElement("mark");
    mark.textContent = digit;
    return mark;
  });
  return [...parts, small];
}

/** Pointing at one shows the other. */
function pair(outline, entry) {
  for (const element of [outline, entry]) {
    for (const [type, active] of [["pointerenter", true], ["focus", true], ["pointerleave", false], ["blur", false]]) {
      element.addEventListener(type, () => {
        outline.classList.toggle("active", active);
        entry.classList.toggle("active", active);
      });
    }
  }
}
