// The hint to scroll stands over a table that is wider than its place, on any screen, and over no other.
const hint = () => {
  for (const table of document.querySelectorAll(".scroll")) {
    const over = table.previousElementSibling, wide = table.scrollWidth > table.clientWidth;
    if (!over?.classList.contains("hint")) continue;
    over.hidden = !wide;
    over.classList.toggle("needed", wide);
  }
};
addEventListener("resize", hint);
for (const folded of document.querySelectorAll("details")) folded.addEventListener("toggle", hint);
hint();
