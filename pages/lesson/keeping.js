// Keep the answers to a lesson in this browser, and its file where a visitor opened it from one. The server is told what
// is kept when it first asks, and when another tab writes. Nothing is sent anywhere else.
const PREFIX = "headlight-lesson:";
const MOST = 2_000_000; // characters; more is nothing that was written here
const AGAIN = 3_000; // ms
let listening = null; // to what other tabs write
let asking = null; // the clock by which a server is told until it has heard: what is told as it draws may be lost
let began = ""; // the run of the page that turned to another part last

function read(place) {
  let text = null;
  try {
    text = localStorage.getItem(PREFIX + place);
  } catch {
    return { value: null, trouble: "none" };
  }
  if (text === null) return { value: null, trouble: "" };
  try {
    const value = text.length > MOST ? null : JSON.parse(text);
    return value && typeof value === "object" ? { value, trouble: "" } : { value: null, trouble: "broken" };
  } catch {
    return { value: null, trouble: "broken" };
  }
}

function write({ place, progress, file }) {
  try {
    const text = JSON.stringify({ progress, file });
    if (progress === null) localStorage.removeItem(PREFIX + place);
    else if (localStorage.getItem(PREFIX + place) !== text) localStorage.setItem(PREFIX + place, text);
    return "";
  } catch (error) {
    return error.name === "QuotaExceededError" ? "full" : "none";
  }
}

const timesBegun = (kept) => kept?.progress?.begun_anew ?? 0;
const answers = (kept) => Object.entries(kept?.progress?.answers ?? {}).sort();
const same = (a, b) => timesBegun(a) === timesBegun(b) && JSON.stringify(answers(a)) === JSON.stringify(answers(b));

// Another tab may have written an answer, or one more try, that this one was not drawn with yet: then it is not the turn
// of this one to write. What was kept of another version of a lesson has been taken in when the lesson was opened.
function isBehind(data, kept) {
  if (data.is_broken || !kept) return false;
  if (timesBegun(data) !== timesBegun(kept)) return timesBegun(data) < timesBegun(kept);
  if (data.progress && data.progress.digest !== kept.progress?.digest) return false;
  const mine = data.progress?.answers ?? {};
  return answers(kept).some(([question, given]) => given?.tries > (mine[question]?.tries ?? 0));
}

function listen(data, takeOver) {
  window.removeEventListener("storage", listening);
  listening = (event) => {
    if (event.key !== null && event.key !== PREFIX + data.place) return;
    const { value } = read(data.place);
    if (value && !same(value, data)) takeOver();
  };
  window.addEventListener("storage", listening);
}

// What is said in the pack's language is marked so: a screen reader chooses its voice by it.
function mark(language) {
  const said = '[class*="st-key-lesson_said_"], .st-key-lesson_part_title';
  for (const element of document.querySelectorAll(said)) element.lang = language;
}

// After Back and Next the page begins at its top, and so does the keyboard.
function begin() {
  const heading = document.querySelector(".st-key-lesson_part_title h3");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ block: "start" });
}

export default function ({ data, setStateValue }) {
  if (!data?.place) return undefined;
  const tell = (told) => setStateValue("kept", { ...told, place: data.place, session: data.session, at: Date.now() });
  const takeOver = () => tell({ value: read(data.place).value, trouble: data.trouble, other: true });
  const tellUntilHeard = (say) => {
    say();
    asking = setInterval(say, AGAIN);
  };
  clearInterval(asking);
  if (!data.heard) tellUntilHeard(() => tell({ ...read(data.place), other: false }));
  else if (isBehind(data, read(data.place).value)) tellUntilHeard(takeOver);
  else {
    const trouble = write(data);
    if (trouble !== data.trouble) tell({ value: null, trouble, other: false });
  }
  listen(data, takeOver);
  setTimeout(() => mark(data.language), 50); // once the page is there
  const run = `${data.session} ${data.run}`;
  if (data.turned && began !== run) setTimeout(begin, 50);
  began = run;
  return () => {
    clearInterval(asking);
    window.removeEventListener("storage", listening);
  };
}
