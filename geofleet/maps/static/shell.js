/* Head of a geofleet page: study, way to the sister pages, languages, print. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, bind = G.bind;
  var NAMES = { en: "English", es: "Español" };

  function asked() {
    var found = /(?:^#|&)lang=([a-z]{2})(?:&|$)/.exec(window.location.hash);
    return found && G.languages.indexOf(found[1]) >= 0 ? found[1] : null;
  }

  function languages() {
    var box = el("div", "gf-languages"), buttons = {};
    box.setAttribute("role", "group");
    bind(box, G.words.page.language, "aria-label");
    G.languages.forEach(function (language) {
      var button = el("button", "", language.toUpperCase());
      button.type = "button";
      button.lang = language;
      button.title = NAMES[language];
      button.setAttribute("aria-label", NAMES[language]);
      button.addEventListener("click", function () {
        G.setLanguage(language);
        // kept by a reload, and where storage is closed to files
        history.replaceState(null, "", "#lang=" + language);
      });
      buttons[language] = button;
      put(box, button);
    });
    function mark() {
      G.languages.forEach(function (language) {
        buttons[language].setAttribute("aria-pressed", String(language === G.language));
      });
    }
    G.onLanguage(mark);
    mark();
    return box;
  }

  function sisters(frame) {
    if (!frame.sisters || frame.sisters.length < 2) return null;
    var nav = bind(el("nav", "gf-nav"), G.words.page.pages, "aria-label"), list = el("ul");
    var links = frame.sisters.map(function (sister) {
      var link = el("a", "", sister.label);
      if (sister.name === frame.name) link.setAttribute("aria-current", "page");
      put(list, put(el("li"), link));
      return link;
    });
    function aim() {
      links.forEach(function (link, k) {
        link.href = encodeURIComponent(frame.sisters[k].name) + ".html#lang=" + G.language;
      });
    }
    G.onLanguage(aim);
    aim();
    return put(nav, list);
  }

  /* Words that Leaflet writes itself. */
  function leaflet(map) {
    var box = map.getContainer();
    [["in", G.words.page.zoom_in], ["out", G.words.page.zoom_out]].forEach(function (pair) {
      var button = box.querySelector(".leaflet-control-zoom-" + pair[0]);
      if (!button) return;
      bind(button, pair[1], "title");
      bind(button, pair[1], "aria-label");
    });
    box.setAttribute("role", "region");
    bind(box, G.words.page.map, "aria-label");
  }

  /* The head stands before the map, so that the keyboard comes by it first. */
  G.shell = function (map, frame) {
    Object.assign(G.locales, frame.locales);
    G.setLanguage(asked() || frame.language);
    window.addEventListener("hashchange", function () { if (asked()) G.setLanguage(asked()); });
    function title() { document.title = G.t(frame.title) + " – " + G.t(frame.study); }
    G.onLanguage(title);
    title();
    leaflet(map);
    document.body.classList.add("gf-page");
    var box = map.getContainer(), skip = el("a", "gf-skip", G.words.page.skip);
    skip.href = "#" + box.id;
    skip.addEventListener("click", function (event) {
      // the address keeps its language
      event.preventDefault();
      box.focus();
    });
    var print = el("button", "gf-print-button", G.words.page.print);
    print.type = "button";
    print.addEventListener("click", function () { window.print(); });
    var head = el("header", "gf-head");
    put(head, el("div", "gf-study", frame.study), sisters(frame),
      put(el("div", "gf-tools"), languages(), print));
    document.body.insertBefore(skip, document.body.firstChild);
    document.body.insertBefore(head, skip.nextSibling);
    function measure() {
      document.documentElement.style.setProperty("--gf-top", head.offsetHeight + "px");
      map.invalidateSize({ animate: false, pan: false });
    }
    new ResizeObserver(measure).observe(head);
    measure();
  };
})();
