"use strict";
// Shows the packed maps of one patient. Arrays run from the patient's right to the left, from anterior to posterior and
// from the head to the feet, so that every plane is a plain cut through them.
(async () => {
  const patient = JSON.parse(document.getElementById("data").textContent);
  const part = (id) => document.getElementById(id);
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  if (typeof DecompressionStream === "undefined") {
    part("problem").hidden = false;
    return;
  }
  const inflate = async (text) => {
    const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  const colours = Object.fromEntries(Object.entries(patient.palettes).map(([name, table]) => [name, bytes(table)]));

  const LETTERS = [["A", "P", "S", "I"], ["R", "L", "S", "I"], ["R", "L", "A", "P"]];
  const ACROSS = [1, 0, 0];
  const DOWN = [2, 2, 1];
  const names = [...new Set(patient.visits.flatMap((visit) => visit.maps.map((map) => map.name)))];
  for (const name of names) part("map").append(new Option(name, name));

  const views = patient.visits.map((visit) => {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const [title, where] = [document.createElement("strong"), document.createElement("span")];
    title.textContent = visit.name;
    caption.append(title, where);
    const canvas = document.createElement("canvas");
    figure.append(caption, canvas);
    part("visits").append(figure);
    return { visit, figure, canvas, where };
  });

  const state = { map: names[0], plane: 0, place: 0.5, low: 0, high: 1, pointer: null };
  const mapOf = (view) => view.visit.maps.find((map) => map.name === state.map);
  // of one map all visits are shown at one scale
  const unpacked = async (map) => { map.values ??= await inflate(map.data); };

  const cut = (map, values) => {
    const [a, d] = [ACROSS[state.plane], DOWN[state.plane]];
    const strides = [1, map.size[0], map.size[0] * map.size[1]];
    const index = Math.round(state.place * (map.size[state.plane] - 1));
    const [width, height] = [map.size[a], map.size[d]];
    const out = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        out[y * width + x] = values[index * strides[state.plane] + x * strides[a] + y * strides[d]];
      }
    }
    return { out, index, width, height, mm: [width * map.spacing_mm[a], height * map.spacing_mm[d]] };
  };

  const valueOf = (map, step) => map.range[0] + (map.range[1] - map.range[0]) * (step - 1) / 254;
  const shown = (map, value) => (Math.abs(map.range[1] - map.range[0]) > 50 ? value.toFixed(0) : value.toPrecision(3));

  const table = (map) => {
    const palette = colours[map.palette];
    const rgba = new Uint32Array(256);
    const pixel = new Uint8ClampedArray(4);
    for (let step = 0; step < 256; step++) {
      const share = (valueOf(map, step) - state.low) / (state.high - state.low || 1);
      const at = 3 * Math.round(255 * Math.min(1, Math.max(0, share)));
      pixel.set(step ? [palette[at], palette[at + 1], palette[at + 2], 255] : [0, 0, 0, 255]);
      rgba[step] = new Uint32Array(pixel.buffer)[0];
    }
    return rgba;
  };

  // "24/32", in the order of the file; of a block "23–24/32"
  const numberOf = (map, index) => {
    const [first, step, count] = map.file[state.plane];
    const block = map.block[state.plane];
    const from = first + step * index * block;
    const to = Math.min(count, Math.max(1, from + step * (block - 1)));
    return from === to ? `${from}/${count}` : `${Math.min(from, to)}–${Math.max(from, to)}/${count}`;
  };

  const outline = (ink, flat, scale, colour) => {
    ink.strokeStyle = colour;
    ink.lineWidth = 2;
    ink.beginPath();
    const inside = (x, y) => x >= 0 && y >= 0 && x < flat.width && y < flat.height && flat.out[y * flat.width + x] > 0;
    for (let y = 0; y < flat.height; y++) {
      for (let x = 0; x < flat.width; x++) {
        if (!inside(x, y)) continue;
        const [l, t, r, b] = [x * scale[0], y * scale[1], (x + 1) * scale[0], (y + 1) * scale[1]];
        if (!inside(x - 1, y)) { ink.moveTo(l, t); ink.lineTo(l, b); }
        if (!inside(x + 1, y)) { ink.moveTo(r, t); ink.lineTo(r, b); }
        if (!inside(x, y - 1)) { ink.moveTo(l, t); ink.lineTo(r, t); }
        if (!inside(x, y + 1)) { ink.moveTo(l, b); ink.lineTo(r, b); }
      }
    }
    ink.stroke();
  };

  const haloed = (ink, text, x, y) => {
    ink.strokeStyle = "#000";
    ink.lineWidth = 3;
    ink.strokeText(text, x, y);
    ink.fillStyle = "#fff";
    ink.fillText(text, x, y);
  };

  const draw = () => {
    const present = views.filter((view) => mapOf(view));
    const extents = present.map((view) => cutSize(mapOf(view)));
    const tallest = Math.max(...extents.map((mm) => mm[1]));
    const widest = Math.max(...extents.map((mm) => mm[0]));
    const perMm = Math.min(640 / tallest, 560 / widest);
    let isCoarse = false;
    for (const view of views) {
      const map = mapOf(view);
      view.figure.hidden = !map;
      if (!map) continue;
      isCoarse ||= map.block.some((block) => block > 1);
      const flat = cut(map, map.values);
      const rgba = table(map);
      const small = new OffscreenCanvas(flat.width, flat.height);
      const image = new ImageData(flat.width, flat.height);
      new Uint32Array(image.data.buffer).set(Uint32Array.from(flat.out, (step) => rgba[step]));
      small.getContext("2d").putImageData(image, 0, 0);
      const { canvas } = view;
      canvas.width = Math.max(1, Math.round(flat.mm[0] * perMm));
      canvas.height = Math.max(1, Math.round(flat.mm[1] * perMm));
      const ink = canvas.getContext("2d");
      ink.imageSmoothingEnabled = false;
      ink.drawImage(small, 0, 0, canvas.width, canvas.height);
      const scale = [canvas.width / flat.width, canvas.height / flat.height];
      const lesions = view.visit.lesions;
      const fits = lesions && lesions.size.every((n, axis) => n === map.size[axis]);
      if (part("overlay").checked && fits) {
        outline(ink, cut(lesions, lesions.values), scale, map.palette === "magma" ? "#50e6ff" : "#ff463c");
      }
      ink.font = "bold 15px sans-serif";
      ink.textBaseline = "middle";
      const [left, right, top, bottom] = LETTERS[state.plane];
      ink.textAlign = "left"; haloed(ink, left, 6, canvas.height / 2);
      ink.textAlign = "right"; haloed(ink, right, canvas.width - 6, canvas.height / 2);
      ink.textAlign = "center"; haloed(ink, top, canvas.width / 2, 12); haloed(ink, bottom, canvas.width / 2, canvas.height - 10);
      const length = [100, 50, 20, 10, 5].find((mm) => mm * perMm < 0.4 * canvas.width);
      if (length) {
        ink.fillStyle = "#000"; ink.fillRect(7, canvas.height - 12, length * perMm + 2, 5);
        ink.fillStyle = "#fff"; ink.fillRect(8, canvas.height - 11, length * perMm, 3);
        ink.textAlign = "left"; haloed(ink, `${length} mm`, 8, canvas.height - 22);
      }
      let under = "";
      if (state.pointer) {
        const x = Math.min(flat.width - 1, Math.floor(state.pointer[0] * flat.width));
        const y = Math.min(flat.height - 1, Math.floor(state.pointer[1] * flat.height));
        const step = flat.out[y * flat.width + x];
        under = step ? `${shown(map, valueOf(map, step))} ${map.unit}  ` : "–  ";
      }
      view.where.textContent = `${under}${numberOf(map, flat.index)}`;
    }
    part("block").hidden = !isCoarse;
  };
  const cutSize = (map) => [ACROSS[state.plane], DOWN[state.plane]].map((axis) => map.size[axis] * map.spacing_mm[axis]);

  const legend = (map) => {
    const ink = part("colours").getContext("2d");
    const palette = colours[map.palette];
    for (let n = 0; n < 256; n++) {
      ink.fillStyle = `rgb(${palette[3 * n]},${palette[3 * n + 1]},${palette[3 * n + 2]})`;
      ink.fillRect(n, 0, 1, 1);
    }
    part("from").textContent = shown(map, state.low);
    part("to").textContent = `${shown(map, state.high)} ${map.unit}`;
  };

  const longest = () => Math.max(...views.map(mapOf).filter(Boolean).map((map) => map.size[state.plane]));
  const slices = () => {
    const n = longest();
    part("slice").max = n - 1;
    part("slice").value = Math.round(state.place * (n - 1));
  };

  const choose = async () => {
    const maps = views.map(mapOf).filter(Boolean);
    await Promise.all([...maps, ...views.map((view) => view.visit.lesions).filter(Boolean)].map(unpacked));
    // signals have no unit: the visits share the wider window
    state.low = Math.min(...maps.map((map) => map.window[0]));
    state.high = Math.max(...maps.map((map) => map.window[1]));
    part("low").value = shown(maps[0], state.low);
    part("high").value = shown(maps[0], state.high);
    const hasLesions = views.some((view) => {
      const [map, lesions] = [mapOf(view), view.visit.lesions];
      return map && lesions && lesions.size.every((n, axis) => n === map.size[axis]);
    });
    part("overlay").disabled = !hasLesions;
    legend(maps[0]);
    slices();
    draw();
  };

  const step = (by) => {
    const n = longest();
    const index = Math.min(n - 1, Math.max(0, Math.round(state.place * (n - 1)) + by));
    state.place = n > 1 ? index / (n - 1) : 0;
    slices();
    draw();
  };

  part("map").addEventListener("change", (event) => { state.map = event.target.value; choose(); });
  part("plane").addEventListener("change", (event) => { state.plane = Number(event.target.value); state.place = 0.5; slices(); draw(); });
  part("slice").addEventListener("input", (event) => { state.place = longest() > 1 ? event.target.value / (longest() - 1) : 0; draw(); });
  part("overlay").addEventListener("change", draw);
  for (const side of ["low", "high"]) {
    part(side).addEventListener("input", (event) => {
      if (event.target.value === "") return;
      state[side] = Number(event.target.value);
      legend(views.map(mapOf).find(Boolean));
      draw();
    });
  }
  for (const view of views) {
    view.canvas.addEventListener("wheel", (event) => { event.preventDefault(); step(Math.sign(event.deltaY)); }, { passive: false });
    view.canvas.addEventListener("pointermove", (event) => {
      const box = view.canvas.getBoundingClientRect();
      state.pointer = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((v) => Math.min(0.999, Math.max(0, v)));
      draw();
    });
    view.canvas.addEventListener("pointerleave", () => { state.pointer = null; draw(); });
  }
  addEventListener("keydown", (event) => {
    if (["INPUT", "SELECT"].includes(event.target.tagName)) return;
    const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -5, PageDown: 5 }[event.key];
    if (by) { event.preventDefault(); step(by); }
  });

  await choose();
  document.body.dataset.ready = "yes";
})();
