// Buttons that copy: <button data-copy="#id" data-done="Copied"> takes the text of the element.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(source.innerText);
    button.textContent = button.dataset.done;
  } catch {
    getSelection().selectAllChildren(source); // no permission: at least select it
    return;
  }
  setTimeout(() => { button.textContent = before; }, 2000);
});
