// Tell each board which of its small maps are not to be seen: of a map that somebody is asked about, its small picture
// would answer. What is not named is shown again; the pictures are not sent again.
export default function ({ data }) {
  if (!data) return;
  window.headlightCovered = data.boards;
  window.dispatchEvent(new CustomEvent("headlight-covered"));
}
