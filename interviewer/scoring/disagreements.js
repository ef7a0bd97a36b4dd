"use strict";
const articles = [...document.querySelectorAll("article")];
const wanted = { set: document.getElementById("set"), kind: document.getElementById("kind"), open: document.getElementById("open") };
const key = (article) => "disagreement " + article.id;
const load = (article) => { try { return JSON.parse(localStorage.getItem(key(article))) || {}; } catch { return {}; } };
const store = (article, decision) => { try { localStorage.setItem(key(article), JSON.stringify(decision)); } catch { /* private window */ } };
function show() {
  let decided = 0;
  for (const article of articles) {
    const done = article.querySelector("input[type=radio]:checked") !== null;
    decided += done;
    article.classList.toggle("decided", done);
    article.hidden = (wanted.set.value && article.dataset.set !== wanted.set.value)
      || (wanted.kind.value && article.dataset.kind !== wanted.kind.value) || (wanted.open.checked && done);
  }
  for (const section of document.querySelectorAll("section")) section.hidden = !section.querySelector("article:not([hidden])");
  document.getElementById("done").textContent = decided + " of " + articles.length + " decided";
}
for (const article of articles) {
  const before = load(article);
  for (const radio of article.querySelectorAll("input[type=radio]")) radio.checked = radio.value === before.who;
  article.querySelector("input[type=text]").value = before.note || "";
  article.addEventListener("change", () => {
    const chosen = article.querySelector("input[type=radio]:checked");
    store(article, { who: chosen ? chosen.value : "", note: article.querySelector("input[type=text]").value });
    if (!wanted.open.checked) show();
  });
}
for (const control of Object.values(wanted)) control.addEventListener("change", show);
document.getElementById("save").addEventListener("click", () => {
  const rows = articles.map((article) => ({ set: article.dataset.set, group: article.dataset.group, kind: article.dataset.kind, answer: article.querySelector(".answer").textContent, ...load(article) })).filter((row) => row.who || row.note);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(rows, null, 2)], { type: "application/json" }));
  link.download = "decisions.json";
  link.click();
});
show();
