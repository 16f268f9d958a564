"use strict";
// The switch between the light and the dark palette; without a script the page follows the system.
(() => {
  const themes = document.getElementById("themes"), choice = document.getElementById("theme");
  themes.hidden = false;
  choice.addEventListener("change", () => {
    if (choice.value) document.documentElement.dataset.theme = choice.value;
    else delete document.documentElement.dataset.theme;
    document.dispatchEvent(new Event("theme"));
  });
})();
