/* The electric page: vehicle-days by verdict, what passes a street, choosing one day. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, svg = G.svg, bind = G.bind;
  var REACH = 9, LISTED = 40, FAINT = { color: "#c3cace", weight: 2, opacity: 0.75, dashArray: null };

  function swatch(look) {
    var picture = svg("svg", { viewBox: "0 0 28 16", width: 28, height: 16, "aria-hidden": "true" });
    picture.appendChild(svg("line", { x1: 1, x2: 27, y1: 8, y2: 8, stroke: look.color,
      "stroke-width": look.weight, "stroke-dasharray": look.dashArray || "none" }));
    return picture;
  }

  /* What is drawn of all days; hidden verdicts and other operators left out. */
  function Overview(map, W) {
    var shown = W.looks.map(function () { return true; }), only = null, lines = [], dim = false;
    var here = L.layerGroup().addTo(map), own = {
      wanted: function (row) {
        return shown[W.n.day_verdict[row]] && (only === null || W.n.day_operator[row] === only);
      },
      filtered: function () { return only; },
      draw: function () {
        here.clearLayers();
        // what is worse lies on top
        lines = W.overview(function (row) { return only === null || W.n.day_operator[row] === only; })
          .map(function (parts, k) {
            return L.polyline(parts, Object.assign({ interactive: false, opacity: 0.9 }, W.looks[k]));
          });
        own.arrange();
      },
      arrange: function () {
        lines.forEach(function (line, k) {
          if (shown[k]) here.addLayer(line); else here.removeLayer(line);
          line.setStyle(dim ? FAINT : Object.assign({ opacity: 0.9 }, W.looks[k]));
          if (shown[k]) line.bringToFront();
        });
        map.fire("geofleet:restack");
      },
      show: function (verdict, yes) { shown[verdict] = yes; own.arrange(); },
      dim: function (yes) { dim = yes; own.arrange(); },
      only: function (operator) { only = operator; own.draw(); }
    };
    return own;
  }

  function verdictCounts(W, rows) {
    var counts = W.looks.map(function () { return 0; });
    rows.forEach(function (row) { counts[W.n.day_verdict[row]]++; });
    return counts;
  }

  /* Who passes the street under the pointer: told on hovering, listed on a click. */
  function streets(map, W, overview, choose, busy) {
    var tip = L.tooltip({ opacity: 0.97, className: "gf-tooltip", direction: "top", offset: [0, -8] });
    var frame = null, over = -1;
    function passers(line) {
      return Array.from(W.passing(line)).filter(overview.wanted);
    }
    function name(line) { return W.text("line_name", line) || W.words.unnamed; }
    function told(rows) {
      return rows.length === 1 ? W.words.passing_one
        : G.fill(W.words.passing, { count: G.quantity(rows.length) });
    }
    function content(line) {
      var box = el("div", "gf-card"), rows = passers(line), list = el("ul", "gf-passing");
      put(box, el("div", "gf-card-title", name(line)), el("div", "gf-card-subtitle", told(rows)));
      if (rows.length === 1) {
        put(list, put(el("li"), swatch(W.verdict(rows[0])), el("span", "", label(W, rows[0]))));
      } else verdictCounts(W, rows).forEach(function (count, k) {
        if (count) put(list, put(el("li"), swatch(W.looks[k]), el("span", "", G.quantity(count)),
          el("span", "", W.words["short_" + W.looks[k].key])));
      });
      return put(box, list, el("div", "gf-card-hint", W.words.click));
    }
    function find(latlng, pixels) {
      return W.nearest(map, latlng, pixels, function (line) {
        return Array.prototype.some.call(W.passing(line), overview.wanted);
      });
    }
    function hide() {
      over = -1;
      map.closeTooltip(tip);
      map.getContainer().style.cursor = "";
    }
    map.on("mousemove", function (event) {
      if (frame || busy()) { if (busy() && over >= 0) hide(); return; }
      frame = window.requestAnimationFrame(function () {
        frame = null;
        var line = find(event.latlng, REACH);
        if (line < 0) { if (over >= 0) hide(); return; }
        map.getContainer().style.cursor = "pointer";
        tip.setLatLng(event.latlng);
        if (line !== over) { tip.setContent(content(line)); over = line; }
        if (!map.hasLayer(tip)) tip.openOn ? map.openTooltip(tip) : tip.addTo(map);
      });
    });
    map.on("mouseout", hide);
    map.on("click", function (event) {
      if (busy()) return;
      var line = find(event.latlng, REACH * 1.5);
      if (line < 0) return;
      hide();
      var rows = passers(line);
      if (rows.length === 1) { choose(rows[0]); return; }
      var box = el("div", "gf-card gf-choices"), list = el("ul");
      put(box, el("div", "gf-card-title", name(line)), el("div", "gf-card-subtitle", told(rows)));
      rows.slice(0, LISTED).forEach(function (row) {
        var button = el("button", "gf-choice");
        button.type = "button";
        put(button, swatch(W.verdict(row)), el("span", "", label(W, row)));
        button.addEventListener("click", function () { map.closePopup(); choose(row); });
        put(list, put(el("li"), button));
      });
      if (rows.length > LISTED) {
        put(list, el("li", "gf-hint", G.fill(W.words.more, { count: G.quantity(rows.length - LISTED) })));
      }
      L.popup({ maxHeight: 260, maxWidth: 300, autoPan: false }).setLatLng(event.latlng)
        .setContent(put(box, list)).openOn(map);
      list.querySelector("button").focus();
    });
    return hide;
  }

  function label(W, row) {
    return G.fill(W.words.option, { vehicle: W.text("day_vehicle", row),
      verdict: W.words["short_" + W.verdict(row).key] });
  }

  function legend(W, change) {
    var box = el("fieldset", "gf-verdicts"), list = el("ul");
    put(box, el("legend", "gf-label", W.words.heading), el("p", "gf-hint", W.words.legend_hint));
    W.looks.forEach(function (look, k) {
      if (!look.count) return;
      var label = el("label"), input = el("input");
      input.type = "checkbox";
      input.checked = true;
      input.dataset.verdict = look.key;
      input.addEventListener("change", function () { change(k, input.checked); });
      put(list, put(el("li"), put(label, input, swatch(look), el("span", "gf-verdict-name", look.label),
        el("span", "gf-count", G.quantity(look.count)))));
    });
    return put(box, list);
  }

  /* Choosing from all days: a list, and the one before and after. */
  function picker(W, rows, choose) {
    var box = el("div", "gf-picker"), id = G.id(), name = el("label", "gf-label", W.words.pick);
    var select = el("select"), line = el("div", "gf-picker-line"), none = el("option");
    name.htmlFor = select.id = id;
    select.dataset.group = "vehicle-day";
    function step(by) {
      var button = el("button", "gf-step", by < 0 ? "‹" : "›");
      button.type = "button";
      bind(button, by < 0 ? W.words.previous : W.words.next, "aria-label");
      bind(button, by < 0 ? W.words.previous : W.words.next, "title");
      button.addEventListener("click", function () {
        var own = rows(), at = own.indexOf(Number(select.value));
        if (own.length) choose(own[(at + by + own.length + (at < 0 && by < 0 ? 1 : 0)) % own.length]);
      });
      return button;
    }
    function fill() {
      var value = select.value, all = document.createDocumentFragment(), group = null, last = null;
      none.value = "-1";
      none.textContent = G.t(G.fill(W.words.pick_none, { count: G.quantity(rows().length) }));
      all.appendChild(none);
      rows().forEach(function (row) {
        var operator = W.text("day_operator", row);
        if (!group || operator !== last) {
          group = document.createElement("optgroup");
          group.label = last = operator;
          all.appendChild(group);
        }
        var option = document.createElement("option");
        option.value = String(row);
        option.textContent = G.t(label(W, row));
        group.appendChild(option);
      });
      select.replaceChildren(all);
      select.value = value || "-1";
    }
    select.addEventListener("change", function () {
      choose(select.value === "-1" ? null : Number(select.value));
    });
    G.onLanguage(fill);
    put(box, name, put(line, step(-1), select, step(1)));
    return { box: box, fill: fill, set: function (row) { select.value = String(row === null ? -1 : row); } };
  }

  /* What the search box finds on this page. */
  function searchable(map, W, choose, limit) {
    var folded = {};
    function hits(column, count, text, make) {
      if (!W.n) return [];
      if (!folded[column]) {
        folded[column] = [];
        for (var k = 0; k < count(); k++) folded[column].push(G.fold(W.text(column, k) || ""));
      }
      var wanted = G.fold(text).trim(), first = [], rest = [];
      folded[column].forEach(function (name, k) {
        var at = name.indexOf(wanted);
        if (at >= 0) (at ? rest : first).push(k);
      });
      return make(first.concat(rest));
    }
    function once(rows, column) {
      var seen = new Map();
      rows.forEach(function (row) {
        var key = W.n[column][row];
        if (seen.has(key)) seen.get(key).push(row); else seen.set(key, [row]);
      });
      return Array.from(seen.values());
    }
    function days() { return W.count; }
    G.searchable.push({ label: W.words.vehicles, find: function (text) {
      return hits("day_vehicle", days, text, function (rows) {
        return rows.slice(0, 50).map(function (row) {
          return { label: W.text("day_vehicle", row), detail: W.words["short_" + W.verdict(row).key],
            go: function () { choose(row); } };
        });
      });
    } });
    G.searchable.push({ label: W.words.operators, find: function (text) {
      return hits("day_operator", days, text, function (rows) {
        return once(rows, "day_operator").map(function (own) {
          return { label: W.text("day_operator", own[0]),
            detail: own.length === 1 ? W.words.day_of : G.fill(W.words.days_of, { count: G.quantity(own.length) }),
            go: function () { limit(own[0]); } };
        });
      });
    } });
    G.searchable.push({ label: W.words.streets, find: function (text) {
      return hits("line_name", function () { return W.n.line_name.length; }, text, function (lines) {
        return once(lines, "line_name").slice(0, 50).map(function (own) {
          return { label: W.text("line_name", own[0]), go: function () {
            var mark = L.polyline(own.map(function (line) { return W.line(line); }),
              { color: "#111", weight: 9, opacity: 0.45, interactive: false }).addTo(map);
            choose(null);
            G.show(map, mark.getBounds(), 16);
            window.setTimeout(function () { mark.remove(); }, 4000);
          } };
        });
      });
    } });
  }

  /* Depots as a table whose names lead there: what marks on a canvas cannot give to a keyboard. */
  G.groups.depots = function (map, spec) {
    var W = spec.ways, source = spec.depots, box = el("details", "gf-depot-list"), table = el("table"), body = el("tbody"), head = el("tr");
    var columns = spec.columns.filter(function (one) {
      return source.column(one.column).some(function (value) { return value >= 0; });
    });
    function go(row) {
      var at = source.features()[row][0][0];
      G.show(map, L.latLngBounds([at, at]), 16);
    }
    [W.words.place].concat(columns.map(function (one) { return one.label; })).forEach(function (label) {
      var cell = el("th", "", label);
      cell.scope = "col";
      put(head, cell);
    });
    for (var k = 0; k < source.count; k++) {
      var line = el("tr"), button = el("button", "gf-link", source.packed.strings[source.column("name")[k]]);
      button.type = "button";
      button.addEventListener("click", go.bind(null, k));
      put(line, put(el("td"), button));
      columns.forEach(function (one) {
        var value = source.column(one.column)[k];
        put(line, el("td", "", value < 0 ? "\u2013" : source.packed.strings[value]));
      });
      put(body, line);
    }
    G.searchable.push({ label: W.words.depots_found, find: function (text) {
      var wanted = G.fold(text).trim(), out = [];
      for (var row = 0; row < source.count; row++) {
        var name = source.text("name", row);
        if (G.fold(name).indexOf(wanted) >= 0) {
          out.push({ label: name, detail: source.packed.strings[source.column("what")[row]], go: go.bind(null, row) });
        }
      }
      return out;
    } });
    return put(box, el("summary", "", W.words.depots), put(el("div", "gf-wide"), put(table, put(el("thead"), head), body)));
  };

  G.groups.electric = function (map, spec) {
    var W = spec.ways, box = el("section", "gf-group gf-electric"), overview = null, chosen = null, view = null;
    var chip = el("button", "gf-chip"), status = el("p", "gf-hint"), hide = function () {};
    status.setAttribute("role", "status");
    chip.type = "button";
    chip.hidden = true;
    chip.addEventListener("click", function () { limit(null); });
    function rows() {
      var out = [];
      for (var row = 0; row < (W.count || 0); row++) if (overview.wanted(row)) out.push(row);
      return out;
    }
    var list = picker(W, function () { return overview ? rows() : []; }, choose);
    function choose(row) {
      if (!overview || row === chosen) return;
      if (view) view.close();
      view = null;
      chosen = row;
      list.set(row);
      hide();
      overview.dim(row !== null);
      if (row !== null) view = G.dayView(map, W, row, function () { choose(null); });
    }
    function limit(row) {
      choose(null);
      overview.only(row === null ? null : W.n.day_operator[row]);
      chip.hidden = row === null;
      if (row !== null) {
        bind(chip, G.fill(W.words.only, { operator: W.text("day_operator", row) }));
        var bounds = L.latLngBounds([]);
        rows().forEach(function (own) { var one = W.bounds(own); if (one) bounds.extend(one); });
        if (bounds.isValid()) G.show(map, bounds);
      }
      list.fill();
    }
    searchable(map, W, choose, limit);
    put(box, list.box, chip, legend(W, function (verdict, yes) {
      overview.show(verdict, yes);
      list.fill();
    }), status);
    W.ready.then(function () {
      overview = Overview(map, W);
      overview.draw();
      list.fill();
      hide = streets(map, W, overview, choose, function () { return chosen !== null; });
      W.choose = choose;
      box.dataset.ready = "true";
    }, function () { bind(status, W.words.needs); });
    return box;
  };
})();
