// Bring the reader to the step of the tour: its box comes into sight, and the focus to its button, once a step. The
// button is read out with what the box says. Escape leaves.

const QUIET = "(prefers-reduced-motion: reduce)";

export default function ({ data }) {
  if (!data) return;
  let frame = 0;
  const wait = () => { if (!lead(data.place)) frame = requestAnimationFrame(wait); }; // on a busy computer the box comes later
  wait();
  return () => {
    cancelAnimationFrame(frame);
    if (window.headlightTour === data.place) delete window.headlightTour;
  };
}

// Tells whether the box and its button are there.
function lead(place) {
  const box = document.querySelector(`.st-key-tour_box_${place}`); // that of the step before may still stand
  const next = box && box.querySelector("[class*=st-key-tour_next] button");
  const text = box && box.querySelector("p:has(strong)");
  if (!next || !text) return false;
  text.id = "tour-says";
  next.setAttribute("aria-describedby", text.id);
  box.onkeydown = (event) => {
    const leave = box.querySelector("[class*=st-key-tour_leave] button") || next;
    if (event.key === "Escape") leave.click();
  };
  if (window.headlightTour !== place) {
    window.headlightTour = place;
    next.focus({ preventScroll: true });
    box.scrollIntoView({ block: "start", behavior: matchMedia(QUIET).matches ? "auto" : "smooth" });
  }
  return true;
}
