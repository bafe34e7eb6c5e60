/* Page of a plan: vehicles as they change year by year, depots, and what other budgets buy. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, svg = G.svg, bind = G.bind;

  // ---------------------------------------------------------------- vehicles on the map

  var HALO = { looks: [{ colour: "#1b1f23", width: 7, rank: 0 }], labels: [""], unit: "" }, LISTED = 40;

  /* Rows in which each value of a view stands, as places among its looks; the first is "kept". */
  function places(source, view) {
    var at = new Map(), out = new Int16Array(source.count);
    view.items.forEach(function (item, k) { at.set(item.value, k + 1); });
    for (var row = 0; row < source.count; row++) out[row] = at.get(source.text(view.column, row)) || 0;
    return out;
  }

  function vehicles(map, spec) {
    var source = spec.source, layer = spec.layer, halo = null, marked = null, hidden = false;
    var years = new Int32Array(source.count), worn = spec.views.map(places.bind(null, source));
    var views = spec.views.map(function (view) {
      return { unit: "", labels: [""].concat(view.items.map(function (item) { return item.label; })),
        looks: [Object.assign({ rank: 0 }, spec.kept)].concat(view.items.map(function (item) { return item.look; })) };
    });
    for (var row = 0; row < source.count; row++) years[row] = Number(source.text("year", row)) || 0;
    function stands(row, until) { return years[row] > 0 && years[row] <= until; }
    var pickOne = layer.pick, close = null;
    layer.card = function (row) { return G.card(source, row, spec.card); };
    layer.title = function (row) { return source.text("name", row); };
    // where many pass, the reader chooses
    layer.pick = function (row, latlng) {
      var rows = this.chosen ? [row] : layer.within(latlng);
      if (rows.length < 2) { pickOne.call(layer, row, latlng); return; }
      var box = el("div", "gf-card gf-choices"), list = el("ul");
      put(box, el("div", "gf-card-title", G.fill(spec.words.here_many, { count: G.both(function () { return G.number(rows.length); }) })));
      rows.slice(0, LISTED).forEach(function (one) {
        var button = el("button", "gf-choice");
        button.type = "button";
        put(button, el("span", "", source.text("name", one)), el("span", "gf-choice-more", source.text("owner", one)));
        button.addEventListener("click", function () { pick(one, latlng); });
        put(list, put(el("li"), button));
      });
      if (rows.length > LISTED) {
        put(list, el("li", "gf-hint", G.fill(spec.words.more_here, { count: G.both(function () { return G.number(rows.length - LISTED); }) })));
      }
      close = L.popup({ className: "gf-popup", maxHeight: 260, maxWidth: 300 }).setLatLng(latlng).setContent(put(box, list)).openOn(map);
      list.querySelector("button").focus();
    };
    function pick(row, latlng) {
      if (close) map.closePopup(close);
      close = null;
      layer.chosen = true;
      layer.pick(row, latlng);
      layer.chosen = false;
    }
    function shine(rows) {
      if (halo) halo.remove();
      marked = rows.length ? rows : null;
      if (!marked) return;
      if (!halo) {
        halo = layer.twin();
        halo.options = Object.assign({}, halo.options, { pane: "gf-mark" });
        halo.at = function () { return null; };
      }
      var classes = new Int16Array(source.count).fill(-1);
      rows.forEach(function (row) { classes[row] = 0; });
      halo.wear(HALO, classes);
      if (!hidden) halo.addTo(map);
    }
    return {
      show: function (view, until) {
        var classes = worn[view].slice();
        for (var row = 0; row < classes.length; row++) if (!stands(row, until)) classes[row] = 0;
        layer.wear(views[view], classes);
      },
      hide: function (yes) {
        hidden = yes;
        [layer, marked && halo].forEach(function (one) {
          if (one) { if (yes) one.remove(); else one.addTo(map); }
        });
      },
      counts: function (view, until) {
        var found = new Int32Array(views[view].looks.length), kept = 0;
        for (var row = 0; row < source.count; row++) {
          if (stands(row, until)) found[worn[view][row]] += 1; else kept += 1;
        }
        return { found: found, kept: kept };
      },
      marked: function () { return marked; },
      /* Show these vehicles, and tell of the first where it is alone. */
      go: function (rows) {
        shine(rows.length > 1 ? rows : []);
        layer.chosen = true;
        if (rows.length === 1 && layer.bounds(rows[0])) layer.go(rows[0]);
        else if (rows.length === 1) {
          G.makeWay(map);
          pickOne.call(layer, rows[0], map.getCenter());
        } else {
          var box = L.latLngBounds([]);
          rows.forEach(function (row) { var one = layer.bounds(row); if (one) box.extend(one); });
          if (box.isValid()) G.show(map, box);
        }
        layer.chosen = false;
      }
    };
  }

  // ---------------------------------------------------------------- depots

  function depots(map, spec) {
    if (!spec.depots) return { show: function () {}, hide: function () {}, items: [], box: null };
    var hidden = false, until = Infinity;
    var source = spec.depots.source, marks = [], years = source.column("first_year");
    var look = { shape: "square", radius: 8, color: "#ffffff", weight: 1.5, fillColor: "#111111", fillOpacity: 1 };
    source.features().forEach(function (parts, row) {
      if (!parts.length) { marks.push(null); return; }
      var mark = new G.Mark(parts[0][0], look);
      mark.bindTooltip(function () { return G.card(source, row, spec.depots.card); }, { opacity: 0.97, className: "gf-tooltip" });
      marks.push(mark);
    });
    function tell(row) {
      if (marks[row]) G.show(map, L.latLngBounds([marks[row].getLatLng()]), 15);
      L.popup({ className: "gf-popup", maxWidth: 330, autoPan: false })
        .setLatLng(marks[row] ? marks[row].getLatLng() : map.getCenter())
        .setContent(G.card(source, row, spec.depots.card)).openOn(map);
    }
    // small while the whole city is in view, full size when streets can be told apart
    function size() {
      var radius = map.getZoom() < 12.5 ? 4 : map.getZoom() < 14 ? 6 : look.radius;
      marks.forEach(function (mark) { if (mark) mark.setRadius(radius); });
    }
    map.on("zoomend", size);
    size();
    var box = el("details", "gf-group gf-fold gf-places"), list = el("ol", "gf-places-list"), items = [], buttons = [];
    box.dataset.group = "depots";
    put(box, put(el("summary"), el("span", "gf-label", spec.words.depots)), list);
    function made(row) {
      var button = buttons[row] = el("button", "gf-place");
      button.type = "button";
      put(button, el("span", "gf-place-name", source.text("name", row)),
        el("span", "gf-place-value", G.both(function () { return source.text("chargers", row) + ", " + source.text("first", row); })));
      button.addEventListener("click", tell.bind(null, row));
      button.classList.toggle("gf-later", years[row] > until);
      return put(el("li"), button);
    }
    put(box, G.paged(list, source.count, made));
    for (var row = 0; row < source.count; row++) {
      items.push({ label: source.text("name", row), detail: spec.words.depot, go: tell.bind(null, row) });
    }
    return {
      box: source.count ? box : null, items: items,
      hide: function (yes) { hidden = yes; },
      show: function (year) {
        until = year;
        buttons.forEach(function (button, row) { button.classList.toggle("gf-later", years[row] > until); });
        marks.forEach(function (mark, row) {
          if (!mark) return;
          var shown = years[row] <= until && !hidden;
          if (shown === map.hasLayer(mark)) return;
          if (shown) mark.addTo(map); else mark.remove();
        });
      }
    };
  }

  function figures(spec) {
    var box = el("dl", "gf-facts gf-figures"), cells = [];
    spec.figures.forEach(function (item) {
      var cell = el("dd");
      cells.push(cell);
      put(box, put(el("div"), cell, el("dt", "", item.label)));
    });
    return { box: box, show: function (place) {
      cells.forEach(function (cell, k) {
        cell.textContent = G.amount(spec.figures[k].values[place], spec.figures[k].unit, spec.figures[k].currency);
      });
    } };
  }

  // ---------------------------------------------------------------- the page

  G.groups.plan = function (map, spec) {
    var words = spec.words, trucks = vehicles(map, spec), places = depots(map, spec), told = figures(spec);
    var state = { spec: spec, view: 0, step: spec.years.length - 1, mode: null }, dock;
    var title = el("div", "gf-label gf-when"), beside = spec.beside, sides = null, buttons = [];
    function key() {
      var view = spec.views[state.view], until = spec.years[state.step], counted = trucks.counts(state.view, until);
      var items = view.items.map(function (item, k) {
        return { colour: item.look.colour, width: 5, dash: item.look.dash, label: G.both(function () {
          return G.t(item.label) + ": " + G.number(counted.found[k + 1]);
        }) };
      });
      items.push({ colour: spec.kept.colour, width: 3, label: G.both(function () {
        return G.t(until < spec.years[spec.years.length - 1] ? words.not_yet : words.kept) + ": " + G.number(counted.kept);
      }) });
      if (spec.depots) items.push({ colour: "#111111", mark: "square", label: words.depot_mark });
      return G.keyStrip({ text: words.legend, items: items });
    }
    function show() {
      if (!dock) return;
      var until = spec.years[state.step];
      if (!state.mode) trucks.show(state.view, until);
      places.show(until);
      told.show(state.step);
      title.textContent = G.t(words.stands).replace("{year}", String(until));
      dock.key(state.mode ? streets() : key());
    }
    /* What streets emit today, what they do when the plan is done, or what is more or less. */
    function streets() {
      var change = state.mode === "change", legend = beside.layer.legend(change ? "change" : "today");
      if (!change) legend = G.oneLegend(legend, beside.layer.legend("plan"));
      return G.keyStrip({ text: change ? beside.changeNote : beside.note, unit: change ? beside.changeUnit : beside.unit,
        items: legend.items });
    }
    function choose(mode) {
      var was = state.mode;
      state.mode = was === mode ? null : mode;
      if (state.mode === "beside" && !sides) {
        var twin = beside.layer.twin();
        sides = state.sides = G.sideBySide(map, { words: beside.words, names: beside.names, bounds: beside.bounds,
          fill: function (other) { twin.addTo(other); } });
        state.twin = twin;
      }
      trucks.hide(Boolean(state.mode));
      places.hide(Boolean(state.mode));
      if (state.mode) beside.layer.addTo(map); else beside.layer.remove();
      if (sides) sides.open(state.mode === "beside");
      if (state.mode === "beside") state.twin.show("plan", null).then(show);
      if (state.mode) beside.layer.show(state.mode === "change" ? "change" : "today", null).then(show);
      dock.stop();
      dock.box.classList.toggle("gf-beside", Boolean(state.mode));
      buttons.forEach(function (button) { button.setAttribute("aria-pressed", String(button.dataset.mode === state.mode)); });
      show();
    }
    dock = G.dock(map, {
      label: words.label, words: words, steps: spec.years.map(String), step: state.step, bars: spec.bars,
      ticks: spec.years.map(function (year, k) { return spec.years.length > 12 && k % 2 ? "" : String(year); }),
      each: true, views: spec.views, view: 0
    }, {
      step: function (place) { state.step = place; show(); },
      view: function (place) { state.view = place; show(); }
    });
    if (beside) [["beside", beside.words.compare], ["change", beside.words.change]].forEach(function (one) {
      var button = el("button", "gf-beside-button", one[1]);
      button.type = "button";
      button.dataset.mode = one[0];
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", choose.bind(null, one[0]));
      buttons.push(button);
      dock.tools.appendChild(button);
    });
    G.onLanguage(show);
    var items = [];
    for (var row = 0; row < spec.source.count; row++) {
      items.push({ label: spec.source.text("name", row), detail: spec.source.text("owner", row), go: trucks.go.bind(null, [row]) });
    }
    // the rows lie along a curve over the city: a reader looks for names
    var names = new Intl.Collator(undefined, { numeric: true });
    G.findIn(words.vehicle, items.sort(function (a, b) { return names.compare(a.label, b.label); }));
    G.findIn(words.operator, spec.operators.map(function (one) {
      return { label: one.label, detail: one.detail, go: trucks.go.bind(null, one.rows) };
    }));
    if (places.items.length) G.findIn(words.depots, places.items);
    state.go = trucks.go;
    state.marked = trucks.marked;
    state.dock = dock;
    G.state = state;
    dock.set(state.step);
    return put(el("div"), put(el("section", "gf-group"), title, told.box), places.box);
  };

  // ---------------------------------------------------------------- what other budgets buy

  function ticks(most, count) {
    var raw = most / count, size = Math.pow(10, Math.floor(Math.log10(raw))), out = [];
    var step = [1, 2, 2.5, 5, 10].map(function (k) { return k * size; }).filter(function (s) { return s >= raw; })[0];
    for (var at = 0; at <= most * 1.0001; at += step) out.push(at);
    return out;
  }

  G.groups.frontier = function (map, spec) {
    var box = el("details", "gf-group gf-fold gf-frontier"), holder = el("div");
    box.open = true;
    box.dataset.group = spec.name;
    put(box, put(el("summary"), el("span", "gf-label", spec.label)), holder);
    var every = spec.here ? spec.points.concat([spec.here]) : spec.points;
    var W = 308, H = 190, left = 44, low = H - 34, top = 12, right = W - 12;
    function most(k) { return Math.max.apply(null, every.map(function (one) { return one[k]; })) || 1; }
    var mx = most(0) * 1.05, my = most(1) * 1.08;
    function x(v) { return left + (right - left) * v / mx; }
    function y(v) { return low - (low - top) * Math.max(0, v) / my; }
    function short(v) {
      return new Intl.NumberFormat(G.locales[G.language], { notation: "compact", maximumSignificantDigits: 3 }).format(v);
    }
    function text(at, words, anchor) {
      var node = svg("text", { x: at[0], y: at[1], "text-anchor": anchor || "middle" });
      node.textContent = words;
      return node;
    }
    function told(point) { return G.amount(point[0], "", spec.currency) + ": " + G.amount(point[1], spec.unit); }
    function draw() {
      var picture = svg("svg", { viewBox: "0 0 " + W + " " + H, "class": "gf-chart", role: "img" });
      bind(picture, G.both(function () { return G.t(spec.label) + ". " + every.map(told).join("; "); }), "aria-label");
      ticks(my, 4).forEach(function (v) {
        picture.appendChild(svg("path", { d: "M" + left + " " + y(v) + "H" + right, "class": "gf-grid" }));
        picture.appendChild(text([left - 5, y(v) + 4], short(v), "end"));
      });
      ticks(mx, 4).forEach(function (v) { picture.appendChild(text([x(v), low + 13], short(v))); });
      picture.appendChild(text([(left + right) / 2, H - 5], G.t(spec.x)));
      picture.appendChild(svg("path", { "class": "gf-front", d: spec.points.map(function (p, k) {
        return (k ? "L" : "M") + x(p[0]) + " " + y(p[1]);
      }).join("") }));
      spec.points.forEach(function (p) {
        var dot = svg("circle", { cx: x(p[0]), cy: y(p[1]), r: 4, "class": "gf-front-dot" }), title = svg("title", {});
        title.textContent = told(p);
        dot.appendChild(title);
        picture.appendChild(dot);
      });
      if (spec.here) {
        var at = [x(spec.here[0]), y(spec.here[1])], title = svg("title", {});
        var mark = svg("path", { "class": "gf-front-here", d: "M" + at[0] + " " + (at[1] - 7) + "l7 7l-7 7l-7 -7Z" });
        title.textContent = told(spec.here);
        mark.appendChild(title);
        picture.appendChild(mark);
        picture.appendChild(text([Math.min(at[0], right - 30), at[1] - 11], G.t(spec["this"])));
      }
      var table = el("table", "gf-hidden"), head = el("tr");
      spec.columns.forEach(function (column) { put(head, el("th", "", column)); });
      put(table, head);
      every.forEach(function (p) {
        put(table, put(el("tr"), el("td", "", G.amount(p[0], "", spec.currency)), el("td", "", G.amount(p[1], spec.unit))));
      });
      holder.replaceChildren(el("div", "gf-chart-label", spec.y), picture, table);
    }
    G.onLanguage(draw);
    draw();
    return box;
  };
})();
