/* Print: the map as it is shown, on A4 across, with legend, notes, credits and date beside it. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put;
  var SHARP = 3;

  G.printing = false;

  /* Pixels of a canvas for each pixel of the page: what draws by hand asks here. */
  G.pixelRatio = function () {
    return G.printing ? SHARP : Math.max(1, window.devicePixelRatio || 1);
  };

  /* The part of the map that no panel covers. */
  function visible(map) {
    var size = map.getSize(), left = G.padding(map)[0], foot = G.foot ? G.foot() : 20;
    if (size.x <= 760) { left = 0; foot = 0; }
    var a = map.containerPointToLatLng([left, 0]);
    var b = map.containerPointToLatLng([size.x, Math.max(1, size.y - foot)]);
    return L.latLngBounds(a, b);
  }

  /* Let all of the panel stand beside the map: smaller, and if need be without the ends of notes, and
     then without the tables that stand last: never without notes and date. */
  function fit(panel) {
    var body = panel.querySelector(".gf-body"), notes = panel.querySelectorAll("details.gf-note");
    var dock = document.querySelector(".gf-hours");
    // what stands at the foot of the column must not cover notes and date
    if (dock && dock.offsetHeight) panel.style.height = panel.offsetHeight - dock.offsetHeight - 6 + "px";
    notes.forEach(function (note) { note.open = true; });
    function full() { return panel.scrollHeight > panel.clientHeight + 1; }
    [true, false].forEach(function (whole) {
      if (!whole && !full()) return;
      notes.forEach(function (note) { note.open = whole; });
      for (var size = 1; size > 0.64; size -= 0.04) {
        body.style.zoom = size;
        if (!full()) return;
      }
    });
    var tables = Array.prototype.filter.call(body.querySelectorAll("details[open]"), function (one) {
      return !one.classList.contains("gf-note");
    });
    while (full() && tables.length) tables.pop().open = false;
    // what is cut off then is anything but the notes
    panel.classList.toggle("gf-notes-first", full());
  }

  G.printable = function (map, panel) {
    var printed = el("p", "gf-printed"), kept = null;
    put(panel.querySelector(".gf-body"), printed);
    function date() {
      var text = {}, now = new Date();
      G.languages.forEach(function (language) {
        var day = new Intl.DateTimeFormat(G.locales[language], { dateStyle: "long" }).format(now);
        text[language] = G.words.page.printed[language] + " " + day;
      });
      G.bind(printed, text);
    }
    window.addEventListener("beforeprint", function () {
      if (kept) return;
      kept = { bounds: visible(map), centre: map.getCenter(), zoom: map.getZoom(), open: panel.open,
        retina: L.Browser.retina, snap: map.options.zoomSnap,
        folds: Array.prototype.slice.call(panel.querySelectorAll("details[open]:not(.gf-note)")),
        notes: Array.prototype.filter.call(panel.querySelectorAll("details.gf-note"), function (note) { return note.open; }) };
      date();
      map.eachLayer(function (layer) { if (layer.closeTooltip) layer.closeTooltip(); });
      panel.open = true;
      G.printing = L.Browser.retina = true;
      document.documentElement.classList.add("gf-printing");
      fit(panel);
      map.options.zoomSnap = 0;
      map.invalidateSize({ animate: false, pan: false });
      map.fitBounds(kept.bounds, { animate: false });
      map.fire("geofleet:print");
      map.fire("viewreset");
    });
    window.addEventListener("afterprint", function () {
      if (!kept) return;
      G.printing = false;
      L.Browser.retina = kept.retina;
      document.documentElement.classList.remove("gf-printing");
      panel.open = kept.open;
      panel.querySelector(".gf-body").style.zoom = "";
      panel.querySelectorAll("details.gf-note").forEach(function (note) { note.open = kept.notes.indexOf(note) >= 0; });
      kept.folds.forEach(function (fold) { fold.open = true; });
      panel.classList.remove("gf-notes-first");
      panel.style.height = "";
      map.options.zoomSnap = kept.snap;
      map.invalidateSize({ animate: false, pan: false });
      map.setView(kept.centre, kept.zoom, { animate: false });
      map.fire("viewreset");
      kept = null;
    });
  };
})();
