// A reading as text, CSV and JSON, as the command line prints them; and a few small conversions.

export const percent = (share) => {
  const value = share * 100;
  // Never 100 % for what is not quite certain.
  return value >= 99.95 && share < 0.99995 ? "99.9 %" : `${value.toFixed(value >= 99.95 ? 0 : 1)} %`;
};

export const toBlob = (canvas, type) => new Promise((resolve, reject) => {
  canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), type);
});

/** The numbers grouped by the lines that they stand on. */
export function asLines(numbers, text) {
  // The service's text says how many numbers stand on each line; they come in the same order.
  const lines = [];
  let next = 0;
  for (const line of text.split("\n")) {
    const count = line === "" ? 0 : line.split(" ").length;
    if (count) lines.push(numbers.slice(next, next + count));
    next += count;
  }
  return lines;
}

export const asText = (lines) =>
  lines.map((line) => line.map(({ text }) => text).filter(Boolean).join(" ")).join("\n");

export function asCsv(lines, file) {
  const rows = [["file", "line", "text", "confidence", "x0", "y0", "x1", "y1", "error"]];
  lines.forEach((line, index) => {
    for (const { text, confidence, box } of line) rows.push([file, index, text, confidence, ...box, ""]);
  });
  return rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}

export const asJson = (reading, lines) =>
  JSON.stringify({ ...reading, text: asText(lines), numbers: lines.flat().map(plain) }, null, 2);

const plain = ({ text, confidence, box, digits, corrected }) =>
  corrected ? { text, corrected, confidence, box, digits } : { text, confidence, box, digits };

function quoted(value) {
  let text = String(value);
  // A file name that starts like a formula would be run by a spreadsheet.
  if (/^[=+\-@\t]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
