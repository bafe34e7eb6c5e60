/* Language and print of the index; the page is read without this. */
(function () {
  "use strict";
  var radios = document.querySelectorAll("input[name=language]");
  var nav = document.querySelector(".gf-nav");
  var links = document.querySelectorAll("a[href$='.html']");
  function chosen() { return document.querySelector("input[name=language]:checked").value; }
  function apply() {
    var language = chosen();
    document.documentElement.lang = GEOFLEET.tags[language];
    document.title = GEOFLEET.titles[language] + " – " + GEOFLEET.study[language];
    if (nav) nav.setAttribute("aria-label", GEOFLEET.pages[language]);
    // the pages of maps open in the same language
    links.forEach(function (link) {
      if (!link.dataset.to) link.dataset.to = link.getAttribute("href");
      link.setAttribute("href", link.dataset.to + "#lang=" + language);
    });
  }
  function asked() {
    var found = /(?:^#|&)lang=([a-z]{2})(?:&|$)/.exec(location.hash);
    var radio = found && document.getElementById("gf-" + found[1]);
    if (radio) { radio.checked = true; apply(); }
  }
  radios.forEach(function (radio) {
    radio.addEventListener("change", function () {
      apply();
      history.replaceState(null, "", "#lang=" + chosen());
    });
  });
  window.addEventListener("hashchange", asked);
  apply();
  asked();
  var button = document.querySelector(".gf-print-button");
  button.hidden = false;
  button.addEventListener("click", function () { window.print(); });
  window.addEventListener("beforeprint", function () {
    var language = chosen(), day = new Intl.DateTimeFormat(GEOFLEET.tags[language], { dateStyle: "long" });
    document.querySelector(".gf-printed").textContent = GEOFLEET.printed[language] + " " + day.format(new Date());
  });
})();
