"use strict";
// Hands the packed maps of one patient to NiiVue, which the user installed: each becomes a NIfTI image of bytes whose scale
// gives back its values, in the place in the body that it was measured in.
(async () => {
  const patient = JSON.parse(document.getElementById("data").textContent);
  const part = (id) => document.getElementById(id);
  const fail = (reason) => {
    part("problem").hidden = false;
    part("problem").append(` ${reason}`);
    document.body.dataset.ready = "failed";
  };
  if (!globalThis.niivue || typeof DecompressionStream === "undefined") {
    fail("");
    return;
  }
  const { Niivue, NVImage } = globalThis.niivue;
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const inflate = async (text) => {
    const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  // NIfTI-1: step 0 means missing and lies one step below the range
  const nifti = (map, values, slope, intercept) => {
    const buffer = new ArrayBuffer(352 + values.length);
    const view = new DataView(buffer);
    const little = true;
    view.setInt32(0, 348, little);
    [3, ...map.size, 1, 1, 1, 1].forEach((n, at) => view.setInt16(40 + 2 * at, n, little));
    view.setInt16(70, 2, little); // unsigned bytes
    view.setInt16(72, 8, little);
    [1, ...map.spacing_mm, 1, 1, 1, 1].forEach((mm, at) => view.setFloat32(76 + 4 * at, mm, little));
    view.setFloat32(108, 352, little);
    view.setFloat32(112, slope, little);
    view.setFloat32(116, intercept, little);
    view.setUint8(123, 2); // mm
    view.setInt16(254, 1, little); // sform, scanner
    map.affine.flat().forEach((value, at) => view.setFloat32(280 + 4 * at, value, little));
    [0x6e, 0x2b, 0x31, 0].forEach((letter, at) => view.setUint8(344 + at, letter));
    new Uint8Array(buffer, 352).set(values);
    return buffer;
  };
  const image = (map, values, name, slope, intercept, more) => NVImage.loadFromUrl({ url: `${name}.nii`, name: `${name}.nii`, buffer: nifti(map, values, slope, intercept), ...more });

  const tables = Object.fromEntries(Object.entries(patient.palettes).map(([name, table]) => {
    const rgb = bytes(table);
    const channel = (n) => Array.from({ length: 256 }, (_, at) => rgb[3 * at + n]);
    return [name, { R: channel(0), G: channel(1), B: channel(2), A: Array(256).fill(255), I: Array.from({ length: 256 }, (_, at) => at) }];
  }));
  const lesionColours = { R: [0, 255], G: [0, 70], B: [0, 60], A: [0, 255], I: [0, 255] };

  const names = [...new Set(patient.visits.flatMap((visit) => visit.maps.map((map) => map.name)))];
  for (const name of names) part("map").append(new Option(name, name));

  const views = [];
  for (const visit of patient.visits) {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const [title, where] = [document.createElement("strong"), document.createElement("span")];
    title.textContent = visit.name;
    caption.append(title, where);
    const [frame, canvas] = [document.createElement("div"), document.createElement("canvas")];
    frame.className = "frame";
    frame.append(canvas);
    figure.append(caption, frame);
    part("visits").append(figure);
    const nv = new Niivue({ backColor: [0, 0, 0, 1], show3Dcrosshair: true, isColorbar: true, isRadiologicalConvention: true, sagittalNoseLeft: true, crosshairWidth: 0.25, crosshairColor: [1, 0.75, 0.3, 0.8], dragAndDropEnabled: false, logLevel: "error" });
    nv.onLocationChange = (location) => { where.textContent = location.string; };
    try {
      await nv.attachToCanvas(canvas);
    } catch (error) {
      fail(String(error));
      return;
    }
    for (const [name, table] of Object.entries(tables)) nv.addColormap(`myelomri-${name}`, table);
    nv.addColormap("myelomri-lesions", lesionColours);
    views.push({ visit, figure, nv });
  }
  // the planes of one visit follow the pointer in the other
  for (const view of views) {
    const others = views.filter((other) => other !== view).map((other) => other.nv);
    if (others.length) view.nv.broadcastTo(others, { "2d": true, "3d": true });
  }

  const mapOf = (view) => view.visit.maps.find((map) => map.name === part("map").value);
  const unpacked = async (map) => { map.values ??= await inflate(map.data); return map.values; };
  const numberOf = (id) => Number(part(id).value);

  const choose = async () => {
    const maps = views.map(mapOf).filter(Boolean);
    const [low, high] = [Math.min(...maps.map((map) => map.window[0])), Math.max(...maps.map((map) => map.window[1]))];
    const shown = (value) => (high - low > 50 ? value.toFixed(0) : value.toPrecision(3));
    [part("low").value, part("high").value] = [shown(low), shown(high)];
    for (const view of views) {
      const map = mapOf(view);
      view.figure.hidden = !map;
      for (const volume of [...view.nv.volumes].reverse()) view.nv.removeVolume(volume);
      if (!map) continue;
      const slope = (map.range[1] - map.range[0]) / 254;
      const look = { colormap: `myelomri-${map.palette}`, cal_min: low, cal_max: high };
      view.nv.addVolume(await image(map, await unpacked(map), map.name, slope, map.range[0] - slope, look));
      const lesions = view.visit.lesions;
      if (lesions && lesions.size.every((n, axis) => n === map.size[axis])) {
        const over = { colormap: "myelomri-lesions", cal_min: 0.5, cal_max: 1, opacity: part("overlay").checked ? 0.6 : 0, colorbarVisible: false };
        view.nv.addVolume(await image(lesions, await unpacked(lesions), "tDV", 1, 0, over));
      }
      view.nv.setSliceType(numberOf("plane"));
      view.nv.updateGLVolume();
    }
    part("overlay").disabled = views.every((view) => view.nv.volumes.length < 2);
    part("block").hidden = maps.every((map) => map.block.every((block) => block === 1));
  };

  part("map").addEventListener("change", choose);
  part("plane").addEventListener("change", () => views.forEach((view) => view.nv.setSliceType(numberOf("plane"))));
  part("overlay").addEventListener("change", () => views.forEach((view) => {
    if (view.nv.volumes.length > 1) view.nv.setOpacity(1, part("overlay").checked ? 0.6 : 0);
  }));
  for (const side of ["low", "high"]) {
    part(side).addEventListener("change", () => views.forEach((view) => {
      if (!view.nv.volumes.length) return;
      [view.nv.volumes[0].cal_min, view.nv.volumes[0].cal_max] = [numberOf("low"), numberOf("high")];
      view.nv.updateGLVolume();
    }));
  }
  try {
    await choose();
    document.body.dataset.ready = "yes";
  } catch (error) {
    fail(String(error));
  }
})();
