// Keep the list of this visit's runs in the browser, for as long as its tab is open. The server proposes a name for the
// visit; a tab that has one from before a reload answers with that one and its list. The page's language is said here too.
const KEY = "headlight-visit";

function read() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    return kept && typeof kept.visit === "string" && Array.isArray(kept.runs) ? kept : null;
  } catch {
    return null; // no storage is allowed, or something else stands there
  }
}

export default function ({ data, setStateValue }) {
  if (!data) return;
  document.documentElement.lang = data.language; // screen readers choose a voice by it
  const kept = read();
  if (kept && kept.visit !== data.visit) {
    setStateValue("before", kept);
    return;
  }
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ visit: data.visit, runs: data.runs, seen: data.seen }));
  } catch {
    // Without storage the list ends with the session.
  }
}
