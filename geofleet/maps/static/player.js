/* One vehicle's day: its route coloured by charge, a player along it, its figures and stops. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, bind = G.bind;
  var BREAKS = [0.2, 0.4, 0.6, 0.8];
  // from red-brown over pale to blue (ColorBrewer RdYlBu, ends darkened)
  var COLOURS = ["#b3123f", "#e8853a", "#f6e08a", "#86bfdc", "#0b5fa5"];
  var PACES = [1, 5, 10, 30], PACE = 10, STILL_MS = 500, MINUTE = 60, TINY = 1e-4;
  var FAILING = { shape: "diamond", radius: 9, color: "#000", weight: 1.5, fillColor: "#b3123f", fillOpacity: 1 };
  var MISSED = { shape: "cross", radius: 6, color: "#a3003f", weight: 3, fill: false };

  function classOf(soc) {
    var k = 0;
    while (k < BREAKS.length && soc >= BREAKS[k]) k++;
    return k;
  }

  /* The route in pieces of one class of charge: [[lat, lon], …] by class. */
  function pieces(T) {
    var out = COLOURS.map(function () { return []; }), part = null, was = -1;
    for (var k = 0; k < T.t.length; k++) {
      var here = [T.lat[k], T.lon[k]], klass = T.soc ? classOf(T.soc[k]) : 0;
      if (!part || T.breaks.indexOf(k) >= 0) out[klass].push(part = [here]);
      else if (klass !== was) { part.push(here); out[klass].push(part = [here]); }
      else part.push(here);
      was = klass;
    }
    return out;
  }

  function wayPieces(T) {
    return pieces({ t: T.t, lat: T.lat, lon: T.lon, breaks: T.breaks, soc: null })[0];
  }

  /* Where the track comes to each stop and leaves it: points by place among the day's stops. */
  function visits(W, row, T) {
    var out = {};
    T.stop.forEach(function (stop, k) {
      if (stop >= 0) out[stop] = { arrive: Math.max(0, k - 1), leave: k };
    });
    var stops = W.stops(row), last = stops.length - 1;
    while (last > 0 && W.text("stop_missed", stops[last])) last--;
    if (last >= 0 && !out[last]) out[last] = { arrive: T.t.length - 1, leave: T.t.length - 1 };
    return out;
  }

  function sessions(W, row, T, seen) {
    if (!T.soc) return [];
    return Object.keys(seen).map(Number).filter(function (stop) {
      return T.soc[seen[stop].leave] > T.soc[seen[stop].arrive] + TINY;
    }).map(function (stop) {
      return { stop: stop, from: seen[stop].arrive, to: seen[stop].leave };
    });
  }

  function placeName(W, row, stop) { return W.text("stop_place", W.stopStart[row] + stop); }

  /* What the vehicle does at a state of its track, in every language. */
  function doing(W, row, T, state, seen) {
    var at = state.stop;
    if (at < 0 && state.at === T.t.length - 1 && state.t >= T.t[T.t.length - 1]) {
      at = Number(Object.keys(seen).find(function (k) { return seen[k].arrive === state.at; }));
      if (at !== at) at = -1;
    }
    if (at < 0 && state.at === 0) at = T.stop[0];
    if (at < 0) {
      return G.fill(W.words.driving, { name: W.text("line_name", state.link) || W.words.unnamed,
        speed: G.quantity(Math.round(state.kmh)) });
    }
    var stop = W.stopStart[row] + at, name = placeName(W, row, at), visit = seen[at];
    if (T.soc && visit && T.soc[visit.leave] > T.soc[visit.arrive] + TINY) return G.fill(W.words.charging, { name: name });
    if (W.n.stop_depot[stop]) return G.fill(W.words.at_depot, { name: name });
    var starts = W.stopStarts(stop);
    if (starts !== null && state.t < starts - 1) return G.fill(W.words.waiting, { name: name });
    return G.fill(W.words.unloading, { name: name, number: String(W.n.stop_number[stop]),
      total: String(W.n.stop_number[W.stopStart[row + 1] - 1]) });
  }

  function stopCard(W, row, at) {
    var stop = W.stopStart[row] + at, box = el("div", "gf-card"), table = el("table");
    put(box, el("div", "gf-card-title", placeName(W, row, at)));
    put(box, el("div", "gf-card-subtitle", W.n.stop_depot[stop] ? W.words.depot
      : G.fill(W.words.stop_of, { number: String(W.n.stop_number[stop]), vehicle: W.text("day_vehicle", row) })));
    function line(label, value) {
      if (value === null) return;
      put(table, put(el("tr"), el("th", "", label), el("td", "", value)));
    }
    var missed = W.text("stop_missed", stop), late = W.stopLate(stop), arrive = W.stopArrive(stop);
    if (missed) put(box, el("div", "", G.fill(W.words.not_reached, { words: missed })));
    if (W.n.stop_failing[stop]) put(box, el("div", "gf-strong", W.words.failing));
    line(W.words.arrival, arrive === null ? null : G.clock(arrive));
    line(W.words.late, late > 0 ? G.fill(W.words.minutes, { minutes: G.quantity(late) }) : null);
    line(W.words.leaves, W.stopDepart(stop) === null ? null : G.clock(W.stopDepart(stop)));
    line(W.words.unloads, W.stopDrop(stop) > 0 ? G.quantity(W.stopDrop(stop), "kg") : null);
    line(W.words.loads, W.stopPickup(stop) > 0 ? G.quantity(W.stopPickup(stop), "kg") : null);
    if (W.stopSoc(stop) !== null) line(W.words.soc_column, G.share(W.stopSoc(stop), 1));
    return put(box, table);
  }

  /* Route, stops and the vehicle on the map. */
  function onMap(map, W, row, T, day) {
    var group = L.layerGroup();
    function line(parts, look) { group.addLayer(L.polyline(parts, Object.assign({ interactive: false, opacity: 1 }, look))); }
    if (T) {
      line(wayPieces(T), { color: "#ffffff", weight: 10 });
      line(wayPieces(T), { color: "#2b3138", weight: 7.5 });
      // where a street is driven twice, the lower charge lies on top
      if (T.soc) pieces(T).map(function (parts, k) { return [parts, COLOURS[k]]; }).reverse().forEach(function (one) {
        if (one[0].length) line(one[0], { color: one[1], weight: 5 });
      });
      else line(wayPieces(T), { color: "#d5d9dc", weight: 5 });
    }
    // drawn last, so that no later visit to the same place hides it
    var order = W.stops(row).map(function (_, at) { return at; });
    order.sort(function (a, b) { return W.n.stop_failing[W.stopStart[row] + a] - W.n.stop_failing[W.stopStart[row] + b]; });
    order.forEach(function (at) {
      var stop = W.stopStart[row] + at, soc = W.stopSoc(stop);
      var look = { shape: W.n.stop_depot[stop] ? "square" : "circle", radius: 6, color: "#111", weight: 1.5, fillOpacity: 1,
        fillColor: soc === null || !T || !T.soc ? "#d5d9dc" : COLOURS[classOf(soc)] };
      if (W.text("stop_missed", stop)) look = MISSED;
      if (W.n.stop_failing[stop]) look = FAILING;
      var mark = new G.Mark(W.stopPlace(stop), look);
      mark.bindTooltip(function () { return stopCard(W, row, at); }, { opacity: 0.97, className: "gf-tooltip" });
      mark.on("click", function (event) { L.DomEvent.stop(event); if (day.visit(at)) day.go(day.visit(at)); });
      group.addLayer(mark);
    });
    function marker(className) {
      var icon = L.divIcon({ className: className, html: el("span"), iconSize: [22, 22] });
      return L.marker([0, 0], { icon: icon, interactive: false, keyboard: false, zIndexOffset: 1000 });
    }
    var vehicle = marker("gf-vehicle"), ghost = marker("gf-vehicle gf-vehicle-ghost");
    group.addTo(map);
    if (T) vehicle.setLatLng([T.lat[0], T.lon[0]]).addTo(map);
    function near(event) {
      var p = map.latLngToLayerPoint(event.latlng), best = -1, least = 144, last = null;
      for (var k = 0; k < T.t.length; k++) {
        var q = map.latLngToLayerPoint([T.lat[k], T.lon[k]]);
        if (last && T.breaks.indexOf(k) < 0) {
          var d = L.LineUtil._sqClosestPointOnSegment(p, last, q, true);
          if (d < least) {
            var c = L.LineUtil.closestPointOnSegment(p, last, q), long = last.distanceTo(q);
            least = d;
            best = T.t[k - 1] + (long > 0 ? last.distanceTo(c) / long : 1) * (T.t[k] - T.t[k - 1]);
          }
        }
        last = q;
      }
      return best;
    }
    function click(event) { var t = T ? near(event) : -1; if (t >= 0) day.go(t); }
    map.on("click", click);
    return {
      move: function (state) { vehicle.setLatLng([state.lat, state.lon]); },
      hover: function (state) {
        if (!state) { ghost.remove(); return; }
        ghost.setLatLng([state.lat, state.lon]).addTo(map);
      },
      remove: function () {
        map.off("click", click);
        [group, vehicle, ghost].forEach(function (layer) { layer.remove(); });
      }
    };
  }

  function radios(W, choose) {
    var set = el("fieldset", "gf-axis-choice"), name = G.id();
    put(set, el("legend", "gf-hidden", W.words.axis));
    [["t", W.words.by_time], ["km", W.words.by_km]].forEach(function (one) {
      var label = el("label"), input = el("input");
      input.type = "radio";
      input.name = name;
      input.value = one[0];
      input.checked = one[0] === "t";
      input.addEventListener("change", function () { choose(one[0]); });
      put(set, put(label, input, el("span", "", one[1])));
    });
    return set;
  }

  /* Play, pace, slider, readout and chart of one track; keeps them, and the map, in step. */
  function player(W, row, T, seen, charged, shown) {
    var box = el("section", "gf-player"), play = el("button", "gf-play"), pace = el("select"), paceBox = el("label", "gf-pace");
    var slider = el("input", "gf-slider"), clock = el("output", "gf-clock"), words = el("div", "gf-doing"), soc = el("div", "gf-soc");
    var axis = "t", timer = null, state = G.onTrack(T, T.t[0]), begin = T.t[0], end = T.t[T.t.length - 1], km = el("div", "gf-km"), chart = null;
    bind(box, W.words.day, "aria-label");
    play.type = "button";
    PACES.forEach(function (count) {
      var option = el("option", "", G.fill(W.words.pace_of, { count: String(count) }));
      option.value = String(count);
      put(pace, option);
    });
    pace.value = String(PACE);
    put(paceBox, el("span", "gf-hidden", W.words.pace), pace);
    slider.type = "range";
    slider.dataset.group = "along";
    bind(slider, W.words.scrub, "aria-label");
    function scale() {
      slider.min = String(axis === "t" ? begin : 0);
      slider.max = String(axis === "t" ? end : T.km[T.km.length - 1]);
      slider.step = axis === "t" ? String(Math.min(MINUTE, (end - begin) / 20)) : String(Math.min(0.1, T.km[T.km.length - 1] / 20));
      if (axis === "t") slider.max = String(end + MINUTE);
    }
    function write() {
      var act = doing(W, row, T, state, seen), charge = state.soc === null ? W.words.soc_unknown
        : G.fill(W.words.soc, { charge: G.share(state.soc, 1) });
      clock.textContent = G.clock(state.t);
      words.textContent = G.t(act);
      soc.textContent = G.t(charge);
      km.textContent = G.t(G.fill(W.words.driven_km, { km: G.quantity(Math.round(state.km * 10) / 10, "km") }));
      box.classList.toggle("gf-low", state.soc !== null && state.soc < W.reserve);
      slider.setAttribute("aria-valuetext", [G.clock(state.t), G.t(act), G.t(charge)].join(", "));
    }
    function put_(next) {
      state = next;
      slider.value = String(state[axis]);
      if (chart) chart.mark(state);
      shown.move(state);
      write();
    }
    function go(value, by) { put_(G.onTrack(T, value, by || "t")); }
    function stop() {
      if (timer) timer();
      timer = null;
      name();
    }
    function name() {
      play.textContent = timer ? "❚❚" : "▶";
      bind(play, timer ? W.words.pause : W.words.play, "aria-label");
      bind(play, timer ? W.words.pause : W.words.play, "title");
    }
    function run() {
      if (state.t >= end) go(begin);
      var last = performance.now(), frame, still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      function step(now) {
        if (document.hidden) last = now;
        go(Math.min(end, state.t + (now - last) / 1000 * MINUTE * Number(pace.value)));
        last = now;
        if (state.t >= end) stop();
      }
      if (still) {
        frame = window.setInterval(function () { step(performance.now()); }, STILL_MS);
        timer = function () { window.clearInterval(frame); };
      } else {
        timer = function () { window.cancelAnimationFrame(frame); };
        frame = window.requestAnimationFrame(function again(now) {
          step(now);
          if (timer) frame = window.requestAnimationFrame(again);
        });
      }
      name();
    }
    play.addEventListener("click", function () { if (timer) stop(); else run(); });
    slider.addEventListener("input", function () {
      stop();
      go(Math.min(Number(slider.value), axis === "t" ? end : Infinity), axis);
    });
    var tools = put(el("div", "gf-player-tools"), play, paceBox);
    put(box, put(el("div", "gf-now"), clock, put(el("div", "gf-now-words"), words, put(el("div", "gf-now-soc"), soc, km))), slider, tools);
    if (T.soc) {
      chart = G.chargeChart(T, { reserve: W.reserve, sessions: charged, stops: Object.keys(seen).map(function (at) {
        return { at: seen[at].arrive, soc: T.soc[seen[at].arrive], failing: W.n.stop_failing[W.stopStart[row] + Number(at)] };
      }) }, W, {
        set: function (value) { stop(); go(value, axis); },
        hover: function (value) { shown.hover(value === null ? null : G.onTrack(T, value, axis)); }
      });
      var low = T.soc.indexOf(Math.min.apply(null, T.soc));
      bind(chart.picture, G.fill(W.words.chart_alt, { from: G.share(T.soc[0]), to: G.share(T.soc[T.soc.length - 1]),
        charge: G.share(T.soc[low]), time: G.clock(T.t[low]), label: G.share(W.reserve) }), "aria-label");
      put(tools, radios(W, function (next) { axis = next; scale(); chart.axis(next); put_(state); }));
      put(box, el("div", "gf-part", W.words.chart), chart.picture);
    }
    scale();
    name();
    put_(state);
    return { box: box, go: function (t) { stop(); go(t); }, stop: stop, write: write };
  }

  function key(W, T, fails, charged) {
    var list = el("ul", "gf-key");
    bind(list, W.words.key, "aria-label");
    COLOURS.forEach(function (colour, k) {
      var dot = el("span", "gf-dot"), from = BREAKS[k - 1], to = BREAKS[k];
      dot.style.background = colour;
      put(list, put(el("li"), dot, el("span", "", k === 0 ? G.fill(W.words.below, { to: G.share(to) })
        : to === undefined ? G.fill(W.words.above, { from: G.share(from) })
        : G.fill(W.words.between, { from: G.share(from), to: G.share(to) }))));
    });
    if (fails) put(list, put(el("li"), el("span", "gf-dot gf-diamond"), el("span", "", W.words.failing)));
    if (charged.length) put(list, put(el("li"), el("span", "gf-dash"), el("span", "", W.words.charged)));
    return list;
  }

  function lines(rows) {
    var table = el("table", "gf-figures");
    rows.forEach(function (one) {
      if (one[1]) put(table, put(el("tr"), bind(el("th"), one[0]), el("td", "", one[1])));
    });
    return table;
  }

  function list(title, texts) {
    var out = el("ul", "gf-lines");
    texts.forEach(function (text) { put(out, el("li", "", text)); });
    return [el("h3", "gf-part", title), out];
  }

  function stopTable(W, row, day) {
    var box = el("details", "gf-stop-list"), table = el("table", "gf-stops"), head = el("tr"), body = el("tbody");
    put(box, el("summary", "gf-part", W.words.stops));
    [W.words.stop, W.words.arrival, W.words.soc_column].forEach(function (name) {
      var cell = el("th", "", name);
      cell.scope = "col";
      put(head, cell);
    });
    W.stops(row).forEach(function (stop, at) {
      var soc = W.stopSoc(stop), failing = W.n.stop_failing[stop], arrive = W.stopArrive(stop), place = el("td");
      var button = el("button", "gf-link", placeName(W, row, at));
      button.type = "button";
      button.disabled = !day.visit(at);
      button.addEventListener("click", function () { day.go(day.visit(at)); });
      put(place, button, failing ? el("div", "gf-strong", W.words.failing) : null);
      put(body, put(el("tr", failing ? "gf-strong" : ""), place,
        el("td", "", W.text("stop_missed", stop) || (arrive === null ? G.words.page.unknown : G.clock(arrive))),
        el("td", "gf-right", soc === null ? G.words.page.unknown : G.share(soc, 1))));
    });
    return put(box, put(table, put(el("thead"), head), body));
  }

  function frameDay(map, bounds) {
    var size = map.getSize(), box = document.querySelector(".gf-trip"), wide = size.x > 760;
    if (!bounds) return;
    map.fitBounds(bounds, { animate: false, maxZoom: 15,
      paddingTopLeft: wide ? G.padding(map) : [16, 50],
      paddingBottomRight: wide ? [size.x > 1000 ? box.offsetWidth + 70 : 20, 30] : [16, box.offsetHeight + 40] });
  }

  /* Show a day; close() takes it away. */
  G.dayView = function (map, W, row, closed) {
    var T = W.track(row), seen = T ? visits(W, row, T) : {}, charged = T ? sessions(W, row, T, seen) : [];
    var box = el("aside", "gf-trip"), close = el("button", "gf-close", "×"), verdict = el("p", "gf-verdict", W.text("day_head", row)), at;
    var run = null, fails = W.stops(row).some(function (stop) { return W.n.stop_failing[stop]; });
    var day = {
      go: function (t) { if (run) run.go(t); },
      visit: function (stop) { return seen[stop] ? T.t[seen[stop].arrive] + 1e-3 : null; }
    };
    var shown = onMap(map, W, row, T, day);
    bind(box, G.fill(W.words.option, { vehicle: W.words.day, verdict: W.text("day_vehicle", row) }), "aria-label");
    close.type = "button";
    bind(close, W.words.close, "aria-label");
    close.addEventListener("click", closed);
    box.addEventListener("keydown", function (event) { if (event.key === "Escape") closed(); });
    verdict.style.borderColor = W.verdict(row).color;
    put(box, close, el("h2", "gf-trip-title", W.text("day_vehicle", row)), el("div", "gf-card-subtitle", W.text("day_operator", row)),
      el("div", "gf-card-subtitle", W.text("day_date", row)), verdict);
    if (T) {
      run = player(W, row, T, seen, charged, shown);
      put(box, run.box);
      if (T.soc) put(box, key(W, T, fails, charged), el("p", "gf-hint", W.words.interpolated));
    } else put(box, el("p", "gf-hint", W.words.not_driven));
    if (T && T.soc) {
      put.apply(null, [box].concat(charged.length ? list(W.words.sessions, charged.map(function (one) {
        return G.fill(W.words.session, { time: G.clock(T.t[one.from]), name: placeName(W, row, one.stop),
          from: G.share(T.soc[one.from]), to: G.share(T.soc[one.to]),
          energy: G.quantity((T.soc[one.to] - T.soc[one.from]) * W.n.day_battery_wh[row] / 1000, "kWh") });
      })) : [el("p", "gf-hint", W.words.no_sessions)]));
    }
    var mends = [];
    for (at = W.mendStart[row]; at < W.mendStart[row + 1]; at++) mends.push(W.text("mend", at));
    if (mends.length) put.apply(null, [box].concat(list(W.words.mends, mends)));
    put(box, el("h3", "gf-part", W.words.figures), lines(W.spec.figures.map(function (one) {
      return [one.label, W.text("day_" + one.name, row)];
    })));
    put(box, el("h3", "gf-part", W.words.today), lines([[W.words.vehicle, W.text("day_today", row)],
      [W.words.driven, W.text("day_driven", row)], [W.words.emits, W.text("day_emits", row)]]));
    put(box, stopTable(W, row, day));
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    // before the map, so that the keyboard comes by it after the panel
    document.body.insertBefore(box, G.holder(map));
    document.body.classList.add("gf-has-day");
    frameDay(map, W.bounds(row));
    var quiet = G.onLanguage(function () { if (run) run.write(); });
    return {
      close: function () {
        if (run) run.stop();
        quiet();
        shown.remove();
        box.remove();
        document.body.classList.remove("gf-has-day");
      }
    };
  };
})();
