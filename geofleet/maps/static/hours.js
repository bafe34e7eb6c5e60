/* Pages by hour of the day: packed lines under a slider, zones hatched while a rule binds. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, bind = G.bind;
  var HOURS = 24;

  // ---------------------------------------------------------------- zones

  var stripes = {};
  function pattern(ctx, colour) {
    if (!stripes[colour]) {
      var tile = document.createElement("canvas"), size = 12, pen = tile.getContext("2d");
      tile.width = tile.height = size;
      pen.strokeStyle = colour;
      pen.lineWidth = 1.3;
      pen.beginPath();
      [-size, 0, size].forEach(function (x) { pen.moveTo(x, size); pen.lineTo(x + size, 0); });
      pen.stroke();
      stripes[colour] = ctx.createPattern(tile, "repeat");
    }
    return stripes[colour];
  }

  var Zone = L.Polygon.extend({
    _updatePath: function () { this._renderer._geofleetZone(this); }
  });
  L.Canvas.include({
    _geofleetZone: function (zone) {
      this._updatePoly(zone, true);
      if (!this._drawing || !zone.options.hatch || !zone._parts.length) return;
      var ctx = this._ctx;
      ctx.save();
      ctx.globalAlpha = 0.3;
      ctx.fillStyle = pattern(ctx, zone.options.hatch);
      ctx.fill("evenodd");
      ctx.restore();
    }
  });

  function ruleBox(rule, words) {
    var box = el("div", "gf-rule"), table = el("table");
    put(box, el("div", "gf-card-title", rule.name));
    rule.rows.forEach(function (pair) {
      put(table, put(el("tr"), el("th", "", pair[0]), el("td", "", pair[1])));
    });
    return put(box, table, rule.uncertain ? el("p", "gf-hint", words.uncertain) : null);
  }

  function zoneCard(zone, spec) {
    var box = el("div", "gf-card gf-rules");
    put(box, el("div", "gf-zone-title", zone.name));
    zone.rules.forEach(function (number) { put(box, ruleBox(spec.rules[number], spec.words)); });
    if (!zone.rules.length) put(box, el("p", "gf-hint", spec.words.no_rule));
    return box;
  }

  /* Popups keep clear of the panel and of the dock, and scroll when they are longer. */
  function room(map, popup) {
    var wide = map.getSize().x > 760, foot = G.foot();
    var head = wide ? 10 : document.querySelector(".gf-panel summary").offsetHeight + 20;
    popup.options.autoPanPaddingTopLeft = L.point(wide ? G.padding(map)[0] : 10, head);
    popup.options.autoPanPaddingBottomRight = L.point(wide ? 50 : 10, foot);
    popup.options.maxHeight = Math.max(120, Math.min(320, map.getSize().y - head - foot - 60));
    popup.update();
  }

  /* How a place looks in an hour (null: at any time of the day). */
  function looks(zone, colours, hour) {
    var state = hour === null ? String(Math.max.apply(null, zone.binds.split("").map(Number))) : zone.binds[hour];
    var on = state === "2";
    if (!zone.area) return { color: on ? colours.colour : "#5c5c5c", weight: on ? 9 : 7, opacity: on ? 0.28 : 0.12 };
    return {
      hatch: on ? colours.colour : state === "1" ? colours.perhaps : null,
      color: on ? colours.colour : "#5c5c5c", weight: on ? 2.4 : 1.6, dashArray: on ? null : "7 5",
      opacity: 0.95, fill: true, fillColor: on ? colours.colour : "#5c5c5c", fillOpacity: on ? 0.03 : 0.01
    };
  }

  function zonesOf(map, spec) {
    if (!spec.zones) return { show: function () {}, go: function () { return null; } };
    var pane = map.getPane("zones") || map.createPane("zones");
    pane.style.zIndex = 380;
    var renderer = L.canvas({ pane: "zones", padding: 0.5 }), shapes = [];
    spec.zones.source.features().forEach(function (parts, row) {
      var zone = spec.zones.list[row], look = { pane: "zones", renderer: renderer, fillRule: "evenodd", interactive: false };
      if (!parts.length) return;
      var shape = zone.area ? new Zone(parts, look) : L.polyline(parts, look);
      shape.addTo(map);
      shapes.push({ zone: zone, shape: shape });
    });
    // areas lie below roads
    shapes.forEach(function (one) { if (one.zone.area) one.shape.bringToBack(); });
    function tell(one, at) {
      var popup = L.popup({ maxWidth: 320, className: "gf-popup" }).setContent(zoneCard(one.zone, spec));
      room(map, popup);
      popup.setLatLng(at).openOn(map);
    }
    // lines lie over zones: a click that no line takes goes to the zone under it
    map.on("click", function (event) {
      var target = event.originalEvent && event.originalEvent.target;
      if (target && target.closest && target.closest(".leaflet-popup, .leaflet-control")) return;
      if (spec.layer.at(event.latlng) !== null) return;
      var hit = shapes.filter(function (one) { return one.shape._containsPoint(map.latLngToLayerPoint(event.latlng)); });
      if (hit.length) tell(hit[hit.length - 1], event.latlng);
    });
    ["popupopen", "popupclose"].forEach(function (kind) {
      map.on(kind, function () { document.body.classList.toggle("gf-has-popup", kind === "popupopen"); });
    });
    return {
      go: function (place) {
        var found = shapes.filter(function (one) { return one.zone.id === place; })[0];
        return found ? function () {
          G.show(map, found.shape.getBounds());
          tell(found, found.shape.getBounds().getCenter());
        } : null;
      },
      show: function (hour) {
        shapes.forEach(function (one) {
          var look = looks(one.zone, spec.zones, hour);
          one.shape.options.hatch = look.hatch;
          one.shape.setStyle(look);
        });
      }
    };
  }

  // ---------------------------------------------------------------- the panel: figures and rules

  function figures(spec) {
    var box = el("dl", "gf-facts gf-figures"), cells = [];
    (spec.figures || []).forEach(function (item) {
      var cell = el("dd");
      cells.push(cell);
      put(box, put(el("div"), cell, el("dt", "", item.label)));
    });
    return {
      box: box,
      show: function (hour) {
        box.hidden = hour === null || !cells.length;
        if (hour !== null) cells.forEach(function (cell, k) {
          cell.textContent = G.amount(spec.figures[k].values[hour], spec.figures[k].unit);
        });
      }
    };
  }

  function ruleList(spec, zones) {
    if (!spec.rules || !spec.rules.length) return { box: null, show: function () {}, open: function () {} };
    var box = el("section", "gf-group"), items = [], words = spec.words;
    put(box, el("div", "gf-label", words.rules));
    if (spec.zones && spec.zones.list.some(function (zone) { return zone.area; })) {
      put(box, el("p", "gf-hint gf-hatched", words.hatched));
    }
    var others = el("details", "gf-rule-item"), hidden = el("div"), count = 0;
    spec.rules.forEach(function (rule) {
      var item = el("details", "gf-rule-item"), mark = el("span", "gf-badge");
      put(item, put(el("summary"), mark, el("span", "gf-rule-name", rule.name)), ruleBox(rule, words));
      var go = zones.go(rule.place);
      if (go) {
        var button = el("button", "gf-go", words.zoom);
        button.type = "button";
        button.addEventListener("click", go);
        put(item, button);
      }
      items.push({ rule: rule, item: item, mark: mark, go: go });
      if (!rule.decides) count += 1;
      put(rule.decides ? box : hidden, item);
    });
    if (count) {
      var name = el("span", "gf-rule-name", G.both(function () { return G.t(words.others) + " (" + count + ")"; }));
      put(box, put(others, put(el("summary"), name), hidden));
    }
    return {
      box: box,
      open: function (place) {
        var one = items[place];
        if (!one.rule.decides) others.open = true;
        one.item.open = true;
        one.item.scrollIntoView({ block: "nearest" });
        one.item.querySelector("summary").focus();
        if (one.go) one.go();
      },
      show: function (hour) {
        items.forEach(function (one) {
          var state = hour === null ? Math.max.apply(null, one.rule.binds.split("").map(Number)) : +one.rule.binds[hour];
          one.mark.textContent = hour === null ? "" : G.t(words["binds_" + state]);
          one.mark.hidden = hour === null;
          one.mark.className = "gf-badge gf-badge-" + state;
        });
      }
    };
  }

  function findable(spec, zones, rules) {
    if (spec.zones) G.findIn(spec.words.zones, spec.zones.list.map(function (zone) {
      return { label: zone.name, detail: "", go: zones.go(zone.id) };
    }).filter(function (item) { return item.go; }));
    if (spec.rules) G.findIn(spec.words.rules, spec.rules.map(function (rule, place) {
      return { label: rule.name, detail: "", go: function () { rules.open(place); } };
    }));
    if (spec.streets) G.searchable.push({ label: spec.streets, find: function (text) {
      return spec.layer.find(text, 6).map(function (row) {
        return { label: spec.layer.title(row), detail: spec.layer.valueOf(row).text, go: function () { spec.layer.go(row); } };
      });
    } });
  }

  function dates(spec) {
    if (!spec.dates || !spec.dates.length) return "";
    var first = G.t(spec.dates[0]), last = G.t(spec.dates[spec.dates.length - 1]);
    return first === last ? first : first + " – " + last;
  }

  // ---------------------------------------------------------------- the page

  /* What is shown on one map, or on two: the second has a layer of its own. */
  function scene(map, spec) {
    var layer = spec.layer, zones = zonesOf(map, spec), second = null;
    return {
      zones: zones,
      show: function (view, hour) {
        layer.show(second && second.isOpen() ? spec.compare[0].view : view, hour);
        zones.show(hour);
        if (!second || !second.isOpen()) return;
        second.layer.show(spec.compare[1].view, hour);
        second.zones.show(hour);
      },
      /* The second map is made when it is first asked for. */
      beside: function (yes) {
        if (!second) {
          var twin = layer.twin(), sides = G.sideBySide(map, { words: spec.words,
            names: spec.compare.map(function (one) { return one.label; }),
            bounds: spec.bounds, fill: function (other) { twin.addTo(other); } });
          second = { layer: twin, zones: zonesOf(sides.map, Object.assign({}, spec, { layer: twin })),
            isOpen: sides.isOpen, open: sides.open, map: sides.map };
        }
        second.open(yes);
        return second;
      },
      isOpen: function () { return Boolean(second && second.isOpen()); },
      second: function () { return second; }
    };
  }

  G.groups.hours = function (map, spec) {
    var state = { spec: spec, hour: spec.hour, view: spec.view, layer: spec.layer }, both = scene(map, spec);
    var day = figures(spec), rules = ruleList(spec, both.zones), title = el("div", "gf-label gf-when");
    var meaning = el("p", "gf-hint");
    var steps = [], dock;
    for (var hour = 0; hour < HOURS; hour++) steps.push(G.span(hour));
    function show() {
      both.show(state.view, state.hour);
      day.show(state.hour);
      rules.show(state.hour);
      var key = spec.layer.legend(), named = dates(spec);
      var view = spec.views.filter(function (one) { return one.name === spec.layer.variable; })[0] || {};
      var unit = (state.hour === null ? view.unit : view.hourUnit || view.unit) || key.unit;
      dock.key(G.keyStrip({ unit: unit, items: key.items }, state.hour === null ? null : spec.scaleNote));
      bind(meaning, key.text || "");
      var when = state.hour === null ? G.t(spec.words.whole) : G.span(state.hour);
      title.textContent = (named ? named + ", " : "") + when;
    }
    dock = G.dock(map, {
      label: spec.words.hour, words: spec.words, steps: steps, step: spec.hour, bars: spec.bars,
      ticks: ["00:00", "06:00", "12:00", "18:00", "24:00"], views: spec.views,
      view: spec.views.map(function (view) { return view.name; }).indexOf(spec.view)
    }, {
      step: function (hour) { state.hour = hour; if (dock) show(); },
      view: function (place) { state.view = spec.views[place].name; if (both.isOpen()) beside(false); show(); }
    });
    var button = null;
    function beside(yes) {
      state.second = both.beside(yes);
      button.setAttribute("aria-pressed", String(yes));
      dock.box.classList.toggle("gf-beside", yes);
      show();
    }
    if (spec.compare) {
      button = el("button", "gf-beside-button", spec.words.compare);
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", function () { beside(!both.isOpen()); });
      dock.tools.appendChild(button);
    }
    G.onLanguage(show);
    findable(spec, both.zones, rules);
    state.dock = dock;
    G.state = state;
    dock.set(spec.hour);
    return put(el("div"), put(el("section", "gf-group"), title, meaning, day.box), rules.box);
  };
})();
