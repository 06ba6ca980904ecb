"use strict";
(() => {
  const dialog = document.querySelector("dialog");
  const shown = dialog.querySelector(".shown");
  for (const link of document.querySelectorAll("a[data-column]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || typeof dialog.showModal !== "function") return;
      event.preventDefault();
      const article = document.getElementById(decodeURIComponent(link.getAttribute("href").slice(1)));
      dialog.querySelector("h2").textContent = link.getAttribute("aria-label");
      shown.replaceChildren();
      for (const one of article.querySelectorAll(".one")) {
        if (one.dataset.columns.split(" ").includes(link.dataset.column)) shown.append(one.cloneNode(true));
      }
      dialog.showModal();
      dialog.scrollTop = 0;
    });
  }
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
})();
