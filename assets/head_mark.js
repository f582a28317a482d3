// Tell the overview which head is chosen, in a few bytes: the pictures are not sent again.
export default function ({ data }) {
  if (!data) return;
  window.headlightChosenHead = data.head;
  window.dispatchEvent(new CustomEvent("headlight-head", { detail: data.head }));
}
