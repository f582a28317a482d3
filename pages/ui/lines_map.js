// A head as lines, an SVG that Python wrote. Pointing at a word (class "q3" or "k5") shows its lines ("q3 k5") alone; so
// does the walk over its cells, which tells of its row.

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".lines");
  if (!root || !data) return;
  root.setAttribute("aria-label", data.label);
  if (root.svg !== data.svg) {
    root.svg = data.svg;
    const read = new DOMParser().parseFromString(data.svg, "image/svg+xml");
    root.replaceChildren(document.importNode(read.documentElement, true));
  }
  root.onpointerover = (event) => show(root, event.target.closest("text[class]"));
  root.onpointerleave = () => show(root, null);
  const walked = ({ detail: { over, cell } }) => {
    if (over === "head_map") show(root, cell && root.querySelector(`text.q${cell[0]}`));
  };
  window.addEventListener("headlight-cell", walked);
  return () => window.removeEventListener("headlight-cell", walked);
}

function show(root, word) {
  for (const one of root.querySelectorAll(".on")) one.classList.remove("on");
  root.classList.toggle("some", Boolean(word));
  if (!word) return;
  const [mark] = word.classList;
  for (const one of root.querySelectorAll(`.${mark}`)) one.classList.add("on");
}
