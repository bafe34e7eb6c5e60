/* Page of a plan: vehicles as they change year by year, depots, and what other budgets buy. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, svg = G.svg, bind = G.bind;

  // ---------------------------------------------------------------- vehicles and depots on the map

  function vehicles(map, spec) {
    var source = spec.source, lines = [], halo = null, group = L.layerGroup().addTo(map);
    source.features().forEach(function (parts, row) {
      if (!parts.length) { lines.push(null); return; }
      var line = L.polyline(parts, spec.kept);
      line.bindTooltip(function () { return G.card(source, row, spec.card); },
        { sticky: true, opacity: 0.97, className: "gf-tooltip" });
      lines.push(line.addTo(group));
    });
    function year(row) { var text = source.text("year", row); return text === null ? null : Number(text); }
    return {
      year: year,
      show: function (view, until) {
        lines.forEach(function (line, row) {
          if (!line) return;
          var changed = year(row) !== null && year(row) <= until;
          line.setStyle(Object.assign({ dashArray: null }, changed ? view.looks[source.text(view.column, row)] : spec.kept));
          if (changed && line._map) line.bringToFront();
        });
        if (halo) halo.bringToFront();
      },
      hide: function (yes) { if (yes) group.remove(); else group.addTo(map); },
      counts: function (view, until) {
        var found = {}, kept = 0;
        for (var row = 0; row < source.count; row++) {
          if (year(row) !== null && year(row) <= until) {
            var value = source.text(view.column, row);
            found[value] = (found[value] || 0) + 1;
          } else kept += 1;
        }
        return { found: found, kept: kept };
      },
      /* Show these vehicles, and tell of the first where it is alone. */
      go: function (rows) {
        if (halo) map.removeLayer(halo);
        halo = null;
        var shapes = rows.map(function (row) { return lines[row]; }).filter(Boolean);
        if (shapes.length) {
          halo = L.featureGroup(shapes.map(function (line) {
            return L.polyline(line.getLatLngs(), { color: "#111111", weight: 8, opacity: 0.45, interactive: false });
          })).addTo(map);
          halo.bringToBack();
          G.show(map, halo.getBounds());
        }
        if (rows.length !== 1) return;
        L.popup({ className: "gf-popup", maxWidth: 330, autoPan: false })
          .setLatLng(shapes.length ? halo.getBounds().getCenter() : map.getCenter())
          .setContent(G.card(source, rows[0], spec.card)).openOn(map);
      }
    };
  }

  function depots(map, spec) {
    if (!spec.depots) return { show: function () {}, hide: function () {}, items: [], box: null };
    var hidden = false;
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
    var box = el("details", "gf-group gf-fold gf-places"), list = el("ol", "gf-places-list"), items = [], buttons = [];
    box.dataset.group = "depots";
    put(box, put(el("summary"), el("span", "gf-label", spec.words.depots)), list);
    for (var row = 0; row < source.count; row++) {
      var button = el("button", "gf-place"), go = tell.bind(null, row);
      button.type = "button";
      put(button, el("span", "gf-place-name", source.text("name", row)),
        el("span", "gf-place-value", G.both(function () { return source.text("chargers", row) + ", " + source.text("first", row); })));
      button.addEventListener("click", go);
      buttons.push(button);
      put(list, put(el("li"), button));
      items.push({ label: source.text("name", row), detail: spec.words.depot, go: go });
    }
    return {
      box: source.count ? box : null, items: items,
      hide: function (yes) { hidden = yes; },
      show: function (until) {
        marks.forEach(function (mark, row) {
          var there = years[row] <= until;
          buttons[row].classList.toggle("gf-later", !there);
          if (!mark) return;
          if (there && !hidden) mark.addTo(map).bringToFront(); else mark.remove();
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
    var state = { spec: spec, view: 0, step: spec.years.length - 1 }, dock;
    var title = el("div", "gf-label gf-when"), beside = spec.beside, sides = null, button = null;
    function key() {
      var view = spec.views[state.view], until = spec.years[state.step], counted = trucks.counts(view, until);
      var items = view.items.map(function (item) {
        var look = view.looks[item.value];
        return { colour: look.color, width: 5, dash: look.dashArray, label: G.both(function () {
          return G.t(item.label) + ": " + G.number(counted.found[item.value] || 0);
        }) };
      });
      items.push({ colour: spec.kept.color, width: 3, label: G.both(function () {
        return G.t(until < spec.years[spec.years.length - 1] ? words.not_yet : words.kept) + ": " + G.number(counted.kept);
      }) });
      if (spec.depots) items.push({ colour: "#111111", mark: "square", label: words.depot_mark });
      return G.keyStrip({ text: words.legend, items: items });
    }
    function show() {
      if (!dock) return;
      var until = spec.years[state.step];
      if (!sides || !sides.isOpen()) trucks.show(spec.views[state.view], until);
      places.show(until);
      told.show(state.step);
      title.textContent = G.t(words.stands).replace("{year}", String(until));
      dock.key(sides && sides.isOpen() ? streets() : key());
    }
    /* What streets emit today beside what they do when the plan is done. */
    function streets() {
      var legend = beside.layer.legend();
      return G.keyStrip({ text: beside.note, unit: beside.unit, items: legend.items });
    }
    function compare() {
      if (!sides) {
        var twin = beside.layer.twin();
        sides = state.sides = G.sideBySide(map, { words: beside.words, names: beside.names, bounds: beside.bounds,
          fill: function (other) { twin.addTo(other); } });
        state.twin = twin;
        twin.show("plan", null);
        beside.layer.show("today", null);
      }
      var yes = !sides.isOpen();
      trucks.hide(yes);
      places.hide(yes);
      if (yes) beside.layer.addTo(map); else beside.layer.remove();
      sides.open(yes);
      dock.stop();
      dock.box.classList.toggle("gf-beside", yes);
      button.setAttribute("aria-pressed", String(yes));
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
    if (beside) {
      button = el("button", "gf-beside-button", beside.words.compare);
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", compare);
      dock.tools.appendChild(button);
    }
    G.onLanguage(show);
    var items = [];
    for (var row = 0; row < spec.source.count; row++) {
      items.push({ label: spec.source.text("name", row), detail: spec.source.text("owner", row), go: trucks.go.bind(null, [row]) });
    }
    G.findIn(words.vehicle, items);
    G.findIn(words.operator, spec.operators.map(function (one) {
      return { label: one.label, detail: one.detail, go: trucks.go.bind(null, one.rows) };
    }));
    if (places.items.length) G.findIn(words.depots, places.items);
    state.go = trucks.go;
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
