/* Routes of a geofleet map, and the card of one vehicle's day. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, svg = G.svg, card = G.card, classOf = G.classOf, Lazy = G.Lazy, Mark = G.Mark;

  /* Routes: one line each; choosing one dims the others and tells its day. */
  G.routes = function (source, stops, spec) {
    var group = new Lazy(function () {
      var features = source.features();
      this.lines = [];
      var order = spec.order;
      var rows = features.map(function (_, row) { return row; });
      rows.sort(function (a, b) {
        return order.indexOf(source.text(spec.column, a)) - order.indexOf(source.text(spec.column, b));
      });
      rows.forEach(function (row) {
        if (!features[row].length) return;
        var look = spec.categories[source.text(spec.column, row)];
        var line = L.polyline(features[row], look);
        line.bindTooltip(function () { return card(source, row, spec.card); },
          { sticky: true, opacity: 0.97, className: "gf-tooltip" });
        line.on("click", function (event) { L.DomEvent.stop(event); group.choose(row); });
        line.on("mouseover", function () {
          if (group.chosen === null) line.setStyle({ weight: look.weight + 3 }).bringToFront();
        });
        line.on("mouseout", function () {
          if (group.chosen === null) line.setStyle({ weight: look.weight });
        });
        group.lines[row] = line;
        group.addLayer(line);
      });
    });
    group.chosen = null;
    group.lines = [];
    group.onchoose = function () {};

    group.choose = function (row) {
      var map = group._map;
      if (!map) return;
      group.clear();
      group.chosen = row;
      group.lines.forEach(function (line, other) {
        if (!line) return;
        line.setStyle(other === row ? { opacity: 1, weight: 4.5 } : spec.faint);
      });
      if (group.lines[row]) {
        group.halo = L.polyline(group.lines[row].getLatLngs(),
          { color: "#ffffff", weight: 10, opacity: 0.95, interactive: false }).addTo(map);
        group.lines[row].bringToFront();
      }
      group.marks = stopMarks(source, stops, row, spec).addTo(map);
      group.card = dock(dayCard(source, stops, row, spec), source.text("name", row), group.clear);
      group.onchoose(row);
    };

    group.clear = function () {
      if (group.chosen === null) return;
      group.chosen = null;
      group.lines.forEach(function (line, row) {
        if (line) line.setStyle(spec.categories[source.text(spec.column, row)]);
      });
      if (group.marks) group.marks.remove();
      if (group.halo) group.halo.remove();
      if (group.card) group.card.remove();
      group.marks = group.halo = group.card = null;
      group.onchoose(null);
    };
    group.on("remove", function () { group.clear(); });
    group.bounds = function (row) {
      return group.lines[row] ? group.lines[row].getBounds() : null;
    };
    return group;
  };

  /* The card of the chosen day, beside the map rather than over it. */
  function dock(content, name, close) {
    var box = el("aside", "gf-day"), button = el("button", "gf-close", "×");
    box.setAttribute("aria-label", "Vehicle-day " + name);
    button.type = "button";
    button.setAttribute("aria-label", "Close");
    button.addEventListener("click", close);
    box.addEventListener("keydown", function (event) { if (event.key === "Escape") close(); });
    put(box, button, content);
    document.body.appendChild(box);
    // on a phone there is room for the panel or for the day, not for both
    document.body.classList.add("gf-has-day");
    return {
      remove: function () {
        box.remove();
        document.body.classList.remove("gf-has-day");
      }
    };
  }

  function chargeLook(spec, soc) {
    if (soc === null) return spec.charge.unknown;
    return spec.charge.classes[classOf(spec.charge.breaks, soc)];
  }

  function stopRows(source, row) {
    var first = source.column("first_stop")[row], count = source.column("stop_count")[row], rows = [];
    for (var k = 0; k < count; k++) rows.push(first + k);
    return rows;
  }

  function stopMarks(source, stops, row, spec) {
    var group = L.layerGroup(), at = stops.features(), failing = stops.column("failing");
    // drawn last, so that no later visit to the same place hides it
    var order = stopRows(source, row).sort(function (a, b) { return failing[a] - failing[b]; });
    order.forEach(function (stop) {
      var look = failing[stop] ? spec.failing : Object.assign(
        { radius: 7, shape: "circle" }, chargeLook(spec, stops.column("soc_percent")[stop]));
      var mark = new Mark(at[stop][0][0], look);
      mark.bindTooltip(function () { return card(stops, stop, spec.stopCard); },
        { opacity: 0.97, className: "gf-tooltip" });
      group.addLayer(mark);
    });
    return group;
  }

  function sparkline(values, failing, spec) {
    var width = 320, height = 96, left = 34, bottom = 18, top = 6;
    var low = Math.min(0, Math.min.apply(null, values.filter(function (v) { return v !== null; })));
    low = Math.floor(low / 50) * 50;
    function x(k) { return left + 6 + (width - left - 14) * (values.length < 2 ? 0 : k / (values.length - 1)); }
    function y(v) { return top + (height - top - bottom) * (100 - v) / (100 - low); }
    var picture = svg("svg", {
      viewBox: "0 0 " + width + " " + height, "class": "gf-spark", role: "img",
      "aria-label": "Battery charge on arrival at each stop"
    });
    var marks = low < 0 ? [100, 0, low] : [100, 50, 0];
    marks.forEach(function (v) {
      picture.appendChild(svg("line", { x1: left, x2: width - 8, y1: y(v), y2: y(v),
        "class": v === 0 ? "gf-zero" : "gf-grid" }));
      var label = svg("text", { x: left - 4, y: y(v) + 4, "text-anchor": "end" });
      label.textContent = v + " %";
      picture.appendChild(label);
    });
    var path = "", pen = "M";
    values.forEach(function (v, k) {
      if (v === null) { pen = "M"; return; }
      path += pen + x(k).toFixed(1) + " " + y(v).toFixed(1);
      pen = "L";
    });
    picture.appendChild(svg("path", { d: path, "class": "gf-charge" }));
    values.forEach(function (v, k) {
      if (v === null) return;
      var colour = (k === failing ? spec.failing : chargeLook(spec, v)).fillColor;
      picture.appendChild(svg("circle", { cx: x(k), cy: y(v), r: k === failing ? 5 : 2.5,
        fill: colour, stroke: k === failing ? "#000" : "#555", "stroke-width": k === failing ? 1.5 : 0.6 }));
    });
    var axis = svg("text", { x: (left + width) / 2, y: height - 4, "text-anchor": "middle" });
    axis.textContent = "stops in driving order";
    picture.appendChild(axis);
    return picture;
  }

  function failingDot(spec) {
    var dot = el("span", "gf-dot gf-diamond");
    dot.style.background = spec.failing.fillColor;
    return dot;
  }

  function chargeKey(spec, fails) {
    var list = el("ul", "gf-key"), breaks = spec.charge.breaks;
    spec.charge.classes.forEach(function (look, k) {
      var dot = el("span", "gf-dot");
      dot.style.background = look.fillColor;
      var text = k === 0 ? "< " + breaks[0] : k === breaks.length ? "≥ " + breaks[k - 1]
        : breaks[k - 1] + "–" + breaks[k];
      put(list, put(el("li"), dot, el("span", "", text + " %")));
    });
    if (fails) put(list, put(el("li"), failingDot(spec), el("span", "", "first stop that fails")));
    return list;
  }

  function dayCard(source, stops, row, spec) {
    var box = card(source, row, spec.dayCard), rows = stopRows(source, row);
    var verdict = el("p", "gf-verdict", source.text("verdict", row));
    verdict.style.borderColor = spec.categories[source.text(spec.column, row)].color;
    box.insertBefore(verdict, box.children[1]);
    var charge = rows.map(function (stop) { return stops.column("soc_percent")[stop]; });
    var failing = -1;
    rows.forEach(function (stop, k) { if (stops.column("failing")[stop]) failing = k; });
    if (charge.some(function (v) { return v !== null; })) {
      put(box, el("div", "gf-part", "Battery charge on arrival"), sparkline(charge, failing, spec), chargeKey(spec, failing >= 0));
    }
    var table = el("table", "gf-stops"), head = el("tr");
    ["", "Stop", "Arrival", "Charge"].forEach(function (name) {
      var cell = el("th", "", name);
      cell.scope = "col";
      put(head, cell);
    });
    put(table, put(el("thead"), head));
    var body = el("tbody");
    rows.forEach(function (stop, k) {
      var soc = stops.column("soc_percent")[stop], look = chargeLook(spec, soc);
      var line = el("tr", k === failing ? "gf-strong" : "");
      var dot = k === failing ? failingDot(spec) : el("span", "gf-dot");
      if (k !== failing) dot.style.background = look.fillColor;
      var arrive = stops.text("arrive", stop) || stops.text("status", stop);
      put(body, put(line, put(el("td"), dot), el("td", "", stops.text("place", stop)),
        el("td", "", arrive), el("td", "gf-right", soc === null ? "unknown" : Math.round(soc) + " %")));
    });
    put(table, body);
    put(box, table);
    return box;
  }
})();
