"use strict";
(() => {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    const label = button.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "copied";
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }
  for (const button of document.querySelectorAll("button[data-open]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      for (const each of document.querySelectorAll("details.clause")) each.open = button.dataset.open === "all";
    });
  }
  for (const clause of document.querySelectorAll("details.clause")) {
    clause.addEventListener("toggle", () => {
      for (const stripe of clause.querySelectorAll(".stripe")) {
        const box = stripe.closest(".scroll");
        box.scrollLeft = Math.max(0, Number(stripe.getAttribute("x")) + Number(stripe.getAttribute("width")) - box.clientWidth + 24);
      }
    });
  }
  const reveal = () => {
    const named = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!named) return;
    for (let at = named; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    named.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
