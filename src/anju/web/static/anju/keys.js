// Keys of the workbench. Whatever they do can be done without them: links, the search box and the help are in the page.
const typing = "input, select, textarea, [contenteditable]";

/** The first link of every row of a table's body: what j and k step through and Enter opens. */
function rows() {
  return Array.from(document.querySelectorAll("main tbody tr"), (row) => row.querySelector("a[href]")).filter(Boolean);
}

function step(by) {
  const links = rows();
  const row = document.activeElement?.closest("tbody tr");
  const at = links.findIndex((link) => link.closest("tr") === row);
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1);
  links[next]?.focus();
}

function toggleHelp() {
  const help = document.getElementById("keys");
  if (!help) return;
  help.open = !help.open;
  if (help.open) help.querySelector("summary").focus();
}

const keys = {
  "/": () => document.getElementById("search")?.focus(),
  j: () => step(1),
  k: () => step(-1),
  "?": toggleHelp,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest(typing) || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});
