// Tell a board which tile is chosen, in a few bytes: the pictures are not sent again. Boards that stand beside it, of
// which one tile in all is chosen, lose their mark.
export default function ({ data }) {
  if (!data) return;
  const places = { ...Object.fromEntries((data.beside || []).map((board) => [board, null])), [data.board]: data.place };
  window.headlightChosen = { ...window.headlightChosen, ...places };
  for (const [board, place] of Object.entries(places)) {
    window.dispatchEvent(new CustomEvent("headlight-chosen", { detail: { board, place } }));
  }
}
