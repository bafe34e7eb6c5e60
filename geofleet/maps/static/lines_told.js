/* What packed lines tell: legend, values, ranking, search, and the table of a link. Parts of the layer
   in lines.js. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, FIRST = G.unpackLines.FIRST;

  G.fold = G.fold || function (text) {
    return String(text).normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  };

  function words(name) { return G.words.lines[name]; }

  /* Digits of an hour's values that are worth telling. */
  function digitsOf(view) { return view.within > 0.1 ? 2 : 3; }

  G.linesTold = {
  legend: function (variable, hour) {
    var one = variable ? this._named(variable) : this._variable;
    var view = this._view(one, this._allowed(hour === undefined ? this.hour : hour, one)), grow = 1;
    var items = view.looks.map(function (look, k) {
      return { shape: "line", colour: look.colour, width: look.width * grow, label: view.labels[k],
        dash: look.dash ? look.dash.join(" ") : null };
    });
    if (one.kind === "level") items.reverse();
    if (this._anyUnknown(one)) {
      var look = this.spec.unknown;
      items.push({ shape: "line", colour: look.colour, width: look.width, dash: look.dash.join(" "), label: words("unknown") });
    }
    return { unit: view.unit, text: one.text, items: items };
  },

  _anyUnknown: function (variable) {
    if (!variable.planes) return false;
    if (variable.unknown === undefined) {
      variable.unknown = ["whole", "hours"].some(function (which) {
        return variable.planes[which] && variable.planes[which].codes.indexOf(1) >= 0;
      });
    }
    return variable.unknown;
  },

  valueOf: function (row, name, hour) {
    // scripts call an object's valueOf without arguments to compare it
    if (row === undefined) return this;
    var variable = name === undefined ? this._variable : this._named(name);
    hour = this._allowed(hour === undefined ? this.hour : hour, variable);
    var view = this._view(variable, hour), plane = this._plane(variable, hour);
    if (!plane) return null;
    var code = plane.codes[plane.offset + row], k = plane.klass[code] - FIRST, value = plane.values[code];
    if (code === 0) return { state: "none", value: 0, klass: null, text: G.t(words(hour === null ? "none_day" : "none_now")) };
    if (code === 1) return { state: "unknown", value: NaN, klass: null, text: G.t(words("unknown")) };
    var label = view.labels[k], unit = G.t(view.unit);
    if (variable.kind === "category") return { state: "class", value: value, klass: k, label: label, text: G.t(label) };
    if (value !== value) {
      var low = view.edges && view.edges.length > view.breaks.length && k === (variable.kind === "change" ? view.breaks.length : 0);
      var text = low ? G.t(words("less_than")) + " " + G.number(view.edges[0], 2) : G.t(label);
      return { state: low ? "less" : "class", value: NaN, klass: k, label: label, text: text + (unit ? " " + unit : "") };
    }
    var sign = variable.kind === "change" && value > 0 ? "+" : value < 0 ? "−" : "";
    // no more digits than are known
    var size = Math.abs(value), near = digitsOf(view) < 3 ? Number(size.toPrecision(2)) : size;
    return { state: "known", value: value, klass: k, label: label,
      text: sign + G.number(near, 3) + (unit ? " " + unit : "") };
  },

  /* Rows by current value, greatest first; of those with equal ones the greater day. */
  top: function (n) {
    var plane = this._plane(), day = this._plane(this._variable, null), codes = plane.codes;
    var view = this._view(), category = this._variable.kind === "category", rows = [], keys = [];
    var rank = new Float64Array(plane.values.length), second = this.hour !== null && day ? day : null;
    for (var code = FIRST; code < rank.length; code++) {
      rank[code] = category ? view.looks[code - FIRST].rank
        : plane.values[code] === plane.values[code] ? plane.values[code] : (plane.klass[code] - FIRST) * 1e-12;
    }
    if (!category && view.edges && plane.values[rank.length - 1] !== plane.values[rank.length - 1]) {
      for (code = FIRST; code < rank.length; code++) rank[code] = plane.klass[code] - FIRST;
    }
    for (var row = 0; row < this.spec.count; row++) {
      code = codes[plane.offset + row];
      if (code < FIRST || (this._variable.kind === "change" && !(rank[code] > 0))) continue;
      var key = rank[code], tie = second ? second.values[second.codes[row]] || 0 : 0;
      if (rows.length === n && !(key > keys[n - 1][0] || (key === keys[n - 1][0] && tie > keys[n - 1][1]))) continue;
      var at = rows.length;
      while (at > 0 && (keys[at - 1][0] < key || (keys[at - 1][0] === key && keys[at - 1][1] < tie))) at--;
      rows.splice(at, 0, row);
      keys.splice(at, 0, [key, tie]);
      if (rows.length > n) { rows.pop(); keys.pop(); }
    }
    return rows;
  },

  // ------------------------------------------------------------ what a row is

  text: function (column, row) {
    var places = this._data.texts[column];
    return places ? this._data.texts.table[places[row]] : null;
  },
  title: function (row) {
    return (this.spec.card.title && this.text(this.spec.card.title, row)) || this.spec.card.untitled;
  },

  /* Rows of streets whose title holds a text, best first: each street once, by its worst link. */
  find: function (text, n) {
    var wanted = G.fold(text).trim(), self = this, column = this.spec.card.title;
    if (!wanted || !column || !this.isReady) return [];
    var table = this._data.texts.table, places = this._data.texts[column];
    if (!this._folded) {
      this._folded = table.map(function (item) {
        return item === null ? "" : typeof item === "object" ? Object.values(item).map(G.fold).join("\n") : G.fold(item);
      });
    }
    var score = new Int8Array(table.length), any = false;
    this._folded.forEach(function (item, place) {
      var at = item.indexOf(wanted);
      if (at < 0) return;
      any = true;
      score[place] = at === 0 ? 3 : /[^\p{L}\p{N}]/u.test(item[at - 1]) ? 2 : 1;
    });
    if (!any) return [];
    var first = new Map(), plane = this._plane(), key = function (row) {
      var v = plane.values[plane.codes[plane.offset + row]];
      return v === v ? v : -1;
    };
    for (var row = 0; row < this.spec.count; row++) {
      var place = places[row];
      if (!score[place]) continue;
      var seen = first.get(place);
      if (seen === undefined || key(row) > key(seen)) first.set(place, row);
    }
    return Array.from(first.keys()).sort(function (a, b) {
      return score[b] - score[a] || self._folded[a].length - self._folded[b].length || (self._folded[a] < self._folded[b] ? -1 : 1);
    }).slice(0, n || 8).map(function (place) { return first.get(place); });
  },

  bounds: function (row) {
    if (!this.isReady) return null;
    var paths = this._data.paths, box = L.latLngBounds([]);
    for (var i = paths.starts[paths.from[row]]; i < paths.starts[paths.to[row]]; i++) box.extend([paths.lat[i], paths.lon[i]]);
    return box.isValid() ? box : null;
  },

  _latlngs: function (row) {
    var paths = this._data.paths, parts = [];
    for (var part = paths.from[row]; part < paths.to[row]; part++) {
      var line = [];
      for (var i = paths.starts[part]; i < paths.starts[part + 1]; i++) line.push([paths.lat[i], paths.lon[i]]);
      parts.push(line);
    }
    return parts;
  },

  mark: function (row) {
    if (this._mark) { this._mark.remove(); this._mark = null; }
    this.marked = row;
    if (row === null || !this._map) return;
    var lines = this._latlngs(row), look = { pane: "gf-mark", interactive: false,
      renderer: this._pen || (this._pen = L.svg({ pane: "gf-mark" })) };
    this._mark = L.layerGroup([
      L.polyline(lines, Object.assign({ color: "#1b1f23", weight: 15, opacity: 1 }, look)),
      L.polyline(lines, Object.assign({ color: "#fff", weight: 11, opacity: 1 }, look))
    ]).addTo(this._map);
  },

  /* Move to a row, mark it and tell about it; options as of fitBounds, `popup: false` for none. */
  go: function (row, options) {
    var box = this.bounds(row);
    if (!box || !this._map) return;
    if (G.makeWay) G.makeWay(this._map);
    this._map.fitBounds(box, Object.assign({ maxZoom: 16, animate: false,
      paddingTopLeft: G.padding ? G.padding(this._map) : [20, 20], paddingBottomRight: [20, G.foot ? G.foot() : 20] }, options));
    if (options && options.popup === false) this.mark(row);
    else this.pick(row, this._middle(row));
  },

  _middle: function (row) {
    var line = this._latlngs(row)[0], at = (line.length - 1) / 2, a = line[Math.floor(at)], b = line[Math.ceil(at)];
    return L.latLng((a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
  },

  /* Pin what is known about a row to a place on the map. */
  pick: function (row, latlng) {
    var self = this;
    this._quiet();
    var popup = L.popup({ maxWidth: 330, className: "gf-popup gf-lines-popup", autoPanPadding: [14, 14] })
      .setLatLng(latlng).setContent(this.card(row));
    if (this._popup) this._map.closePopup(this._popup);
    this._popup = popup;
    this._picked = row;
    popup.on("remove", function () {
      if (self._popup !== popup) return;
      self._popup = null;
      self.mark(null);
    });
    popup.openOn(this._map);
    var close = popup.getElement().querySelector(".leaflet-popup-close-button");
    if (close) G.bind(close, words("close"), "aria-label");
    this.mark(row);
    this.fire("pick", { row: row });
  },

  _retell: function () {
    if (this._popup) this._popup.setContent(this.card(this._picked));
    this._quiet();
  },

  /* What one more line of the table says of a row: null where there is nothing to say. */
  cell: function (row, item) {
    if (item.text) return this.text(item.column, row);
    var column = this._data[item.column], value = column.values[column.codes[row]];
    return value !== value ? words("unknown") : G.number(value, 3) + (item.unit ? " " + G.t(item.unit) : "");
  },

  card: function (row) {
    var self = this, card = this.spec.card, box = el("div", "gf-card gf-lines-card");
    put(box, el("div", "gf-card-title", this.title(row)));
    if (card.subtitle) put(box, el("div", "gf-card-subtitle", this.text(card.subtitle, row)));
    var now = this.valueOf(row), view = this._view();
    var line = el("div", "gf-lines-class"), chip = el("span", "gf-lines-chip");
    chip.style.background = now.klass === null ? (now.state === "unknown" ? this.spec.unknown.colour : "transparent")
      : view.looks[now.klass].colour;
    put(box, put(line, chip, el("span", "", now.klass === null ? now.text : now.label)));
    var table = el("table");
    if (this._variable.hours && this.hour !== null) put(box, el("div", "gf-card-subtitle", G.hourSpan(this.hour)));
    function add(label, text, strong) {
      put(table, put(el("tr", "gf-figure" + (strong ? " gf-strong" : "")), el("th", "", label), el("td", "", text)));
    }
    add(this._variable.label, now.text, true);
    if (this.hour !== null && this._variable.whole) {
      add(words("day_total"), this.valueOf(row, this.variable, null).text, false);
    }
    this.variables.forEach(function (one) {
      if (one === self._variable || !one.planes) return;
      add(one.label, self.valueOf(row, one.name).text, false);
    });
    card.rows.forEach(function (item) {
      var shown = self.cell(row, item);
      if (shown !== null) add(item.label, shown, false);
    });
    put(box, table);
    var hint = this._precision();
    if (hint) put(box, el("div", "gf-card-hint", hint));
    if (card.hint) put(box, el("div", "gf-card-hint", card.hint));
    return box;
  },

  /* How near the values of an hour are to those that were packed. */
  _precision: function () {
    if (this.hour === null || this._variable.kind === "category") return null;
    var within = this._variable.spec.hours.within;
    if (within === 0) return null;
    if (within === null) return words("class_only");
    // what is told is rounded, too
    within += (1 + within) * (digitsOf(this._variable.spec.hours) < 3 ? 0.05 : 0.005);
    return G.t(words("within")) + " " + G.number(Math.ceil(within * 100), 2) + " %";
  }
  };
})();
