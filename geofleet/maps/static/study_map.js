/* Layers and panel of a geofleet map. Every text from data goes in as text, never as HTML. */
(function () {
  "use strict";
  var G = (window.geofleet = {});

  // ---------------------------------------------------------------- numbers and elements

  var formats = {};
  G.number = function (value, digits) {
    if (value === null || value === undefined) return "unknown";
    if (value === 0) return "0";
    var places = digits || 3;
    var whole = Math.abs(value) >= Math.pow(10, places);
    var key = whole ? "whole" : places;
    if (!formats[key]) {
      formats[key] = new Intl.NumberFormat(
        "en-GB", whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: places });
    }
    return formats[key].format(value);
  };

  function el(tag, className, text) {
    var node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined && text !== null) {
      node.textContent = text;
      node.dir = "auto";
    }
    return node;
  }

  function put(parent) {
    for (var i = 1; i < arguments.length; i++) if (arguments[i]) parent.appendChild(arguments[i]);
    return parent;
  }

  function svg(tag, attributes) {
    var node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    return node;
  }

  // ---------------------------------------------------------------- packed data

  /* Encoded polylines at 1e-5 degrees: parts are separated by a space, features by a newline. */
  G.decode = function (text) {
    var features = [], parts = [], line = [], lat = 0, lon = 0, i = 0, n = text.length;
    function step() {
      var shift = 0, value = 0, chunk;
      do {
        chunk = text.charCodeAt(i++) - 63;
        value |= (chunk & 31) << shift;
        shift += 5;
      } while (chunk >= 32);
      return value & 1 ? ~(value >> 1) : value >> 1;
    }
    function endPart() {
      if (line.length) parts.push(line);
      line = [];
      lat = lon = 0;
    }
    while (i < n) {
      var code = text.charCodeAt(i);
      if (code === 32) { endPart(); i++; continue; }
      if (code === 10) { endPart(); features.push(parts); parts = []; i++; continue; }
      lat += step();
      lon += step();
      line.push([lat / 1e5, lon / 1e5]);
    }
    return features;
  };

  /* A source: geometry and columns that several layers share. */
  G.source = function (packed) {
    var features = null;
    return {
      count: packed.count,
      column: function (name) { return packed.columns[name]; },
      text: function (name, row) {
        var index = packed.columns[name][row];
        return index < 0 ? null : packed.strings[index];
      },
      features: function () {
        if (!features) features = G.decode(packed.paths);
        return features;
      },
      packed: packed
    };
  };

  function card(source, row, spec, emphasised) {
    var box = el("div", "gf-card");
    var title = spec.title ? source.text(spec.title, row) : null;
    put(box, el("div", "gf-card-title", title || spec.untitled || ""));
    if (spec.subtitle) put(box, el("div", "gf-card-subtitle", source.text(spec.subtitle, row)));
    var table = el("table");
    (spec.rows || []).forEach(function (item) {
      var value = item.text ? source.text(item.column, row) : source.column(item.column)[row];
      if (value === null && item.text) return;
      var line = el("tr", (item.column === emphasised ? "gf-strong" : "") + (item.text ? "" : " gf-figure"));
      var shown = item.text ? value : G.number(value, item.digits);
      if (!item.text && value !== null && item.unit) shown += " " + item.unit;
      put(table, put(line, el("th", "", item.label), el("td", "", shown)));
    });
    put(box, table);
    if (spec.hint) put(box, el("div", "gf-card-hint", spec.hint));
    return box;
  }

  function classOf(breaks, value) {
    var k = 0;
    while (k < breaks.length && value >= breaks[k]) k++;
    return k;
  }

  // ---------------------------------------------------------------- layers

  /* A group that builds its shapes when it is first shown. */
  var Lazy = L.LayerGroup.extend({
    initialize: function (build) { L.LayerGroup.prototype.initialize.call(this); this._build = build; },
    onAdd: function (map) {
      if (this._build) { var build = this._build; this._build = null; build.call(this, map); }
      L.LayerGroup.prototype.onAdd.call(this, map);
    }
  });

  function styleOf(source, spec) {
    if (spec.fixed) return function () { return spec.fixed; };
    if (spec.categories) {
      return function (row) { return spec.categories[source.text(spec.column, row)]; };
    }
    var values = source.column(spec.column);
    return function (row) {
      var value = values[row];
      return value === null ? spec.missing : spec.classes[classOf(spec.breaks, value)];
    };
  }

  G.styledLines = function (source, spec) {
    return new Lazy(function () {
      var group = this, style = styleOf(source, spec), features = source.features();
      var values = spec.column && spec.breaks ? source.column(spec.column) : null;
      var order = features.map(function (_, row) { return row; });
      // the strongest are drawn last, so that they lie on top
      if (values) order.sort(function (a, b) { return (values[a] || 0) - (values[b] || 0); });
      if (spec.merge) {
        var all = [].concat.apply([], features);
        group.addLayer(L.polyline(all, Object.assign({ interactive: false }, style(0),
          spec.pane ? { pane: spec.pane, renderer: spec.renderer } : {})));
        return;
      }
      order.forEach(function (row) {
        var look = style(row);
        if (!look || !features[row].length) return;
        var line = L.polyline(features[row], look);
        line.bindTooltip(function () { return card(source, row, spec.card, spec.column); },
          { sticky: true, opacity: 0.97, className: "gf-tooltip" });
        group.addLayer(line);
      });
    });
  };

  /* Polygons: each part of a feature is a ring of one even-odd filled shape. */
  G.styledPolygons = function (source, spec) {
    return new Lazy(function () {
      var group = this, style = styleOf(source, spec);
      source.features().forEach(function (rings, row) {
        var look = style(row);
        if (!look || !rings.length) return;
        var shape = L.polygon(rings, Object.assign({ fillRule: "evenodd" }, look));
        shape.bindTooltip(function () { return card(source, row, spec.card, spec.column); },
          { sticky: true, opacity: 0.97, className: "gf-tooltip" });
        group.addLayer(shape);
      });
    });
  };

  var Mark = L.CircleMarker.extend({
    _updatePath: function () { this._renderer._geofleetMark(this); }
  });
  L.Canvas.include({
    _geofleetMark: function (mark) {
      if (!this._drawing || mark._empty()) return;
      var ctx = this._ctx, p = mark._point, r = mark._radius;
      ctx.beginPath();
      if (mark.options.shape === "square") ctx.rect(p.x - r, p.y - r, 2 * r, 2 * r);
      else if (mark.options.shape === "diamond") {
        ctx.moveTo(p.x, p.y - r); ctx.lineTo(p.x + r, p.y);
        ctx.lineTo(p.x, p.y + r); ctx.lineTo(p.x - r, p.y); ctx.closePath();
      } else if (mark.options.shape === "cross") {
        ctx.moveTo(p.x - r, p.y - r); ctx.lineTo(p.x + r, p.y + r);
        ctx.moveTo(p.x + r, p.y - r); ctx.lineTo(p.x - r, p.y + r);
      } else ctx.arc(p.x, p.y, r, 0, 2 * Math.PI);
      this._fillStroke(ctx, mark);
    }
  });

  G.styledPoints = function (source, spec) {
    return new Lazy(function () {
      var group = this, style = styleOf(source, spec);
      var features = source.features();
      var order = features.map(function (_, row) { return row; });
      if (spec.order) {
        order.sort(function (a, b) {
          return spec.order.indexOf(source.text(spec.column, a)) -
            spec.order.indexOf(source.text(spec.column, b));
        });
      }
      order.forEach(function (row) {
        var parts = features[row];
        if (!parts.length) return;
        var look = style(row);
        if (!look) return;
        var mark = new Mark(parts[0][0], look);
        mark.bindTooltip(function () { return card(source, row, spec.card); },
          { opacity: 0.97, className: "gf-tooltip" });
        group.addLayer(mark);
      });
      // small when the whole city is in view, full size when streets can be told apart
      var map = this._map, full = [];
      function size() {
        var factor = map.getZoom() < 12.5 ? 0.6 : map.getZoom() < 14 ? 0.8 : 1;
        var at = 0;
        group.eachLayer(function (mark) {
          if (full[at] === undefined) full[at] = mark.options.radius;
          mark.setRadius(full[at++] * factor);
        });
      }
      map.on("zoomend", size);
      size();
    });
  };

  // ---------------------------------------------------------------- routes

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
        line.setStyle(other === row ? { opacity: 1, weight: 4.5 } : { opacity: 0.13 });
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
    return box;
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
    var group = L.layerGroup(), at = stops.features();
    stopRows(source, row).forEach(function (stop) {
      var failing = stops.column("failing")[stop];
      var look = Object.assign({}, chargeLook(spec, stops.column("soc_percent")[stop]), {
        radius: failing ? 9 : 7, shape: failing ? "diamond" : "circle"
      });
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
    function x(k) { return left + (width - left - 8) * (values.length < 2 ? 0 : k / (values.length - 1)); }
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
      var colour = chargeLook(spec, v).fillColor;
      picture.appendChild(svg("circle", { cx: x(k), cy: y(v), r: k === failing ? 5 : 2.5,
        fill: colour, stroke: k === failing ? "#000" : "#555", "stroke-width": k === failing ? 1.5 : 0.6 }));
    });
    var axis = svg("text", { x: (left + width) / 2, y: height - 4, "text-anchor": "middle" });
    axis.textContent = "stops in driving order";
    picture.appendChild(axis);
    return picture;
  }

  function chargeKey(spec) {
    var list = el("ul", "gf-key"), breaks = spec.charge.breaks;
    spec.charge.classes.forEach(function (look, k) {
      var dot = el("span", "gf-dot");
      dot.style.background = look.fillColor;
      var text = k === 0 ? "< " + breaks[0] : k === breaks.length ? "≥ " + breaks[k - 1]
        : breaks[k - 1] + "–" + breaks[k];
      put(list, put(el("li"), dot, el("span", "", text + " %")));
    });
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
      put(box, el("div", "gf-part", "Battery charge on arrival"), sparkline(charge, failing, spec), chargeKey(spec));
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
      var dot = el("span", "gf-dot");
      dot.style.background = look.fillColor;
      var arrive = stops.text("arrive", stop) || stops.text("status", stop);
      put(body, put(line, put(el("td"), dot), el("td", "", stops.text("place", stop)),
        el("td", "", arrive), el("td", "gf-right", soc === null ? "unknown" : Math.round(soc) + " %")));
    });
    put(table, body);
    put(box, table);
    return box;
  }

  // ---------------------------------------------------------------- the panel

  var panels = 0;

  G.padding = function (map) {
    var panel = document.querySelector(".gf-panel");
    var wide = panel && map.getSize().x > 760 && panel.open;
    return [wide ? panel.offsetWidth + 28 : 20, 20];
  };

  function legend(spec) {
    var box = el("div", "gf-legend");
    if (spec.text) put(box, el("p", "gf-hint", spec.text));
    if (spec.unit) put(box, el("div", "gf-unit", spec.unit));
    var list = el("ul");
    spec.items.forEach(function (item) {
      var picture = svg("svg", { viewBox: "0 0 28 16", width: 28, height: 16, "aria-hidden": "true" });
      if (item.shape === "line") {
        picture.appendChild(svg("line", { x1: 1, x2: 27, y1: 8, y2: 8, stroke: item.colour,
          "stroke-width": item.width, "stroke-dasharray": item.dash || "none" }));
      } else if (item.shape === "fill") {
        picture.appendChild(svg("rect", { x: 1, y: 1, width: 26, height: 14, fill: item.colour,
          "fill-opacity": item.opacity || 1, stroke: "#777", "stroke-width": 0.6 }));
      } else if (item.shape === "square") {
        picture.appendChild(svg("rect", { x: 8, y: 2, width: 12, height: 12, fill: item.colour,
          stroke: item.edge, "stroke-width": 1.5 }));
      } else if (item.shape === "diamond") {
        picture.appendChild(svg("path", { d: "M14 1L21 8L14 15L7 8Z", fill: item.colour,
          stroke: item.edge, "stroke-width": 1.5 }));
      } else if (item.shape === "cross") {
        picture.appendChild(svg("path", { d: "M9 3L19 13M19 3L9 13", stroke: item.edge,
          "stroke-width": 3, fill: "none" }));
      } else {
        picture.appendChild(svg("circle", { cx: 14, cy: 8, r: item.radius || 4, fill: item.colour,
          stroke: item.edge || "none", "stroke-width": 1 }));
      }
      put(list, put(el("li"), picture, el("span", "", item.label)));
    });
    return put(box, list);
  }

  function choice(map, spec) {
    var id = "gf-" + ++panels, box = el("section", "gf-group");
    var label = el("label", "gf-label", spec.label), select = el("select");
    label.htmlFor = select.id = id;
    select.dataset.group = spec.name;
    var holder = el("div"), shown = null, groups = {};
    spec.options.forEach(function (option, index) {
      var item = el("option", "", option.label);
      item.value = String(index);
      var parent = select;
      if (option.group) {
        if (!groups[option.group]) {
          groups[option.group] = document.createElement("optgroup");
          groups[option.group].label = option.group;
          select.appendChild(groups[option.group]);
        }
        parent = groups[option.group];
      }
      parent.appendChild(item);
    });
    function apply() {
      var option = spec.options[Number(select.value)];
      if (shown) map.removeLayer(shown);
      shown = option.layer || null;
      if (shown) shown.addTo(map);
      holder.replaceChildren();
      if (option.legend) put(holder, legend(option.legend));
      map.fire("geofleet:restack");
    }
    select.value = String(spec.selected);
    select.addEventListener("change", apply);
    map.on("geofleet:clear", function (event) {
      if (event.group === spec.name && select.value !== "0") { select.value = "0"; apply(); }
    });
    put(box, label, select, holder);
    apply();
    return box;
  }

  function toggle(map, spec) {
    var id = "gf-" + ++panels, box = el("section", "gf-group");
    var label = el("label", "gf-label gf-check"), input = el("input");
    input.type = "checkbox";
    input.id = label.htmlFor = id;
    input.dataset.group = spec.name;
    input.checked = spec.shown;
    put(label, input, el("span", "", spec.label));
    var holder = el("div");
    var extra = spec.picker ? picker(map, spec.layer, spec.picker, input, apply) : null;
    function apply() {
      // two sets of coloured lines over each other cannot be read
      if (input.checked && spec.clears) map.fire("geofleet:clear", { group: spec.clears });
      if (input.checked) spec.layer.addTo(map); else map.removeLayer(spec.layer);
      holder.replaceChildren();
      if (input.checked && spec.legend) put(holder, legend(spec.legend));
      if (extra) extra.hidden = !input.checked && !spec.picker.always;
      map.fire("geofleet:restack");
    }
    input.addEventListener("change", apply);
    put(box, label, extra, holder);
    apply();
    return box;
  }

  function picker(map, layer, spec, input, apply) {
    var id = "gf-" + ++panels, box = el("div", "gf-picker");
    var label = el("label", "gf-sublabel", spec.label), select = el("select");
    label.htmlFor = select.id = id;
    select.dataset.group = "vehicle-day";
    spec.options.forEach(function (text, index) {
      var item = el("option", "", text);
      item.value = String(index - 1);
      select.appendChild(item);
    });
    select.addEventListener("change", function () {
      var row = Number(select.value);
      if (!input.checked) { input.checked = true; apply(); }
      if (row < 0) { layer.clear(); return; }
      var bounds = layer.bounds(row);
      if (bounds) map.fitBounds(bounds, {
        paddingTopLeft: G.padding(map), animate: false, maxZoom: 15,
        paddingBottomRight: [map.getSize().x > 1100 ? 390 : 20, map.getSize().x > 760 ? 30 : 330]
      });
      layer.choose(row);
    });
    layer.onchoose = function (row) { select.value = String(row === null ? -1 : row); };
    return put(box, label, select);
  }

  function background(map, spec) {
    var id = "gf-" + ++panels, box = el("section", "gf-group");
    var label = el("label", "gf-label gf-check"), input = el("input"), layer = null;
    var message = el("p", "gf-hint");
    message.setAttribute("role", "status");
    input.type = "checkbox";
    input.id = label.htmlFor = id;
    input.dataset.group = "tiles";
    put(label, input, el("span", "", spec.label));
    function state() {
      input.disabled = !navigator.onLine;
      message.textContent = navigator.onLine ? "" : "No internet connection.";
    }
    input.addEventListener("change", function () {
      message.textContent = "";
      if (layer) { map.removeLayer(layer); layer = null; }
      if (!input.checked || !navigator.onLine) return;
      layer = L.tileLayer(spec.url, { attribution: spec.attribution, maxZoom: 19, opacity: 0.55 });
      layer.once("tileerror", function () {
        message.textContent = "The street map could not be loaded.";
      });
      layer.addTo(map);
    });
    window.addEventListener("online", state);
    window.addEventListener("offline", state);
    state();
    return put(box, label, message);
  }

  /* A long note shows its first sentence; the rest opens on demand. */
  function note(text) {
    var end = text.search(/[.!?]\s/);
    if (text.length < 160 || end < 0) return el("p", "gf-note", text);
    var box = el("details", "gf-note");
    return put(box, el("summary", "", text.slice(0, end + 1)), el("p", "", text.slice(end + 2)));
  }

  G.panel = function (map, spec) {
    document.documentElement.lang = "en";
    map.attributionControl.setPrefix(false);
    spec.attribution.forEach(function (text) {
      var span = el("span", "", text);
      map.attributionControl.addAttribution(span.innerHTML);
    });
    L.control.scale({ position: "bottomright", imperial: false, maxWidth: 140 }).addTo(map);
    var panel = el("details", "gf-panel");
    panel.open = window.innerWidth > 760;
    var head = el("summary");
    put(panel, put(head, el("h1", "", spec.title)));
    var body = el("div", "gf-body");
    spec.notes.forEach(function (text) { put(body, note(text)); });
    var facts = el("dl", "gf-facts");
    spec.facts.forEach(function (fact) {
      put(facts, put(el("div"), el("dd", "", fact.value), el("dt", "", fact.label)));
    });
    if (spec.facts.length) put(body, facts);
    put(panel, body);
    document.body.appendChild(panel);
    L.DomEvent.disableClickPropagation(panel);
    L.DomEvent.disableScrollPropagation(panel);

    if (spec.bounds) map.fitBounds(spec.bounds, { paddingTopLeft: G.padding(map), animate: false });
    var makers = { choice: choice, toggle: toggle };
    spec.groups.forEach(function (group) { put(body, makers[group.kind](map, group)); });
    if (spec.tiles) put(body, background(map, spec.tiles));

    function restack() {
      spec.stack.forEach(function (layer) {
        if (!map.hasLayer(layer)) return;
        layer.eachLayer(function (shape) { if (shape.bringToFront) shape.bringToFront(); });
      });
    }
    map.on("geofleet:restack", restack);
    restack();
  };

  /* A pane below everything that reacts, for lines that only give orientation. */
  G.groundPane = function (map) {
    var pane = map.createPane("ground");
    pane.style.zIndex = 350;
    pane.style.pointerEvents = "none";
    return L.canvas({ pane: "ground", padding: 0.5 });
  };
})();
