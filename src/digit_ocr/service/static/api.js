// The service's API, as the page uses it: one picture a call; a failure is an error in words.

const KEY = "digit-ocr-api-key";

export class ServiceError extends Error {
  constructor(message, problem = "") {
    super(message);
    this.problem = problem;
  }
}

/** The prediction for one digit, with `seen`, the 28 × 28 image. */
export const predict = (blob) => call("/v1/predict?explain=true", blob, "drawing.png");

/** The reading of a whole picture; `annotate` adds it with the numbers drawn on it. */
export const read = (blob, name, annotate = false) =>
  call(`/v1/read${annotate ? "?annotate=true" : ""}`, blob, name);

async function call(path, blob, name) {
  const form = new FormData();
  // Named `files`, it is answered with a list in which a bad picture is one entry's error.
  form.append("files", blob, name);
  const response = await send(path, form);
  const body = await response.json().catch(() => ({}));
  if (response.status === 401 && (await askForKey())) return call(path, blob, name);
  if (!response.ok) {
    throw new ServiceError(sentence(body.detail || `The service answered ${response.status}`), body.type);
  }
  const [result] = body.results;
  if (result.error) throw new ServiceError(sentence(result.error.message), result.error.problem);
  return result;
}

async function send(path, form) {
  const key = sessionStorage.getItem(KEY);
  try {
    return await fetch(path, {
      method: "POST",
      body: form,
      headers: key ? { Authorization: `Bearer ${key}` } : {},
    });
  } catch {
    throw new ServiceError("The service does not answer. Is it still running?");
  }
}

function askForKey() {
  const dialog = document.getElementById("key-dialog");
  const input = document.getElementById("key");
  if (dialog.open) return Promise.resolve(false);
  sessionStorage.removeItem(KEY);
  input.value = "";
  dialog.returnValue = "cancel";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const given = dialog.returnValue === "save" && input.value.trim();
      if (given) sessionStorage.setItem(KEY, given);
      resolve(Boolean(given));
    }, { once: true });
  });
}

function sentence(text) {
  const trimmed = text.trim();
  return trimmed.endsWith(".") ? trimmed : `${trimmed}.`;
}
