/* Two maps side by side with one view: what moves in one moves in the other. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, bind = G.bind;
  var padding = G.padding;

  /* Nothing covers a pane. */
  G.padding = function (map) { return G.comparing ? [20, 20] : padding(map); };

  function ground(from, to) {
    var renderer = G.groundPane(to);
    from.eachLayer(function (layer) {
      if (layer.options.pane !== "ground" || !layer.getLatLngs) return;
      var options = Object.assign({}, layer.options, { renderer: renderer });
      (layer instanceof L.Polygon ? L.polygon : L.polyline)(layer.getLatLngs(), options).addTo(to);
    });
  }

  /* Background tiles that the reader ticks lie under both. */
  function tiles(from, to) {
    var copies = new Map();
    function add(layer) {
      if (!(layer instanceof L.TileLayer)) return;
      copies.set(layer, L.tileLayer(layer._url, layer.options).addTo(to));
    }
    from.eachLayer(add);
    from.on("layeradd", function (event) { add(event.layer); });
    from.on("layerremove", function (event) {
      if (copies.has(event.layer)) to.removeLayer(copies.get(event.layer));
      copies.delete(event.layer);
    });
  }

  function follow(one, other, open) {
    var busy = false;
    function pass(from, to) {
      from.on("move zoomend", function () {
        if (busy || !open()) return;
        busy = true;
        to.setView(from.getCenter(), from.getZoom(), { animate: false });
        busy = false;
      });
    }
    pass(one, other);
    pass(other, one);
  }

  /* The place under the pointer, shown in the other pane. */
  function shadow(one, other, open) {
    function cast(from, to) {
      var mark = L.marker([0, 0], { interactive: false, keyboard: false, zIndexOffset: 1000,
        icon: L.divIcon({ className: "gf-shadow", iconSize: [16, 16] }) });
      from.on("mousemove", function (event) { if (open()) mark.setLatLng(event.latlng).addTo(to); });
      from.on("mouseout", function () { mark.remove(); });
    }
    cast(one, other);
    cast(other, one);
  }

  /* The part of a map that nothing covers. */
  function visible(map) {
    var size = map.getSize(), left = G.padding(map)[0], foot = G.foot ? G.foot() : 20;
    return L.latLngBounds(map.containerPointToLatLng([left, 20]),
      map.containerPointToLatLng([size.x - 20, Math.max(40, size.y - foot)]));
  }

  function pane(map, name) {
    var box = map.getContainer();
    bind(box, G.both(function () { return G.t(name[0]).replace("{name}", G.t(name[1])); }), "aria-label");
    box.setAttribute("role", "region");
    var title = el("div", "gf-pane-title", name[1]);
    put(box, title);
    return title;
  }

  /* spec: names of both panes, words (pane, one_view), bounds of all, fill(map): what stands in the
     second.
     Returns {map: the second, open(yes), isOpen()}. */
  G.sideBySide = function (map, spec) {
    var first = map.getContainer(), box = el("div", "folium-map gf-second"), shown = false, titles = [], aim = null, moved = false;
    var alone = first.getAttribute("aria-label");
    box.id = first.id + "_second";
    first.parentNode.insertBefore(box, first.nextSibling);
    var other = L.map(box, Object.assign({}, map.options, { center: map.getCenter(), zoom: map.getZoom(),
      zoomControl: false, attributionControl: false, layers: [] }));
    ground(map, other);
    tiles(map, other);
    spec.fill(other);
    follow(map, other, function () { return shown; });
    shadow(map, other, function () { return shown; });
    box.hidden = true;
    function room() {
      var panel = document.querySelector(".gf-panel");
      document.documentElement.style.setProperty("--gf-side",
        (panel && panel.open ? panel.offsetWidth + 20 : 0) + "px");
      map.invalidateSize({ animate: false, pan: false });
      // what is hidden has no size
      if (shown) other.invalidateSize({ animate: false, pan: false });
    }
    var panel = document.querySelector(".gf-panel");
    if (panel) G.onFold(panel, function () { if (shown) settle(); });
    // fitted to what room there is until the reader moves it
    ["mousedown", "wheel", "touchstart", "keydown"].forEach(function (kind) {
      [first, box].forEach(function (one) {
        one.addEventListener(kind, function () { moved = true; }, { passive: true, capture: true });
      });
    });
    new ResizeObserver(function () {
      if (!shown) return;
      if (!moved) { settle(aim); return; }
      room();
      other.setView(map.getCenter(), map.getZoom(), { animate: false });
    }).observe(box);
    // on paper both stand beside each other too
    window.addEventListener("beforeprint", function () { if (shown) settle(); });
    window.addEventListener("afterprint", function () { if (shown) window.setTimeout(settle); });
    function settle(bounds) {
      var kept = bounds || map.getBounds();
      aim = kept;
      room();
      // below the names of the panes and above the credits
      var small = map.getSize().x <= 760;
      map.fitBounds(kept, { animate: false, paddingTopLeft: [12, small ? 26 : 40], paddingBottomRight: [12, small ? 20 : 36] });
      if (shown) other.setView(map.getCenter(), map.getZoom(), { animate: false });
    }
    return {
      map: other,
      isOpen: function () { return shown; },
      open: function (yes) {
        if (yes === shown) return;
        var kept = visible(map), all = spec.bounds && L.latLngBounds(spec.bounds);
        if (all && (!moved || kept.pad(0.2).contains(all))) kept = all;
        shown = G.comparing = yes;
        box.hidden = !yes;
        document.body.classList.toggle("gf-comparing", yes);
        if (yes) titles = [[map, spec.names[0]], [other, spec.names[1]]].map(function (pair) {
          return pane(pair[0], [spec.words.pane, pair[1]]);
        });
        else {
          titles.forEach(function (title) { title.remove(); });
          bind(first, G.words.page.map, "aria-label");
          if (alone && !G.words.page.map) first.setAttribute("aria-label", alone);
        }
        settle(kept);
      }
    };
  };

  // ---------------------------------------------------------------- a page of two scenarios

  /* spec: left and right layers of packed lines with their names, words, views, hour, bars. */
  G.groups.compare = function (map, spec) {
    var state = { spec: spec, hour: spec.hour, view: spec.view, layers: [spec.left, spec.right] }, dock = null;
    var hint = el("p", "gf-hint", spec.scaleNote), sides = null, steps = [];
    for (var hour = 0; spec.hourly && hour < 24; hour++) steps.push(G.span(hour));
    function show() {
      if (!dock) return;
      state.layers.forEach(function (layer) { layer.show(state.view, state.hour); });
      var legend = spec.left.legend();
      dock.key(G.keyStrip({ unit: legend.unit, items: legend.items }));
      bind(hint, legend.text || spec.scaleNote);
    }
    dock = G.dock(map, {
      label: spec.words.hour, words: spec.words, steps: steps, step: spec.hour, bars: spec.bars,
      ticks: ["00:00", "06:00", "12:00", "18:00", "24:00"], views: spec.views,
      view: spec.views.map(function (view) { return view.name; }).indexOf(spec.view)
    }, {
      step: function (hour) { state.hour = hour; show(); },
      view: function (place) { state.view = spec.views[place].name; show(); }
    });
    // when all else stands: the panel takes its place first
    window.setTimeout(function () {
      sides = state.sides = G.sideBySide(map, { words: spec.words, names: spec.names, bounds: spec.bounds,
        fill: function (other) { spec.right.addTo(other); } });
      sides.open(true);
    });
    [spec.left, spec.right].forEach(function (layer, k) {
      G.searchable.push({ label: G.both(function () { return G.t(spec.streets) + " – " + G.t(spec.names[k]); }),
        find: function (text) {
          return layer.find(text, 6).map(function (row) {
            return { label: layer.title(row), detail: layer.valueOf(row).text, go: function () { layer.go(row); } };
          });
        } });
    });
    G.onLanguage(show);
    state.dock = dock;
    G.state = state;
    dock.set(spec.hour);
    return put(el("section", "gf-group"), el("div", "gf-label", spec.names.length ? G.both(function () {
      return G.t(spec.names[0]) + " | " + G.t(spec.names[1]);
    }) : ""), hint);
  };
})();
