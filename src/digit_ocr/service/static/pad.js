// The drawing sheet: strokes by mouse, finger, pen or arrow keys, kept as points in 0..1.

const PEN = 1 / 13; // Of the sheet's side: about what MNIST's writers had.
const SENT_SIDE = 140;
const KEY_STEP = 1 / 32;

export class Pad {
  /** `onChange(finished)` is called after each change; `finished` when the pen has been lifted. */
  constructor(canvas, onChange) {
    this.canvas = canvas;
    this.onChange = onChange;
    this.strokes = [];
    this.stroke = null;
    this.cursor = { x: 0.35, y: 0.25, visible: false };
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(type, () => this.#lift());
    }
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("focus", () => this.#showCursor(canvas.matches(":focus-visible")));
    canvas.addEventListener("blur", () => { this.#lift(); this.#showCursor(false); });
    new ResizeObserver(() => this.paint()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
  }

  get isEmpty() { return this.strokes.length === 0; }

  undo() {
    this.stroke = null;
    this.strokes.pop();
    this.#changed(true);
  }

  clear() {
    this.stroke = null;
    this.strokes = [];
    this.#changed(true);
  }

  /** The drawing as a canvas: black on white, whatever the theme. */
  picture() {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SENT_SIDE;
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, SENT_SIDE, SENT_SIDE);
    this.#draw(context, SENT_SIDE, "#000");
    return canvas;
  }

  paint() {
    const side = this.canvas.clientWidth;
    const pixels = Math.round(side * (window.devicePixelRatio || 1));
    if (this.canvas.width !== pixels) this.canvas.width = this.canvas.height = pixels;
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, pixels, pixels);
    const colour = getComputedStyle(this.canvas).getPropertyValue("--ink").trim() || "#000";
    this.#draw(context, pixels, colour);
    if (this.cursor.visible) this.#drawCursor(context, pixels, colour);
  }

  #down(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.cursor.visible = false;
    this.stroke = [this.#place(event)];
    this.strokes.push(this.stroke);
    this.#changed(false);
  }

  #move(event) {
    if (!this.stroke || !event.isPrimary || this.cursor.visible) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.stroke.push(this.#place(each));
    this.#changed(false);
  }

  #lift() {
    if (!this.stroke) return;
    this.stroke = null;
    this.#changed(true);
  }

  #key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in steps) {
      const [x, y] = steps[event.key];
      const within = (value) => Math.min(1, Math.max(0, value));
      this.cursor.x = within(this.cursor.x + x * KEY_STEP);
      this.cursor.y = within(this.cursor.y + y * KEY_STEP);
      this.cursor.visible = true;
      if (this.stroke) this.stroke.push({ x: this.cursor.x, y: this.cursor.y });
      this.stroke ? this.#changed(false) : this.paint();
    } else if (event.key === " ") {
      this.cursor.visible = true;
      if (this.stroke) this.#lift();
      else {
        this.stroke = [{ x: this.cursor.x, y: this.cursor.y }];
        this.strokes.push(this.stroke);
        this.#changed(false);
      }
    } else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) {
      if (!this.isEmpty) this.undo();
    } else if (event.key === "Escape" || event.key === "Delete") {
      if (!this.isEmpty) this.clear();
    } else return;
    event.preventDefault();
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  #showCursor(visible) {
    this.cursor.visible = visible;
    this.paint();
  }

  #changed(finished) {
    this.paint();
    this.onChange(finished);
  }

  #draw(context, side, colour) {
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = PEN * side;
    context.lineCap = context.lineJoin = "round";
    for (const points of this.strokes) {
      const at = points.map(({ x, y }) => [x * side, y * side]);
      context.beginPath();
      context.moveTo(...at[0]);
      // Through the middles between points: a hand's curve, not a mouse's corners.
      for (let i = 1; i < at.length - 1; i += 1) {
        const middle = [(at[i][0] + at[i + 1][0]) / 2, (at[i][1] + at[i + 1][1]) / 2];
        context.quadraticCurveTo(...at[i], ...middle);
      }
      context.lineTo(...at[at.length - 1]);
      context.stroke();
    }
  }

  #drawCursor(context, side, colour) {
    context.beginPath();
    context.arc(this.cursor.x * side, this.cursor.y * side, (PEN / 2) * side, 0, 2 * Math.PI);
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = Math.max(2, side / 160);
    context.stroke();
    if (this.stroke) context.fill();
  }
}
