// A button that copies a text. No request.

const SHOWN_MS = 2000; // how long it says what happened

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector(".copy");
  if (!button || !data) return;
  button.textContent = data.label;
  button.onclick = async () => {
    button.textContent = (await copied(data.text)) ? data.done : data.failed;
    setTimeout(() => { button.textContent = data.label; }, SHOWN_MS);
  };
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text); // there is none on a page that came without encryption
    return true;
  } catch {
    return copiedByHand(text);
  }
}

function copiedByHand(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.style.cssText = "position: fixed; opacity: 0";
  document.body.append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } finally {
    field.remove();
  }
}
