// "Copy link": what was chosen is in the address, the way that led here stays out of it.

function address() {
  const here = new URL(location.href);
  here.searchParams.delete("trail");
  here.hash = "";
  return here.href;
}

for (const button of document.querySelectorAll(".copy-link")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(address());
      button.textContent = button.dataset.done;
    } catch {
      // Without TLS browsers keep the clipboard to themselves: the address is there to be copied.
      const field = document.createElement("input");
      Object.assign(field, { readOnly: true, value: address(), ariaLabel: "The address of this page" });
      button.replaceWith(field);
      field.select();
    }
  });
}
