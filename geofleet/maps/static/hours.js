/* Maps by hour of the day: lines recoloured by a slider, zones hatched while a rule binds, bars. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, svg = G.svg, classOf = G.classOf;
  var HOURS = 24, EVERY_MS = 900;

  function two(n) { return (n < 10 ? "0" : "") + n; }
  function span(hour) { return two(hour) + ":00–" + two(hour + 1) + ":00"; }

  // ---------------------------------------------------------------- numbers by hour

  /* Per hour the rows that are not zero (as steps from row to row) and their values. */
  function unpack(packed, count) {
    var cache = [];
    return function (hour) {
      if (!cache[hour]) {
        var out = new Float64Array(count), row = 0, part = packed[hour];
        part.rows.forEach(function (step, k) { row += step; out[row] = part.values[k]; });
        cache[hour] = out;
      }
      return cache[hour];
    };
  }

  /* A view gives the class of every line in an hour; class -1 is not drawn. */
  function viewOf(view, numbers, source) {
    if (view.kind === "status") {
      return { classAt: function (row, hour) { return +source.text("status", row)[hour]; },
        weight: function (row, hour) { return view.order[+source.text("status", row)[hour]]; } };
    }
    function value(row, hour) {
      return view.minus ? numbers[view.column](hour)[row] - numbers[view.minus](hour)[row]
        : numbers[view.column](hour)[row];
    }
    if (!view.minus) {
      return { weight: value, classAt: function (row, hour) {
        var v = value(row, hour);
        return v > 0 ? classOf(view.breaks, v) : -1;
      } };
    }
    // change: classes from the largest fall to the largest rise; what hardly changes is thin
    return {
      weight: function (row, hour) { return Math.abs(value(row, hour)); },
      classAt: function (row, hour) {
        var either = numbers[view.column](hour)[row] > 0 || numbers[view.minus](hour)[row] > 0;
        if (!either) return -1;
        var v = value(row, hour), size = classOf(view.breaks, Math.abs(v)), middle = view.breaks.length;
        return v < 0 ? middle - size : middle + size;
      }
    };
  }

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
    var box = el("div", "gf-rule");
    put(box, el("div", "gf-card-title", rule.name));
    var table = el("table");
    rule.rows.forEach(function (pair) {
      put(table, put(el("tr"), el("th", "", pair[0]), el("td", "", pair[1])));
    });
    return put(box, table, rule.uncertain ? el("p", "gf-hint", words.uncertain) : null);
  }

  function zoneCard(zone, spec) {
    var box = el("div", "gf-card gf-rules");
    put(box, el("div", "gf-zone-title", zone.name));
    zone.rules.forEach(function (number) { put(box, ruleBox(spec.rules[number], spec.words)); });
    if (!zone.rules.length) put(box, el("p", "gf-hint", spec.words.noRules));
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

  function zonesOf(map, spec) {
    if (!spec.zones) return { show: function () {}, go: function () { return null; } };
    var source = spec.zones.source, shapes = [];
    source.features().forEach(function (parts, row) {
      var zone = spec.zones.list[row];
      if (!parts.length) return;
      var shape = zone.area ? new Zone(parts, { fillRule: "evenodd" }) : L.polyline(parts);
      var popup = L.popup({ maxWidth: 320, className: "gf-popup" });
      popup.setContent(zoneCard(zone, spec));
      // before Leaflet's own handler, which opens it
      shape.on("click", function () { room(map, popup); });
      shape.bindPopup(popup);
      shape.addTo(map);
      shapes.push({ zone: zone, shape: shape });
    });
    // areas lie below roads, both below the lines
    ["popupopen", "popupclose"].forEach(function (kind) {
      map.on(kind, function () { document.body.classList.toggle("gf-has-popup", kind === "popupopen"); });
    });
    shapes.forEach(function (one) { if (!one.zone.area) one.shape.bringToBack(); });
    shapes.forEach(function (one) { if (one.zone.area) one.shape.bringToBack(); });
    return {
      go: function (place) {
        var found = shapes.filter(function (one) { return one.zone.id === place; })[0];
        return found ? function () {
          var panel = document.querySelector(".gf-panel");
          if (map.getSize().x <= 760) panel.open = false;
          map.fitBounds(found.shape.getBounds(), { paddingTopLeft: G.padding(map),
            paddingBottomRight: [20, G.foot()], animate: false, maxZoom: 16 });
          room(map, found.shape.getPopup());
          found.shape.openPopup();
        } : null;
      },
      show: function (hour) {
        shapes.forEach(function (one) {
          var on = one.zone.binds[hour] === "2", perhaps = one.zone.binds[hour] === "1";
          if (one.zone.area) {
            one.shape.options.hatch = on ? spec.zones.colour : perhaps ? spec.zones.perhaps : null;
            one.shape.setStyle({ color: on ? spec.zones.colour : "#5c5c5c", weight: on ? 2.4 : 1.6,
              dashArray: on ? null : "7 5", opacity: 0.95, fill: true,
              fillColor: on ? spec.zones.colour : "#5c5c5c", fillOpacity: on ? 0.03 : 0.01 });
          } else {
            one.shape.setStyle({ color: on ? spec.zones.colour : "#5c5c5c", weight: on ? 9 : 7,
              opacity: on ? 0.28 : 0.12 });
          }
        });
      }
    };
  }

  // ---------------------------------------------------------------- lines

  function lineCard(state, row) {
    var spec = state.spec, source = spec.source, box = el("div", "gf-card");
    put(box, el("div", "gf-card-title", source.text("name", row) || spec.words.untitled));
    put(box, el("div", "gf-card-subtitle", source.text("road", row)));
    var table = el("table");
    function line(label, value, item) {
      var words = item.kind === "rule" || item.kind === "text";
      put(table, put(el("tr", (item.strong ? "gf-strong " : "") + (words ? "gf-words" : "gf-figure")),
        el("th", "", label), el("td", "", value)));
    }
    put(table, put(el("tr"), el("th", "", spec.words.hour), el("td", "", span(state.hour))));
    spec.card.forEach(function (item) {
      var value;
      if (item.kind === "status") {
        value = spec.statusWords[+source.text("status", row)[state.hour]];
      } else if (item.kind === "rule") {
        var code = source.text("rules", row).split(",")[state.hour];
        if (code === "" || code === undefined) return;
        value = spec.ruleNames[+code];
      } else if (item.kind === "hourly") {
        value = state.numbers[item.column](state.hour)[row];
        if (item.hideZero && !value) return;
        value = G.number(value) + (item.unit ? " " + item.unit : "");
      } else if (item.kind === "text") {
        value = source.text(item.column, row);
        if (value === null) return;
      } else {
        value = source.column(item.column)[row];
        if (item.hideZero && !value) return;
        value = G.number(value) + (item.unit ? " " + item.unit : "");
      }
      line(item.label, value, item);
    });
    put(box, table);
    if (spec.cardHint) put(box, el("div", "gf-card-hint", spec.cardHint));
    return box;
  }

  function linesOf(map, state) {
    var spec = state.spec, features = spec.source.features(), lines = [];
    features.forEach(function (parts, row) {
      if (!parts.length) return;
      var line = L.polyline(parts, { interactive: true, stroke: false });
      line.bindTooltip(function () { return lineCard(state, row); },
        { sticky: true, opacity: 0.97, className: "gf-tooltip" });
      line.addTo(map);
      lines.push({ row: row, line: line });
    });
    state.lines = lines;
    return function () {
      var view = spec.views[state.view], how = state.views[state.view], drawn = [];
      // thinner when a whole city is in view
      var zoom = map.getZoom(), thick = zoom < 11 ? 0.5 : zoom < 12.5 ? 0.75 : 1;
      lines.forEach(function (one) {
        var k = how.classAt(one.row, state.hour), look = k < 0 ? null : view.classes[k];
        one.line.options.interactive = Boolean(look);
        one.line.setStyle(look ? Object.assign({ stroke: true, dashArray: null }, look,
          { weight: Math.max(1, look.weight * thick) }) : { stroke: false });
        if (!look) one.line.closeTooltip();
        else drawn.push([how.weight(one.row, state.hour), one.line]);
      });
      // the strongest lie on top
      drawn.sort(function (a, b) { return a[0] - b[0]; });
      drawn.forEach(function (pair) { pair[1].bringToFront(); });
    };
  }

  // ---------------------------------------------------------------- the dock: hour, view, legend, bars

  function legendStrip(view, note) {
    var box = el("div", "gf-strip");
    if (view.unit) put(box, put(el("div", "gf-unit", view.unit), note ? el("span", "gf-scale-note", note) : null));
    var list = el("ul");
    view.items.forEach(function (item) {
      var mark = el("span", "gf-swatch");
      mark.style.background = item.dash ? "repeating-linear-gradient(90deg," + item.colour + " 0 5px,transparent 5px 8px)" : item.colour;
      mark.style.height = Math.max(3, item.width || 8) + "px";
      put(list, put(el("li"), mark, el("span", "", item.label)));
    });
    return put(box, list);
  }

  function bars(spec, choose) {
    var width = 480, height = 64, step = width / HOURS, top = 12;
    var totals = spec.bars.series.map(function (one) { return one.values; });
    var most = 0;
    for (var hour = 0; hour < HOURS; hour++) {
      var sum = 0;
      totals.forEach(function (values) { sum = spec.bars.stacked ? sum + values[hour] : Math.max(sum, values[hour]); });
      most = Math.max(most, sum);
    }
    var picture = svg("svg", { viewBox: "0 0 " + width + " " + height, preserveAspectRatio: "none",
      "class": "gf-bars", role: "img", "aria-label": spec.bars.label });
    var groups = [], marker = svg("rect", { x: 0, y: 0, width: step, height: height, "class": "gf-now" });
    picture.appendChild(marker);
    for (var k = 0; k < HOURS; k++) {
      var base = height, group = svg("g", {}), words = [span(k)];
      spec.bars.series.forEach(function (one, n) {
        var value = one.values[k], tall = most > 0 ? (height - top) * value / most : 0;
        var inset = spec.bars.stacked ? 1.5 : n ? 5.5 : 1.5;
        group.appendChild(svg("rect", { x: k * step + inset, width: step - 2 * inset, y: base - tall,
          height: tall, fill: one.colour }));
        if (spec.bars.stacked) base -= tall;
        words.push(one.label + " " + G.number(value) + " " + spec.bars.unit);
      });
      var hit = svg("rect", { x: k * step, y: 0, width: step, height: height, fill: "transparent", "data-hour": k });
      var title = svg("title", {});
      title.textContent = words.join("\n");
      hit.appendChild(title);
      hit.addEventListener("click", choose.bind(null, k));
      group.appendChild(hit);
      groups.push(group);
      picture.appendChild(group);
    }
    function mark(hour) {
      marker.setAttribute("x", hour * step);
      // full bars hide the marker: the others turn pale
      groups.forEach(function (group, k) {
        group.setAttribute("opacity", spec.bars.stacked && k !== hour ? 0.5 : 1);
      });
    }
    return { picture: picture, most: most, mark: mark };
  }

  function figures(spec) {
    var box = el("dl", "gf-facts gf-figures"), cells = [];
    spec.figures.forEach(function (item) {
      var cell = el("dd");
      cells.push(cell);
      put(box, put(el("div"), cell, el("dt", "", item.label)));
    });
    return {
      box: box,
      show: function (hour) {
        spec.figures.forEach(function (item, k) {
          cells[k].textContent = G.number(item.values[hour]) + (item.unit && item.values[hour] !== null ? " " + item.unit : "");
        });
      }
    };
  }

  function viewSwitch(spec, choose) {
    if (spec.views.length < 2) return null;
    var set = el("fieldset", "gf-switch");
    put(set, el("legend", "gf-hidden", spec.words.show));
    spec.views.forEach(function (view, k) {
      var label = el("label"), input = el("input");
      input.type = "radio";
      input.name = "gf-view";
      input.value = String(k);
      input.checked = k === spec.view;
      input.addEventListener("change", choose.bind(null, k));
      put(set, put(label, input, el("span", "", view.label)));
    });
    return set;
  }

  function dock(spec, on) {
    var box = el("section", "gf-hours"), words = spec.words;
    box.setAttribute("aria-label", words.hour);
    var play = el("button", "gf-play");
    play.type = "button";
    var now = el("output", "gf-hour");
    var slider = el("input", "gf-slider");
    slider.type = "range";
    slider.id = "gf-hour-slider";
    slider.min = 0;
    slider.max = HOURS - 1;
    slider.step = 1;
    slider.dataset.group = "hour";
    slider.setAttribute("aria-label", words.hour);
    now.htmlFor = "gf-hour-slider";
    var strip = el("div"), chart = bars(spec, on.hour);
    var head = put(el("div", "gf-hours-head"), play, now, viewSwitch(spec, on.view));
    var caption = put(el("div", "gf-caption"), el("span", "", spec.bars.label));
    spec.bars.series.forEach(function (one) {
      var mark = el("span", "gf-swatch");
      mark.style.background = one.colour;
      put(caption, put(el("span", "gf-series"), mark, el("span", "", one.label)));
    });
    put(caption, el("span", "gf-most", words.highest + " " + G.number(chart.most) + " " + spec.bars.unit));
    var ticks = el("div", "gf-ticks");
    [0, 6, 12, 18].forEach(function (hour) { put(ticks, el("span", "", two(hour) + ":00")); });
    put(ticks, el("span", "", "24:00"));
    put(box, head, strip, caption, chart.picture, slider, ticks);
    slider.addEventListener("input", function () { on.hour(Number(slider.value)); });
    play.addEventListener("click", on.play);
    document.body.appendChild(box);
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    function playing(yes) {
      play.textContent = yes ? "❚❚" : "▶";
      play.setAttribute("aria-label", yes ? words.pause : words.play);
      play.title = yes ? words.pause : words.play;
    }
    playing(false);
    return {
      box: box,
      playing: playing,
      show: function (state) {
        slider.value = String(state.hour);
        slider.setAttribute("aria-valuetext", span(state.hour));
        now.textContent = span(state.hour);
        chart.mark(state.hour);
        strip.replaceChildren(legendStrip(spec.views[state.view], spec.scaleNote));
      }
    };
  }

  function ruleList(spec, zones) {
    if (!spec.rules || !spec.rules.length) return { box: null, show: function () {} };
    var box = el("section", "gf-group"), items = [];
    // of several days the rules are those of the first
    var several = spec.dates && spec.dates.length > 1;
    put(box, el("div", "gf-label", spec.words.rules + (several ? " (" + spec.dates[0] + ")" : "")));
    if (spec.zones && spec.zones.list.some(function (zone) { return zone.area; })) {
      put(box, el("p", "gf-hint gf-hatched", spec.words.hatched));
    }
    var others = el("details", "gf-rule-item"), hidden = el("div"), count = 0;
    spec.rules.forEach(function (rule) {
      var item = el("details", "gf-rule-item"), mark = el("span", "gf-badge");
      put(item, put(el("summary"), mark, el("span", "gf-rule-name", rule.name)), ruleBox(rule, spec.words));
      var go = zones.go(rule.place);
      if (go) {
        var button = el("button", "gf-go", spec.words.zoom);
        button.type = "button";
        button.addEventListener("click", go);
        put(item, button);
      }
      items.push({ rule: rule, item: item, mark: mark });
      if (!rule.decides) count += 1;
      put(rule.decides ? box : hidden, item);
    });
    if (count) {
      var name = el("span", "gf-rule-name", spec.words.others + " (" + count + ")");
      put(box, put(others, put(el("summary"), name), hidden));
    }
    return {
      box: box,
      show: function (hour) {
        items.forEach(function (one) {
          var state = one.rule.binds[hour];
          one.mark.textContent = spec.words.binds[+state];
          one.mark.className = "gf-badge gf-badge-" + state;
        });
      }
    };
  }

  function dates(spec) {
    if (!spec.dates || !spec.dates.length) return "";
    var first = spec.dates[0], last = spec.dates[spec.dates.length - 1];
    return first === last ? first : first + " – " + last;
  }

  /* The part of the panel, and the dock at the foot of the map. */
  G.hours = function (map, spec) {
    var state = { spec: spec, hour: spec.hour, view: spec.view, numbers: {}, timer: null };
    Object.keys(spec.numbers || {}).forEach(function (name) {
      state.numbers[name] = unpack(spec.numbers[name], spec.source.count);
    });
    state.views = spec.views.map(function (view) { return viewOf(view, state.numbers, spec.source); });
    var zones = zonesOf(map, spec), draw = linesOf(map, state), day = figures(spec), rules = ruleList(spec, zones);
    var foot = dock(spec, {
      hour: function (hour) { stop(); show(hour, state.view); },
      // keys of views take more or fewer lines
      view: function (view) { show(state.hour, view); arrange(); },
      play: function () {
        if (state.timer) { stop(); return; }
        foot.playing(true);
        state.timer = window.setInterval(function () { show((state.hour + 1) % HOURS, state.view); }, EVERY_MS);
      }
    });
    function stop() {
      if (state.timer) window.clearInterval(state.timer);
      state.timer = null;
      foot.playing(false);
    }
    function show(hour, view) {
      state.hour = hour;
      state.view = view;
      zones.show(hour);
      draw();
      day.show(hour);
      rules.show(hour);
      foot.show(state);
      title.textContent = (days ? days + ", " : "") + span(hour);
    }
    var title = el("div", "gf-label gf-when"), days = dates(spec);
    var box = put(el("section", "gf-group"), title, day.box);
    function arrange() {
      var style = document.documentElement.style, head = document.querySelector(".gf-panel summary");
      style.setProperty("--gf-hours", foot.box.offsetHeight + "px");
      style.setProperty("--gf-head", head.offsetHeight + "px");
    }
    show(spec.hour, spec.view);
    arrange();
    window.addEventListener("resize", arrange);
    document.body.classList.add("gf-by-hour");
    G.foot = function () { return foot.box.offsetHeight + 20; };
    map.on("geofleet:restack zoomend", draw);
    G.state = state;
    var both = put(el("div"), box, rules.box);
    return both;
  };
  G.groups.hours = G.hours;
})();
