"use strict";
// The report reads without this script; with it tables sort, and figures and tables can be saved. Nothing is fetched.
(() => {
  const nameOf = (text) => (text || "").normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "table";

  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const button = (text, title, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "save";
    made.textContent = text;
    made.title = title;
    made.addEventListener("click", action);
    return made;
  };

  // what a cell starts with, as a number: 12.5, −3, <0.001, 15/35, 12 [8, 20]
  const numberOf = (text) => {
    const found = /^\s*[<>≤≥≈]?\s*([-−–+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)/i.exec(text);
    return found ? Number(found[1].replace(/[−–]/, "-")) : NaN;
  };

  const sort = (table, column, direction) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    rows.forEach((row, n) => { row.dataset.place ??= n; });
    const cell = (row) => (row.cells[column] ? row.cells[column].textContent.trim() : "");
    const isEmpty = (text) => text === "" || text === "–" || text === "-";
    const compare = (a, b) => {
      const [x, y] = [cell(a), cell(b)];
      if (isEmpty(x) || isEmpty(y)) return isEmpty(x) - isEmpty(y); // what is missing stands last, whichever way
      const [p, q] = [numberOf(x), numberOf(y)];
      const inWords = () => x.localeCompare(y, undefined, { numeric: true });
      const order = Number.isNaN(p) || Number.isNaN(q) ? inWords() : p - q || inWords(); // 3a before 3b
      return direction * order;
    };
    const place = (row) => Number(row.dataset.place);
    rows.sort((a, b) => (direction === 0 ? 0 : compare(a, b)) || place(a) - place(b));
    body.append(...rows);
  };

  const field = (shown) => {
    // the typeset minus of a number is none to a spreadsheet
    // and 7 / 12 is a date to it
    if (/^\d+ \/ \d+$/.test(shown)) return shown.replace("/", "|");
    const text = /^−\d[\d.]*(e[−+]?\d+)?$/.test(shown) ? shown.replaceAll("−", "-") : shown;
    // a spreadsheet must not take text for a formula
    const isFormula = /^[=@\t\r]/.test(text) || (/^[+-]/.test(text) && Number.isNaN(Number(text)));
    const safe = isFormula ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  const csv = (table) => [...table.rows]
    .map((row) => [...row.cells].map((cell) => field(cell.textContent.trim())).join(",")).join("\r\n") + "\r\n";

  for (const table of document.querySelectorAll("figure.table table")) {
    const caption = table.closest("figure").querySelector("figcaption");
    const title = caption ? caption.textContent.trim() : "";
    [...(table.tHead ? table.tHead.rows[0].cells : [])].forEach((head, column) => {
      head.classList.add("sortable");
      head.tabIndex = 0;
      const turn = () => {
        const now = head.getAttribute("aria-sort");
        const direction = now === "ascending" ? -1 : now === "descending" ? 0 : 1;
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        if (direction) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
        sort(table, column, direction);
      };
      head.addEventListener("click", turn);
      head.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); turn(); }
      });
    });
    const name = `${nameOf(title)}.csv`;
    // the mark at the start tells spreadsheets that the text is UTF-8
    const action = () => save(new Blob(["\ufeff", csv(table)], { type: "text/csv" }), name);
    (caption || table.parentElement).append(button("CSV", name, action));
  }

  const standalone = (svg) => {
    const copy = svg.cloneNode(true);
    const box = svg.viewBox.baseVal;
    const scale = 480 / (box && box.width ? box.width : 480);
    if (!copy.getAttribute("width")) copy.setAttribute("width", "480");
    if (!copy.getAttribute("height")) copy.setAttribute("height", String(Math.round((box ? box.height : 360) * scale)));
    return new XMLSerializer().serializeToString(copy);
  };

  const png = (svg, name) => {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.width * 3, image.height * 3];
      const ink = canvas.getContext("2d");
      ink.fillStyle = "#fff";
      ink.fillRect(0, 0, canvas.width, canvas.height);
      ink.drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(blob, name), "image/png");
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(svg))}`;
  };

  for (const figure of document.querySelectorAll("figure[data-file]")) {
    const svg = figure.querySelector("svg");
    const caption = figure.querySelector("figcaption");
    if (!svg || !caption) continue;
    const file = figure.dataset.file.split("/").pop();
    const buttons = [
      button("SVG", `${file}.svg`, () => save(new Blob([standalone(svg)], { type: "image/svg+xml" }), `${file}.svg`)),
      button("PNG", `${file}.png`, () => png(svg, `${file}.png`)),
    ];
    const command = caption.querySelector("details");
    if (command) command.before(...buttons);
    else caption.append(...buttons);
  }

  // what is folded away on the screen is there on paper
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details:not([open])")) {
      folded.open = true;
      folded.dataset.folded = "yes";
    }
  });
  addEventListener("afterprint", () => {
    for (const folded of document.querySelectorAll("details[data-folded]")) {
      folded.open = false;
      delete folded.dataset.folded;
    }
  });
})();
