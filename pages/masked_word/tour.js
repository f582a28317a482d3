// Bring the reader to the step of the tour: its box comes into sight, and the focus to its button, once a step. The
// button is read out with what the box says. Escape leaves.

const QUIET = "(prefers-reduced-motion: reduce)";

const LOOKS = 20; // half a second apart
const SIGNS = ["wheel", "touchmove", "pointerdown", "keydown"]; // of a reader who looks elsewhere

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
    follow(box);
  }
  return true;
}

// Bring the box into sight, and again while what is above it is still being drawn, until the reader moves.
function follow(box) {
  const scroll = () => box.scrollIntoView({ block: "start", behavior: matchMedia(QUIET).matches ? "auto" : "smooth" });
  let left = LOOKS;
  const stop = () => {
    clearInterval(clock);
    for (const sign of SIGNS) window.removeEventListener(sign, stop);
  };
  const clock = setInterval(() => {
    const { top, bottom } = box.getBoundingClientRect();
    if (left-- === 0 || !box.isConnected) stop();
    else if (top < 0 || bottom > innerHeight) scroll();
  }, 500);
  for (const sign of SIGNS) window.addEventListener(sign, stop);
  scroll();
}
