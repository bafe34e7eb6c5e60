/* Print: the map as it is shown, on A4 across, with legend, notes, credits and date beside it. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put;
  var SHARP = 3, LEAST = 0.64;

  G.printing = false;

  /* Pixels of a canvas for each pixel of the page: what draws by hand asks here. */
  G.pixelRatio = function () {
    return G.printing ? SHARP : Math.max(1, window.devicePixelRatio || 1);
  };

  /* A canvas that was just drawn goes to paper as strokes, and its cleared ground as white that hides
     what lies below; pixels that were put go as the picture that they are. */
  G.flatten = function () {
    document.querySelectorAll(".leaflet-pane canvas:not(.gf-lines-canvas)").forEach(function (canvas) {
      if (!canvas.width || !canvas.height) return;
      var copy = document.createElement("canvas"), pen = copy.getContext("2d", { willReadFrequently: true });
      copy.width = canvas.width;
      copy.height = canvas.height;
      pen.drawImage(canvas, 0, 0);
      canvas.getContext("2d").putImageData(pen.getImageData(0, 0, copy.width, copy.height), 0, 0);
    });
  };

  /* The part of the map that no panel covers. */
  function visible(map) {
    var size = map.getSize(), left = G.padding(map)[0], foot = G.foot ? G.foot() : 20;
    if (size.x <= 760) { left = 0; foot = 0; }
    var a = map.containerPointToLatLng([left, 0]);
    var b = map.containerPointToLatLng([size.x, Math.max(1, size.y - foot)]);
    return L.latLngBounds(a, b);
  }

  /* Let the panel stand beside the map: smaller where it must be, and what still has no room on a
     second sheet. Nothing is left out. Returns how to put everything back. */
  function fit(panel) {
    var body = panel.querySelector(".gf-body"), dock = document.querySelector(".gf-hours");
    var sheet = el("section", "gf-sheet"), moved = [], root = document.documentElement;
    // what stands at the foot of the column must not cover notes and date
    if (dock && dock.offsetHeight) panel.style.height = panel.offsetHeight - dock.offsetHeight - 6 + "px";
    function move(node) {
      var mark = document.createComment("printed on the second sheet");
      node.parentNode.replaceChild(mark, node);
      sheet.insertBefore(node, sheet.firstChild);
      moved.push([mark, node]);
    }
    function full(box) { return box.scrollHeight > box.clientHeight + 1; }
    function shrink(box, inner) {
      for (var size = 1; size > LEAST; size -= 0.04) {
        inner.style.zoom = size;
        if (!full(box)) return true;
      }
      return false;
    }
    function spill(box, nodes) { while (full(box) && nodes.length) move(nodes.pop()); }
    var trip = document.querySelector(".gf-trip");
    if (trip) {
      // the day of a vehicle has the column to itself
      var stops = trip.querySelector(".gf-stop-list"), inner = el("div");
      if (stops) move(stops);
      move(panel);
      while (trip.firstChild) inner.appendChild(trip.firstChild);
      trip.appendChild(inner);
      if (!shrink(trip, inner)) {
        spill(trip, Array.prototype.slice.call(inner.children, 4));
        shrink(trip, inner);
      }
    } else if (!shrink(panel, body)) {
      // tables and lists first, from the last on; the key stays beside the map, and notes and date
      var parts = [];
      Array.prototype.forEach.call(body.children, function (node) {
        parts.push.apply(parts, node.matches("div:not([class])") ? node.children : [node]);
      });
      spill(panel, parts.filter(function (node) {
        return !node.matches(".gf-note, .gf-printed, .gf-answer, .gf-search, .gf-screen") && !node.querySelector(".gf-legend");
      }));
      // what is long enough to fill the column alone
      spill(panel, Array.prototype.slice.call(body.querySelectorAll(".gf-note")));
      shrink(panel, body);
    }
    if (moved.length) {
      root.classList.add("gf-two-sheets");
      document.body.appendChild(sheet);
    }
    return function () {
      moved.reverse().forEach(function (pair) { pair[0].parentNode.replaceChild(pair[1], pair[0]); });
      root.classList.remove("gf-two-sheets");
      sheet.remove();
      if (trip) {
        while (inner.firstChild) trip.insertBefore(inner.firstChild, inner);
        inner.remove();
      }
      body.style.zoom = "";
      panel.style.height = "";
    };
  }

  /* Notes and tables are read on paper without a click; returns how to close them again. */
  function unfold(panel) {
    var closed = Array.prototype.filter.call(
      panel.querySelectorAll("details.gf-note, details.gf-fold, details.gf-depot-list"),
      function (one) { return !one.open; });
    var trip = document.querySelector(".gf-trip .gf-stop-list");
    if (trip && !trip.open) closed.push(trip);
    closed.forEach(function (one) { one.open = true; });
    return function () { closed.forEach(function (one) { one.open = false; }); };
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
        retina: L.Browser.retina, snap: map.options.zoomSnap };
      date();
      map.eachLayer(function (layer) { if (layer.closeTooltip) layer.closeTooltip(); });
      panel.open = true;
      G.printing = L.Browser.retina = true;
      document.documentElement.classList.add("gf-printing");
      kept.fold = unfold(panel);
      kept.together = fit(panel);
      map.options.zoomSnap = 0;
      map.invalidateSize({ animate: false, pan: false });
      map.fitBounds(kept.bounds, { animate: false });
      map.fire("geofleet:print");
      map.fire("viewreset");
      G.flatten();
    });
    window.addEventListener("afterprint", function () {
      if (!kept) return;
      G.printing = false;
      L.Browser.retina = kept.retina;
      document.documentElement.classList.remove("gf-printing");
      panel.open = kept.open;
      kept.together();
      kept.fold();
      map.options.zoomSnap = kept.snap;
      map.invalidateSize({ animate: false, pan: false });
      map.setView(kept.centre, kept.zoom, { animate: false });
      map.fire("viewreset");
      kept = null;
    });
  };
})();
