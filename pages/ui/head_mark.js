// Tell a board which tile is chosen, in a few bytes: the pictures are not sent again.
export default function ({ data }) {
  if (!data) return;
  window.headlightChosen = { ...window.headlightChosen, [data.board]: data.place };
  window.dispatchEvent(new CustomEvent("headlight-chosen", { detail: data }));
}
