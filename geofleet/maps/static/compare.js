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

  /* What moves in one moves in the other, by the same pixels and at once. A move of the hand is
     passed on as one, and ends when the hand does: nothing is drawn in between. */
  function follow(one, other, open) {
    var busy = false;
    function pass(from, to) {
      function same() { return to.getZoom() === from.getZoom() && to.getSize().equals(from.getSize()); }
      function off() {
        var zoom = from.getZoom();
        return to.project(from.getCenter(), zoom).subtract(to.project(to.getCenter(), zoom)).round();
      }
      function act(work) {
        if (busy || !open()) return;
        busy = true;
        work();
        busy = false;
      }
      from.on("move", function () {
        act(function () {
          if (!same()) { to.setView(from.getCenter(), from.getZoom(), { animate: false }); return; }
          var by = off();
          if (!by.x && !by.y) return;
          to._rawPanBy(by);
          to.fire("move");
          to.geofleetMoved = true;
        });
      });
      from.on("moveend", function () {
        act(function () {
          if (!to.geofleetMoved) return;
          to.geofleetMoved = false;
          to.fire("moveend");
        });
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
    window.addEventListener("beforeprint", function () {
      if (!shown) return;
      settle();
      G.flatten();
    });
    window.addEventListener("afterprint", function () { if (shown) window.setTimeout(settle); });
    function settle(bounds) {
      var kept = bounds || map.getBounds();
      aim = kept;
      room();
      // below the names of the panes and above the credits
      var small = map.getSize().x <= 760;
      map.fitBounds(kept, { animate: false, maxZoom: 17, paddingTopLeft: [12, small ? 26 : 40], paddingBottomRight: [12, small ? 20 : 36] });
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
        // both panes step to a new zoom together: an animation would show two scales at a time
        [map, other].forEach(function (one) { one._zoomAnimated = !yes && Boolean(one.options.zoomAnimation) && L.Browser.any3d; });
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

  /* The key of two panes: all that is in either, "nothing" only where both have nothing. */
  G.oneLegend = function (one, other) {
    var items = one.items.slice(), names = items.map(function (item) { return G.t(item.label); });
    other.items.forEach(function (item) { if (names.indexOf(G.t(item.label)) < 0) items.push(item); });
    var told = items.filter(function (item) { return G.t(item.label) !== G.t(G.words.lines.nothing); });
    if (told.some(function (item) { return G.t(item.label) !== G.t(G.words.lines.unknown); })) items = told;
    items.sort(function (a, b) { return Boolean(a.dash) - Boolean(b.dash); });
    return { unit: one.unit, text: one.text, items: items };
  };

  // ---------------------------------------------------------------- a page of two scenarios

  /* What both scenarios say of a link, and the difference. */
  function cardOf(layer, row, spec, state) {
    var card = layer.spec.card, box = el("div", "gf-card gf-lines-card"), table = el("table");
    function add(label, text, strong) {
      if (text === null || text === undefined) return;
      put(table, put(el("tr", "gf-figure" + (strong ? " gf-strong" : "")), el("th", "", label), el("td", "", text)));
    }
    put(box, el("div", "gf-card-title", layer.title(row)));
    if (card.subtitle) put(box, el("div", "gf-card-subtitle", layer.text(card.subtitle, row)));
    put(box, el("div", "gf-card-subtitle", G.both(function () {
      var view = spec.views.filter(function (one) { return one.name === state.view; })[0];
      return G.t(view.label) + (layer.hour === null ? "" : ", " + G.span(layer.hour));
    })));
    ["left", "right", "change"].forEach(function (side, k) {
      add(k < 2 ? spec.names[k] : spec.words.change, layer.valueOf(row, state.view + "_" + side).text, k === 2);
    });
    card.rows.forEach(function (item) { add(item.label, layer.cell(row, item)); });
    put(box, table);
    var hint = layer._precision();
    if (hint) put(box, el("div", "gf-card-hint", hint));
    return put(box, card.hint ? el("div", "gf-card-hint", card.hint) : null);
  }

  /* spec: the layer of packed lines of both, their names, words, views, hour, bars. */
  G.groups.compare = function (map, spec) {
    var layer = spec.layer, twin = layer.twin(), dock = null, buttons = [], steps = [], sides = null;
    var state = { spec: spec, hour: spec.hour, view: spec.view, mode: "beside", layers: [layer, twin] };
    var hint = el("p", "gf-hint", spec.scaleNote), label = el("div", "gf-label");
    for (var hour = 0; spec.hourly && hour < 24; hour++) steps.push(G.span(hour));
    state.layers.forEach(function (one) {
      one.card = function (row) { return cardOf(one, row, spec, state); };
    });
    function show() {
      if (!dock) return;
      var beside = state.mode === "beside";
      layer.show(state.view + (beside ? "_left" : "_change"), state.hour);
      if (beside) twin.show(state.view + "_right", state.hour);
      var legend = beside ? G.oneLegend(layer.legend(), twin.legend()) : layer.legend();
      dock.key(G.keyStrip({ unit: legend.unit, items: legend.items }));
      bind(hint, beside ? legend.text || spec.scaleNote : spec.changeNote);
      bind(label, G.both(function () {
        return beside ? G.t(spec.names[0]) + " | " + G.t(spec.names[1]) : G.t(spec.words.change);
      }));
      buttons.forEach(function (button) { button.setAttribute("aria-pressed", String(button.dataset.mode === state.mode)); });
    }
    // whether anything is unknown is told when all is unpacked
    layer.on("ready complete", show);
    dock = G.dock(map, {
      label: spec.words.hour, words: spec.words, steps: steps, step: spec.hour, bars: spec.bars,
      ticks: ["00:00", "06:00", "12:00", "18:00", "24:00"], views: spec.views,
      view: spec.views.map(function (view) { return view.name; }).indexOf(spec.view)
    }, {
      step: function (hour) { state.hour = hour; show(); },
      view: function (place) { state.view = spec.views[place].name; show(); }
    });
    [["beside", spec.words.compare], ["change", spec.words.change]].forEach(function (one) {
      var button = el("button", "gf-beside-button", one[1]);
      button.type = "button";
      button.dataset.mode = one[0];
      button.addEventListener("click", function () {
        state.mode = one[0];
        if (sides) sides.open(state.mode === "beside");
        show();
      });
      buttons.push(button);
      dock.tools.appendChild(button);
    });
    // when all else stands: the panel takes its place first
    window.setTimeout(function () {
      sides = state.sides = G.sideBySide(map, { words: spec.words, names: spec.names, bounds: spec.bounds,
        fill: function (other) { twin.addTo(other); } });
      sides.open(state.mode === "beside");
      show();
    });
    G.searchable.push({ label: spec.streets, find: function (text) {
      return layer.find(text, 6).map(function (row) {
        var parts = ["left", "right"].map(function (side) { return layer.valueOf(row, state.view + "_" + side).text; });
        return { label: layer.title(row), detail: parts.join(" → "), go: function () { layer.go(row); } };
      });
    } });
    G.onLanguage(show);
    state.dock = dock;
    G.state = state;
    dock.set(spec.hour);
    return put(el("section", "gf-group"), label, hint, spec.words.unmatched ? el("p", "gf-hint", spec.words.unmatched) : null);
  };
})();
