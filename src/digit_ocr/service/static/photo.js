// "Read a photo": a picture comes in by button, drop, paste or camera; its numbers are shown on it.

import { read } from "/api.js";
import { takePicture } from "/camera.js";
import { editNumber } from "/editor.js";
import { asCsv, asJson, asLines, asText } from "/formats.js";
import { markDoubtful, showNumbers } from "/overlay.js";

const element = (id) => document.getElementById(id);
let shown = null; // { reading, lines, image, name, editable }
let newest = 0; // Counts the pictures, so that a late answer to an earlier one is not shown.

export function startPhoto() {
  element("pick").addEventListener("click", () => element("file").click());
  element("another").addEventListener("click", startAgain);
  element("camera").addEventListener("click", () => takePicture(readPicture, fail));
  for (const input of [element("file"), element("capture")]) {
    input.addEventListener("change", () => {
      if (input.files.length) readPicture(input.files[0], input.files[0].name);
      input.value = ""; // So that the same file can be chosen again.
    });
  }
  for (const button of document.querySelectorAll(".sample")) {
    button.addEventListener("click", () => readSample(button.dataset.src));
  }
  acceptDrops();
  document.addEventListener("paste", (event) => {
    const [file] = event.clipboardData?.files ?? [];
    if (file) readPicture(file, file.name);
  });
  element("threshold").addEventListener("input", redraw);
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy(button.dataset.copy));
  }
}

function acceptDrops() {
  const root = document.documentElement;
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    root.classList.add("dragging");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) root.classList.remove("dragging");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    root.classList.remove("dragging");
    const [file] = event.dataTransfer.files;
    if (file) readPicture(file, file.name);
  });
}

async function readSample(address) {
  try {
    const response = await fetch(address);
    await readPicture(await response.blob(), address.split("/").pop());
  } catch {
    fail("The sample could not be fetched. Is the service still running?");
  }
}

async function readPicture(blob, name) {
  const turn = ++newest;
  element("photo-error").hidden = true;
  say("Reading…", true);
  element("photo").scrollIntoView({ behavior: "smooth", block: "nearest" });
  try {
    let reading = await read(blob, name);
    let image = await openImage(URL.createObjectURL(blob));
    const editable = image !== null;
    if (!editable) {
      // TIFF and HEIC: the browser shows none, the service does, with its own outlines.
      reading = await read(blob, name, true);
      image = await openImage(reading.annotated);
      delete reading.annotated;
    }
    if (turn === newest) show({ reading, image, name, editable });
  } catch (error) {
    if (turn === newest) fail(error.message);
  }
}

async function openImage(address) {
  const image = new Image();
  image.alt = "The picture that was read";
  image.src = address;
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  }
}

function show(result) {
  shown = { ...result, lines: asLines(result.reading.numbers, result.reading.text) };
  element("picture").replaceChildren(result.image);
  element("picture").classList.toggle("drawn", !result.editable);
  element("drop").hidden = true;
  element("result").hidden = false;
  element("again").hidden = false;
  element("copied").textContent = "";
  element("correct-note").textContent = result.editable ? "Click a number to correct it."
    : "The browser cannot show this kind of file, so its numbers cannot be corrected here.";
  const count = result.reading.numbers.length;
  const lineCount = shown.lines.length;
  say(count === 0 ? "No numbers were found in this picture."
    : `${plural(count, "number")} in ${plural(lineCount, "line")}.`);
  redraw();
}

function redraw() {
  const threshold = Number(element("threshold").value) / 100;
  element("threshold-value").textContent = `${element("threshold").value} %`;
  if (!shown) return;
  markDoubtful(shown.lines.flat(), threshold);
  showNumbers({
    picture: element("picture"),
    list: element("lines"),
    lines: shown.lines,
    width: shown.reading.width,
    height: shown.reading.height,
    onEdit: shown.editable ? correct : null,
  });
}

async function correct(number) {
  const place = shown.lines.flat().indexOf(number);
  if (await editNumber(number, shown.image)) redraw();
  // Redrawing replaced the button that had the focus.
  element("lines").querySelectorAll("button")[place]?.focus();
}

function startAgain() {
  newest += 1;
  shown = null;
  element("drop").hidden = false;
  element("result").hidden = true;
  element("again").hidden = true;
  say("");
  element("pick").focus();
}

async function copy(format) {
  const { lines, reading, name } = shown;
  const made = { text: asText, csv: () => asCsv(lines, name), json: () => asJson(reading, lines) };
  const copied = await toClipboard(made[format](lines));
  const words = { text: "text", csv: "CSV", json: "JSON" }[format];
  element("copied").textContent = copied ? `Copied as ${words}.` : "The browser does not allow copying.";
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https, browsers have no clipboard object, but still copy a selection.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}

function say(words, busy = false) {
  element("photo-live").textContent = words;
  element("photo-live").classList.toggle("busy", busy);
  element("photo").setAttribute("aria-busy", String(busy));
}

function fail(words) {
  say("");
  element("photo-error").textContent = words;
  element("photo-error").hidden = false;
}

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
