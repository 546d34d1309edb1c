"use strict";
// The table of programs: search, sort, and the details of a program when it is opened. Nothing from
// the data becomes HTML: every text goes in as text. packed.py says what the short names mean.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const numberOf = new Map(data.table.map(([name], number) => [name, number]));
  const statusOf = data.table.map(([, status]) => status);
  const noteOf = data.table.map(([, , note]) => note);
  const STATUSES = [
    ["absent", "Not there"],
    ["stub", "Stubs"],
    ["partial", "With limits"],
    ["full", "There in full"],
  ];
  const TONES = { runs: "full", runs_with_limits: "partial", lacks: "absent", incomplete: "unknown", errors: "unknown" };
  const CHUNK = 100;

  // What would be unseen, or turn the rest of the line around, in its escaped form; half of a pair is
  // a byte of a name that is not UTF-8.
  const visible = (name) => name.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (sign) => "\\u" + sign.codePointAt(0).toString(16).padStart(4, "0"));

  function outcome(program) {
    if (program.e !== undefined) return "errors";
    if (program.m.length) return "incomplete";
    if (program.lacks) return "lacks";
    return program.s.some((number) => statusOf[number] !== "full") ? "runs_with_limits" : "runs";
  }

  for (const program of data.programs) {
    program.makes = new Set(program.s);
    program.lacks = (program.s || []).filter((number) => statusOf[number] === "absent").length;
    program.outcome = outcome(program);
    program.verdict = visible(program.e ?? program.v);
    program.text = [program.p, program.k, program.a, program.verdict].join("\n").toLowerCase();
  }

  // --- search and sort -------------------------------------------------------------------------

  const KEYS = {
    path: (program) => program.p,
    arch: (program) => program.a || "",
    verdict: (program) => Object.keys(TONES).indexOf(program.outcome) * 1e6 + program.lacks,
    count: (program) => program.makes.size,
    lacks: (program) => program.lacks,
    size: (program) => program.f ?? -1,
    libs: (program) => program.l ?? -1,
  };
  const order = new Intl.Collator("en", { numeric: true });
  const sorting = { key: "path", down: false };

  function matcher(word) {
    const [, kind, name] = /^(makes|lacks|is):(.*)$/.exec(word) || [];
    const number = numberOf.get(name);
    if (kind === "makes") return (program) => program.makes.has(number);
    if (kind === "lacks") return (program) => program.makes.has(number) && statusOf[number] === "absent";
    if (kind === "is") return (program) => program.outcome === name;
    const exact = numberOf.get(word);
    const plain = word.toLowerCase();
    return (program) => program.text.includes(plain) || program.makes.has(exact);
  }

  function compare(one, other) {
    const [a, b] = [KEYS[sorting.key](one), KEYS[sorting.key](other)];
    const way = typeof a === "string" ? order.compare(a, b) : a - b;
    return (sorting.down ? -way : way) || order.compare(one.p, other.p);
  }

  function chosen(query) {
    const wanted = query.split(/\s+/).filter(Boolean).map(matcher);
    return data.programs.filter((program) => wanted.every((fits) => fits(program))).sort(compare);
  }

  // --- elements --------------------------------------------------------------------------------

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children.filter((child) => child !== null));
    return made;
  }

  const text = (place) => visible(data.strings[place]);
  const list = (place) => data.lists[place].map(text);
  const hex = (number) => "0x" + number.toString(16);

  function size(bytes) {
    if (bytes === undefined) return "";
    const units = ["B", "KB", "MB", "GB"];
    let unit = 0;
    for (; bytes >= 1000 && unit < units.length - 1; unit++) bytes /= 1000;
    return (unit && bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)) + " " + units[unit];
  }

  // Makes `box` the first time that `button` opens it, and shows or hides it.
  function opens(button, place, make) {
    let box = null;
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
      const opened = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!opened));
      if (!box) place.after((box = make()));
      box.hidden = opened;
    });
  }

  // --- a program's details ---------------------------------------------------------------------

  function bound(program, number) {
    const found = program.g.find(([call]) => call === number);
    if (!found) return null;
    const values = found[2] < 0 ? "any" : list(found[2]).join(", ");
    return element("p", {}, `${text(found[1])}: `, element("code", {}, values));
  }

  // A step's last word is what it does to the next.
  function path(program, number) {
    const steps = element("ol");
    for (let at = program.w[program.s.indexOf(number)]; at >= 0; at = data.steps[at][4]) {
      const [object, name, how, address] = data.steps[at];
      if (text(how) === "always") {
        steps.append(element("li", {}, "made by the system itself, whatever the program does"));
        continue;
      }
      const where = element("span", { class: "how" }, ` ${hex(address)} in ${text(object)} `);
      steps.append(element("li", {}, text(name), where, element("b", {}, text(how))));
    }
    return steps.children.length ? steps : null;
  }

  function why(program, number) {
    const note = noteOf[number] ? element("p", {}, noteOf[number]) : null;
    return element("div", { class: `why ${statusOf[number]}` }, note, bound(program, number), path(program, number));
  }

  function chip(program, number) {
    const button = element("button", { type: "button", class: `chip ${statusOf[number]}` }, data.table[number][0]);
    opens(button, button, () => why(program, number));
    return button;
  }

  function group(program, status, title) {
    const numbers = program.s.filter((number) => statusOf[number] === status);
    if (!numbers.length) return [];
    const chips = numbers.map((number) => chip(program, number));
    return [element("h3", {}, `${title}: ${numbers.length}`), element("div", { class: "chips" }, ...chips)];
  }

  function bullets(title, lines) {
    if (!lines.length) return [];
    return [element("h3", {}, title), element("ul", {}, ...lines.map((line) => element("li", {}, line)))];
  }

  function facts(program) {
    const shown = [
      ["Machine", program.a],
      ["Package", program.k],
      ["File", size(program.f)],
      ["Libraries", program.d ? size(program.l) : "static"],
      ["Syscalls", program.s.length],
    ];
    const pairs = shown.filter(([, value]) => value).map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, String(value))));
    return element("dl", { class: "facts" }, ...pairs);
  }

  function details(program) {
    const cell = element("td", { colspan: 7 });
    cell.append(element("p", {}, program.verdict));
    if (program.e === undefined) {
      const sites = program.u.map(([object, address, reason]) => `${hex(address)} in ${text(object)}: ${text(reason)}`);
      cell.append(
        facts(program),
        ...bullets("Sites that could make any syscall", sites),
        ...bullets("Wider than the call graph alone", list(program.x)),
        ...bullets("Assumed", list(program.y)),
        ...bullets("Libraries that were not found", program.m),
        ...STATUSES.flatMap(([status, title]) => group(program, status, title)),
      );
      if (list(program.b).length) {
        const items = list(program.b).map((name) => element("li", { class: "mono" }, name));
        const title = `${items.length} ${items.length === 1 ? "library" : "libraries"}`;
        cell.append(element("details", {}, element("summary", {}, title), element("ul", {}, ...items)));
      }
    }
    return element("tr", { class: "details" }, cell);
  }

  // --- the table -------------------------------------------------------------------------------

  function row(program) {
    const name = element("button", { type: "button", class: "name" }, visible(program.p));
    const machine = element("span", { class: "machine" }, program.a || "");
    const package_ = element("span", { class: "package" }, program.k || "", " ", machine);
    const read = program.e === undefined;
    const made = element("tr", { class: "program" },
      element("td", { class: "c-path" }, name, package_),
      element("td", { class: "c-arch" }, program.a || ""),
      element("td", { class: "c-verdict" }, element("span", { class: `verdict ${TONES[program.outcome]}` }, program.verdict)),
      element("td", { class: "c-count" }, read ? String(program.makes.size) : ""),
      element("td", { class: "c-lacks" }, read ? String(program.lacks) : ""),
      element("td", { class: "c-size" }, size(program.f)),
      element("td", { class: "c-libs" }, program.d ? size(program.l) : ""));
    opens(name, made, () => details(program));
    return made;
  }

  const body = document.getElementById("rows");
  const more = document.getElementById("more");
  const search = document.getElementById("search");
  const count = document.getElementById("count");
  let shown = [];
  let drawn = 0;

  function draw(until) {
    const rows = shown.slice(drawn, until).map(row);
    drawn += rows.length;
    body.append(...rows);
    more.hidden = drawn >= shown.length;
  }

  function update() {
    shown = chosen(search.value);
    count.value = `${shown.length.toLocaleString("en")} of ${data.programs.length.toLocaleString("en")}`;
    body.replaceChildren();
    drawn = 0;
    draw(CHUNK);
    history.replaceState(null, "", search.value ? "#q=" + encodeURIComponent(search.value) : "#");
  }

  function mark() {
    for (const button of document.querySelectorAll("[data-sort]")) {
      const way = sorting.down ? "descending" : "ascending";
      button.parentElement.setAttribute("aria-sort", button.dataset.sort === sorting.key ? way : "none");
    }
  }

  for (const button of document.querySelectorAll("[data-sort]")) {
    button.addEventListener("click", () => {
      const key = button.dataset.sort;
      // Numbers are looked at from the largest down.
      sorting.down = sorting.key === key ? !sorting.down : !["path", "arch", "verdict"].includes(key);
      sorting.key = key;
      mark();
      update();
    });
  }
  for (const button of document.querySelectorAll("[data-search]")) {
    button.addEventListener("click", () => {
      search.value = button.dataset.search;
      update();
      document.getElementById("programs").scrollIntoView();
      search.focus({ preventScroll: true });
    });
  }
  search.addEventListener("input", update);
  search.form.addEventListener("submit", (event) => event.preventDefault());
  more.firstChild.addEventListener("click", () => draw(drawn + CHUNK));
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) draw(drawn + CHUNK);
  }, { rootMargin: "600px" }).observe(more);
  addEventListener("beforeprint", () => draw(shown.length));
  addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target !== search) {
      event.preventDefault();
      search.focus();
    }
  });

  search.value = decodeURIComponent(/^#q=(.*)/.exec(location.hash)?.[1] || "");
  mark();
  update();
  if (data.programs.length === 1) body.querySelector(".name").click();
})();
