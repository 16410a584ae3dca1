// The hint to swipe stands only over a table that is wider than the screen.
const hint = () => {
  for (const table of document.querySelectorAll(".scroll"))
    if (table.previousElementSibling?.className === "hint")
      table.previousElementSibling.hidden = table.scrollWidth <= table.clientWidth;
};
addEventListener("resize", hint);
for (const folded of document.querySelectorAll("details")) folded.addEventListener("toggle", hint);
hint();
