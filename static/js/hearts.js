// Hearts change the shortlist without leaving the page; without this they come back to it.

const form = document.getElementById("hearts");
const link = document.querySelector(".shortlist-link");

function show(button) {
  const pressed = button.getAttribute("aria-pressed") !== "true";
  for (const one of document.querySelectorAll(`.heart[value="${button.value}"]`)) {
    one.setAttribute("aria-pressed", String(pressed));
  }
  const count = Number(link.dataset.count) + (pressed ? 1 : -1);
  link.dataset.count = count;
  link.querySelector(".number").textContent = count;
  link.hidden = count === 0;
}

form.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button?.classList.contains("heart")) return;
  event.preventDefault();
  const sent = new URLSearchParams([[button.name, button.value]]);
  try {
    const answer = await fetch(form.action, { method: "POST", body: sent, redirect: "manual" });
    if (answer.type === "opaqueredirect") return show(button);
  } catch {
    // The form itself will say what is wrong.
  }
  form.querySelector("[name=toggle]")?.remove();
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value });
  form.append(field);
  form.submit();
});
