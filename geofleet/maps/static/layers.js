/* Layers of a geofleet map: packed data, lines, areas, marks and their tooltips. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put;

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
        return index < 0 ? null : G.t(packed.strings[index]);
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
      if (!item.text && value !== null && item.unit) shown += "\u00a0" + G.t(item.unit);
      if (!item.text && value !== null && item.currency) shown = item.currency + "\u00a0" + shown;
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

  /* Leaflet moves a tooltip to the left or right of its place, but lets it run over the foot of
     the page: shift it up or down by what is missing. */
  var place = L.Tooltip.prototype._setPosition;
  L.Tooltip.include({
    _setPosition: function (at) {
      var half = this._container.offsetHeight / 2 + 6, y = this._map.layerPointToContainerPoint(at).y;
      var inside = Math.max(half, Math.min(y, this._map.getSize().y - half));
      place.call(this, at.add([0, inside - y]));
    }
  });

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

  /* Lines of one look that only give orientation. */
  G.styledLines = function (source, spec) {
    return new Lazy(function () {
      this.addLayer(L.polyline([].concat.apply([], source.features()), Object.assign(
        { interactive: false }, spec.pane ? { pane: spec.pane, renderer: spec.renderer } : {}, spec.fixed)));
    });
  };

  /* Areas lie below all lines, in a pane that takes no mouse: what is above them is told first. */
  function areaRenderer(map) {
    if (!map.getPane("gf-areas")) {
      var pane = map.createPane("gf-areas");
      pane.style.zIndex = 370;
      pane.style.pointerEvents = "none";
      map.geofleetAreas = L.canvas({ pane: "gf-areas", padding: 0.5 });
    }
    return map.geofleetAreas;
  }

  /* Tooltips and popups of areas, wherever no line or mark lies over them. */
  function tellAreas(map, shapes, cardOf) {
    var tip = L.tooltip({ className: "gf-tooltip", opacity: 0.97, offset: [12, 0] }), told = null;
    function rowAt(event) {
      var target = event.originalEvent && event.originalEvent.target;
      if (!target || target.closest(".leaflet-interactive, .leaflet-popup, .leaflet-control")) return null;
      var above = false, point = map.latLngToLayerPoint(event.latlng);
      map.eachLayer(function (layer) { above = above || (layer.at && layer.at(event.latlng) !== null); });
      if (above) return null;
      for (var row in shapes) {
        var shape = shapes[row];
        if (shape._pxBounds && shape._pxBounds.contains(point) && shape._containsPoint(point)) return row;
      }
      return null;
    }
    function quiet() { told = null; tip.remove(); }
    function over(event) {
      var row = rowAt(event);
      if (row === null) { quiet(); return; }
      if (row !== told) tip.setContent(cardOf(row));
      told = row;
      tip.setLatLng(event.latlng);
      if (!map.hasLayer(tip)) tip.addTo(map);
    }
    function click(event) {
      var row = rowAt(event);
      if (row !== null) open(row, event.latlng);
    }
    function open(row, latlng) {
      quiet();
      L.popup({ maxWidth: 340, className: "gf-popup" }).setLatLng(latlng).setContent(cardOf(row)).openOn(map);
    }
    var events = { mousemove: over, mouseout: quiet, click: click };
    map.on(events);
    return { open: open, stop: function () { quiet(); map.off(events); } };
  }

  /* Polygons: each part of a feature is a ring of one even-odd filled shape. */
  G.styledPolygons = function (source, spec) {
    var shapes = {}, teller = null;
    function cardOf(row) { return card(source, row, spec.card, spec.column); }
    var group = new Lazy(function (map) {
      var style = styleOf(source, spec);
      if (spec.merge) {
        group.addLayer(L.polygon(source.features(), Object.assign({ interactive: false, fillRule: "evenodd",
          pane: spec.pane, renderer: spec.renderer }, style(0))));
        return;
      }
      source.features().forEach(function (rings, row) {
        var look = style(row);
        if (!look || !rings.length) return;
        shapes[row] = L.polygon(rings, Object.assign({ fillRule: "evenodd", interactive: false,
          pane: "gf-areas", renderer: areaRenderer(map) }, look));
        group.addLayer(shapes[row]);
      });
    });
    group.on("add", function () { if (spec.card) teller = tellAreas(group._map, shapes, cardOf); });
    group.on("remove", function () { if (teller) teller.stop(); });
    /* Show one area and what is told of it. */
    group.go = function (row) {
      if (!shapes[row]) return;
      G.show(group._map, shapes[row].getBounds());
      teller.open(row, shapes[row].getCenter());
    };
    return group;
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

  /* A pane below everything that reacts, for lines that only give orientation. */
  G.groundPane = function (map) {
    var pane = map.createPane("ground");
    pane.style.zIndex = 350;
    pane.style.pointerEvents = "none";
    return L.canvas({ pane: "ground", padding: 0.5 });
  };

  Object.assign(G, {
    card: card, classOf: classOf, Lazy: Lazy, Mark: Mark
  });
})();
