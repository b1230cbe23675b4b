// "Draw a digit": the sheet, and what the service makes of it while the pen still moves.

import { predict } from "/api.js";
import { addCorrection } from "/corrections.js";
import { Pad } from "/pad.js";
import { percent, toBlob } from "/formats.js";

const SURE = 0.9;
const NO_DIGIT = "/problems/no-digit-found";
const element = (id) => document.getElementById(id);

const bars = Array.from({ length: 10 }, (_, digit) => makeBar(digit));
let pad;
let waiting = false; // A prediction is under way.
let stale = false; // The drawing has changed since it was asked for.

export function startDrawing() {
  element("bars").append(...bars.map(({ item }) => item));
  pad = new Pad(element("pad"), drawingChanged);
  element("undo").addEventListener("click", () => pad.undo());
  element("clear").addEventListener("click", () => { pad.clear(); element("pad").focus(); });
  showNothing("The sheet is empty.");
}

function drawingChanged() {
  element("undo").disabled = element("clear").disabled = pad.isEmpty;
  element("pad-hint").hidden = !pad.isEmpty;
  if (pad.isEmpty) showNothing("The sheet is empty.");
  stale = true;
  if (!waiting) keepUp();
}

/** One request at a time, always for the newest drawing: a slow service is never flooded. */
async function keepUp() {
  waiting = true;
  while (stale) {
    stale = false;
    if (pad.isEmpty) break;
    try {
      const prediction = await predict(await toBlob(pad.picture(), "image/png"));
      if (!pad.isEmpty) show(prediction);
      element("draw-error").hidden = true;
    } catch (error) {
      if (pad.isEmpty) break;
      showNothing(error.problem === NO_DIGIT ? "No digit to be seen yet." : "");
      element("draw-error").hidden = error.problem === NO_DIGIT;
      if (error.problem !== NO_DIGIT) element("draw-error").textContent = error.message;
    }
  }
  waiting = false;
}

function show({ digit, confidence, probabilities, seen }) {
  element("digit").textContent = digit;
  element("digit").className = confidence < SURE ? "digit doubtful" : "digit";
  const words = confidence < SURE ? `Perhaps a ${digit}` : `A ${digit}`;
  element("verdict").textContent = `${words}, ${percent(confidence)} certain.`;
  announce(`${words}, ${percent(confidence)} certain.`);
  bars.forEach((bar, each) => bar.set(probabilities[each], each === digit));
  paintSeen(seen);
}

function showNothing(words) {
  element("digit").textContent = "?";
  element("digit").className = "digit none";
  element("verdict").textContent = words;
  announce(words);
  bars.forEach((bar) => bar.set(null, false));
  paintSeen(null);
}

let announcement;
/** Said once the pen rests: a live region that follows every movement would never stop talking. */
function announce(words) {
  clearTimeout(announcement);
  announcement = setTimeout(() => { element("draw-live").textContent = words; }, 700);
}

function paintSeen(rows) {
  const context = element("seen").getContext("2d");
  const image = context.createImageData(28, 28);
  for (let i = 0; i < 28 * 28; i += 1) {
    const value = rows ? rows[Math.floor(i / 28)][i % 28] : 0;
    image.data.set([value, value, value, 255], i * 4);
  }
  context.putImageData(image, 0, 0);
}

function makeBar(digit) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.innerHTML = `<span>${digit}</span><span class="track"><span class="fill"></span></span>`
    + '<span class="percent"></span>';
  const fill = button.querySelector(".fill");
  const figure = button.querySelector(".percent");
  button.addEventListener("click", () => {
    addCorrection(digit, pad.picture());
    element("verdict").textContent = `Noted: a ${digit}.`;
    announce(`Noted as a ${digit} in your corrections.`);
  });
  item.append(button);
  return {
    item,
    set(probability, isTop) {
      fill.style.transform = `translateX(${101 * ((probability ?? 0) - 1)}%)`;
      figure.textContent = probability === null ? "" : percent(probability);
      button.classList.toggle("top-one", isTop);
      button.disabled = probability === null;
      button.setAttribute("aria-label", probability === null
        ? `${digit}`
        : `${digit}: ${percent(probability)}. Note the drawing as a ${digit}`);
    },
  };
}
