/* Packed lines as a Leaflet layer: what is shown, and where the mouse is. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, U = G.unpackLines;
  var HOURS = U.HOURS, FIRST = U.FIRST, PADDING = 0.1, REACH = 6, TOUCH = 14, PRINT = 3;
  var MANY = 15000, REST_MS = 1000;
  var Lines = null;

  G.groups = G.groups || {};
  G.searchable = G.searchable || [];

  function two(n) { return (n < 10 ? "0" : "") + n; }
  G.hourSpan = G.hourSpan || function (hour) { return two(hour) + ":00–" + two(hour + 1) + ":00"; };

  function words(name) { return G.words.lines[name]; }

  /* In which order classes are drawn: the last lies on top. Class 0 is nothing, 1 unknown. */
  function ranking(view, kind) {
    var classes = view.looks.map(function (_, k) { return k; });
    function rank(k) {
      if (kind === "category") return view.looks[k].rank;
      return kind === "change" ? Math.abs(k - view.breaks.length) : k;
    }
    classes.sort(function (a, b) { return rank(a) - rank(b) || a - b; });
    return [1].concat(classes.map(function (k) { return FIRST + k; }));
  }

  function variableOf(spec) {
    return { name: spec.name, label: spec.label, kind: spec.kind, text: spec.text, group: spec.group,
      hours: Boolean(spec.hours), whole: Boolean(spec.whole), spec: spec, planes: null };
  }

  // ---------------------------------------------------------------- reading

  function read(layer, spec) {
    var inside = layer._data = {};
    var numbers = Object.keys(spec.numbers);
    return Promise.all([
      U.inflated(spec.paths).then(function (bytes) { inside.paths = U.paths(bytes, spec.count, spec.degrees); }),
      U.inflated(spec.texts.data).then(function (bytes) {
        inside.texts = U.texts(bytes, spec.texts.columns, spec.count);
      }),
      planes(layer, layer._variable)
    ].concat(numbers.map(function (name) {
      return U.inflated(spec.numbers[name].data).then(function (bytes) {
        inside[name] = U.digits(bytes, spec.numbers[name], spec.count);
      });
    })));
  }

  /* Unpack a variable (and one that it is told from) when it is first needed. */
  function planes(layer, variable) {
    if (variable.coming) return variable.coming;
    var spec = variable.spec, count = layer.spec.count, by = spec.hours && spec.hours.foretold.by;
    var other = by ? layer._named(by) : null, whole = null, hours = null;
    variable.coming = Promise.all([
      spec.whole ? U.inflated(spec.whole.data) : null,
      spec.hours ? U.inflated(spec.hours.data) : null,
      other ? planes(layer, other) : null
    ]).then(function (bytes) {
      if (bytes[0]) whole = U.wholePlane(spec.whole, spec.kind, bytes[0], count);
      if (bytes[1]) {
        var from = other && Object.assign({ whole: other.planes.whole }, other.planes.hours);
        hours = U.hourPlane(spec.hours, spec.kind, bytes[1], count, whole, from);
      }
      variable.planes = { whole: whole, hours: hours };
      return variable;
    });
    return variable.coming;
  }

  function define() {
    Lines = L.Layer.extend(Object.assign({}, G.linesTold, {
      options: { pane: "overlayPane" },

      initialize: function (spec, like) {
        var self = this;
        L.setOptions(this, { attribution: spec.attribution ? el("i", "", spec.attribution).innerHTML : null });
        this.spec = spec;
        this.variables = like ? like.variables : spec.variables.map(variableOf);
        this._variable = this._named(spec.selected);
        this.variable = spec.selected;
        this.hour = this._allowed(spec.hour);
        this._ratio = null;
        this.ready = (like ? like.ready : read(this, spec)).then(function () {
          if (like) self._data = like._data;
          self.isReady = true;
          if (self._map) self._prepare();
          self.fire("ready");
          self._others();
          return true;
        });
        this.ready.catch(function (error) {
          self.failed = error.message === "too old" ? words("too_old") : words("broken");
          if (self._map) self._message(self.failed);
          self.fire("failed");
        });
      },

      /* A layer of the same lines for another map: they share what was unpacked. */
      twin: function () { return new Lines(this.spec, this); },

      /* The box of all lines, as Leaflet's groups ask for it. */
      getBounds: function () { return L.latLngBounds(this.spec.bounds || []); },

      _named: function (name) {
        return this.variables.filter(function (one) { return one.name === name; })[0] || null;
      },

      /* Put other values in place of those of variables that are there, packed as in the page. */
      renew: function (specs) {
        var self = this, fresh = specs.map(variableOf);
        function named(name) {
          return fresh.filter(function (one) { return one.name === name; })[0] || self._named(name);
        }
        var turn = this._turn = (this._turn || 0) + 1, reading = { spec: this.spec, _named: named };
        return this.ready.then(function () {
          return Promise.all(fresh.map(function (one) { return planes(reading, one); }));
        }).then(function () {
          // newer values may have come meanwhile
          if (turn !== self._turn) return self;
          self.variables = self.variables.map(function (one) { return named(one.name); });
          return self.show(self.variable);
        });
      },

      // the variables that are not shown are unpacked while nothing else is to do
      _others: function () {
        var self = this, rest = this.variables.filter(function (one) { return !one.planes; });
        if (!rest.length) { this.complete = true; this.fire("complete"); return; }
        (window.requestIdleCallback || window.setTimeout)(function () {
          planes(self, rest[0]).then(function () { self._others(); });
        });
      },

      // ------------------------------------------------------------ on the map

      onAdd: function (map) {
        (map.getPane("gf-mark") || map.createPane("gf-mark")).style.zIndex = 390;
        map.getPane("gf-mark").style.pointerEvents = "none";
        var canvas = this._canvas = L.DomUtil.create("canvas", "gf-lines-canvas", this.getPane());
        if (map._zoomAnimated) L.DomUtil.addClass(canvas, "leaflet-zoom-animated");
        var self = this;
        map._gfLines = (map._gfLines || []).concat(this);
        this._printing = function () { self._ratio = PRINT; self.redraw(); };
        this._printed = function () { self._ratio = null; self.redraw(); };
        window.addEventListener("beforeprint", this._printing);
        window.addEventListener("afterprint", this._printed);
        this._stop = G.onLanguage(function () { self._retell(); });
        if (this.failed) this._message(this.failed);
        else if (this.isReady) this._prepare();
        else this._message(words("loading"));
      },

      onRemove: function (map) {
        var self = this;
        window.removeEventListener("beforeprint", this._printing);
        window.removeEventListener("afterprint", this._printed);
        this._stop();
        window.clearTimeout(this._rest);
        this._quiet();
        this.mark(null);
        if (this._pen) { this._pen.remove(); this._pen = null; }
        map._gfLines = map._gfLines.filter(function (one) { return one !== self; });
        if (this._popup) map.closePopup(this._popup);
        if (this._note) this._note.remove();
        this._canvas.remove();
        this._canvas = this._sheet = null;
      },

      getEvents: function () {
        var events = { viewreset: this._moveend, moveend: this._moveend, move: this._moved, zoom: this._moveCanvas,
          resize: this.redraw, mousemove: this._over, mouseout: this._quiet, click: this._click,
          zoomstart: this._quiet, dragstart: this._quiet };
        if (this._map._zoomAnimated) events.zoomanim = this._animate;
        return events;
      },

      _message: function (text) {
        if (this._note) this._note.remove();
        this._note = text ? el("div", "gf-lines-note", text) : null;
        if (!text) return;
        this._note.setAttribute("role", "status");
        this._map.getContainer().appendChild(this._note);
      },

      _prepare: function () {
        this._message(null);
        var crs = this._map.options.crs;
        if (this._crs !== crs) {
          this._crs = crs;
          // twins draw the same lines
          var data = this._data, shared = data.lines && data.lines.crs === crs;
          this._lines = data.lines = shared ? data.lines : G.projected(data.paths, this.spec.count, crs);
          data.lines.crs = crs;
          this._order = new Int32Array(this.spec.count);
          this._class = new Uint8Array(this.spec.count);
        }
        this.redraw();
      },

      _scale: function (zoom) { return this._crs.scale(zoom) / this._crs.scale(0); },

      /* Lines come in the pixels of the canvas as x * scale + tx. */
      _frame: function (sharp) {
        var map = this._map, size = map.getSize(), zoom = map.getZoom();
        var full = this._ratio || (G.pixelRatio ? G.pixelRatio() : window.devicePixelRatio || 1);
        var pad = size.multiplyBy(PADDING).round(), origin = map.getPixelBounds().min.subtract(pad);
        var ratio = sharp || this._ratio || G.printing || !this._crowded(origin, size.add(pad.multiplyBy(2)), zoom)
          ? full : Math.min(full, 1);
        var scale = this._scale(zoom) * ratio;
        this._coarse = ratio < full;
        return { map: map, zoom: zoom, ratio: ratio, pad: pad, scale: scale,
          width: Math.round((size.x + 2 * pad.x) * ratio), height: Math.round((size.y + 2 * pad.y) * ratio),
          tx: this._lines.corner.x * scale - origin.x * ratio - 0.5,
          ty: this._lines.corner.y * scale - origin.y * ratio - 0.5 };
      },

      /* Whether so much is in view that a screen of small pixels would take too long to fill. */
      _crowded: function (origin, size, zoom) {
        var scale = this._scale(zoom), corner = this._lines.corner;
        var west = origin.x / scale - corner.x, north = origin.y / scale - corner.y;
        return G.rowsAbout(this._lines, west, north, west + size.x / scale, north + size.y / scale) > MANY;
      },

      // what was drawn in coarse pixels to be quick is drawn in the screen's own when all is at rest
      _sharpen: function () {
        var self = this;
        window.clearTimeout(this._rest);
        this._rest = this._coarse && window.setTimeout(function () {
          var map = self._map;
          if (map._animatingZoom || (map.dragging && map.dragging.moving())) self._sharpen();
          else self._paint(true);
        }, REST_MS);
      },

      redraw: function () { this._paint(false); this._sharpen(); },

      // a new zoom ends its move and resets the view: once is enough
      _moveend: function () {
        var drawn = this._drawn, map = this._map;
        if (drawn && !G.printing && drawn.zoom === map.getZoom() && drawn.corner.equals(map.getPixelBounds().min)) this._sharpen();
        else this.redraw();
      },

      _paint: function (sharp) {
        if (!this._map || !this._lines || !this._variable.planes) return;
        var began = performance.now(), frame = this._frame(sharp), canvas = this._canvas;
        if (!this._sheet || canvas.width !== frame.width || canvas.height !== frame.height) {
          canvas.width = frame.width;
          canvas.height = frame.height;
          this._sheet = G.sheet(frame.width, frame.height);
        } else this._sheet.clear();
        canvas.style.width = frame.width / frame.ratio + "px";
        canvas.style.height = frame.height / frame.ratio + "px";
        L.DomUtil.setTransform(canvas, this._map.containerPointToLayerPoint(frame.pad.multiplyBy(-1)), 1);
        this._drawn = { zoom: frame.zoom, center: this._map.getCenter(), corner: this._map.getPixelBounds().min };
        this._draw(frame);
        canvas.getContext("2d").putImageData(new ImageData(
          new Uint8ClampedArray(this._sheet.pixels.buffer), frame.width, frame.height), 0, 0);
        if (!sharp) this.drawMs = performance.now() - began;
        this.fire("drawn", { ms: this.drawMs });
      },

      _draw: function (frame) {
        var lines = this._lines, sheet = this._sheet, view = this._view(), plane = this._plane();
        var codes = plane.codes, offset = plane.offset, klass = plane.klass, count = new Int32Array(256);
        var found = this._order, of = this._class, seen = 0, margin = 8 * frame.ratio / frame.scale;
        var west = -frame.tx / frame.scale, north = -frame.ty / frame.scale;
        G.rowsWithin(lines, west - margin, north - margin, west + frame.width / frame.scale + margin,
          north + frame.height / frame.scale + margin, function (row) {
            var k = klass[codes[offset + row]];
            if (!k) return;
            of[seen] = k;
            found[seen++] = row;
            count[k]++;
          });
        this.shown = seen;
        if (this._worn) { this._drawPieces(frame); return; }
        var at = new Int32Array(256), sorted = this._sorted || (this._sorted = new Int32Array(lines.count)), k, i, sum = 0;
        for (k = 0; k < 256; k++) { at[k] = sum; sum += count[k]; }
        for (i = 0; i < seen; i++) sorted[at[of[i]]++] = found[i];
        var self = this;
        ranking(view, this._variable.kind).forEach(function (k) {
          self._ink(frame, k === 1 ? self.spec.unknown : view.looks[k - FIRST]);
          for (i = at[k] - count[k]; i < at[k]; i++) sheet.row(lines, sorted[i], frame.scale, frame.tx, frame.ty);
        });
      },

      _ink: function (frame, look) {
        var dash = look.dash && look.dash.length > 1 ? look.dash.map(function (d) { return d * frame.ratio; }) : null;
        var thick = look.width * this.widening(frame.zoom) * frame.ratio;
        this._sheet.pen(look.colour, Math.max(0.8 * frame.ratio, thick), dash);
      },

      /* What a script says of rows: they may pass the same streets, so pieces are drawn, not rows. */
      _drawPieces: function (frame) {
        var worn = this._worn, self = this, order = ranking(worn.view, "category").slice(1);
        var looks = new Array(FIRST).concat(worn.view.looks);
        worn.chosen = worn.chosen || G.chosenPieces(this._lines, worn.plane.codes, order, looks);
        order.forEach(function (k) {
          self._ink(frame, looks[k]);
          self._sheet.pieces(self._lines, worn.chosen, k, frame.scale, frame.tx, frame.ty);
        });
      },

      /* Lines are thin while the whole city is in view and broad among its houses. */
      widening: function (zoom) { return Math.max(0.5, Math.min(2, 0.55 + 0.14 * (zoom - 10))); },

      // the canvas goes with the map; beyond its margin it is drawn anew if that is quick
      _moved: function () {
        if (!this._drawn || this._waiting || this.drawMs > 40 || this._map._animatingZoom) return;
        if (this._map.getZoom() !== this._drawn.zoom) return;
        var by = this._map.getPixelBounds().min.subtract(this._drawn.corner), size = this._map.getSize();
        if (Math.abs(by.x) < size.x * PADDING && Math.abs(by.y) < size.y * PADDING) return;
        this._waiting = true;
        var self = this;
        requestAnimationFrame(function () { self._waiting = false; if (self._map) self.redraw(); });
      },

      _moveCanvas: function () { if (this._drawn) this._place(this._map.getCenter(), this._map.getZoom()); },
      _animate: function (event) { if (this._drawn) this._place(event.center, event.zoom); },

      _place: function (center, zoom) {
        var map = this._map, scale = map.getZoomScale(zoom, this._drawn.zoom);
        var half = map.getSize().multiplyBy(0.5 + PADDING);
        var at = half.multiplyBy(-scale).add(map.project(this._drawn.center, zoom))
          .subtract(map._getNewPixelOrigin(center, zoom));
        L.DomUtil.setTransform(this._canvas, at, scale);
      },

      // ------------------------------------------------------------ what is shown

      _allowed: function (hour, variable) {
        variable = variable || this._variable;
        if (!variable.hours) return null;
        if (hour === null || hour === undefined) return variable.whole ? null : 0;
        return Math.max(0, Math.min(HOURS - 1, hour));
      },

      /* Show a variable at an hour (null: the whole day); undefined leaves as it is. */
      show: function (name, hour) {
        var variable = name === undefined ? this._variable : this._named(name), self = this;
        if (!variable) throw new Error("no variable " + name);
        if (hour !== undefined) this._wanted = hour;
        else if (this._wanted === undefined) this._wanted = this.hour;
        this._variable = variable;
        this.variable = variable.name;
        this.hour = this._allowed(this._wanted, variable);
        return planes(this, variable).then(function () {
          // another may have been chosen meanwhile
          if (self._variable !== variable) return false;
          self.redraw();
          self.fire("change", { variable: self.variable, hour: self.hour });
          self._retell();
          return true;
        });
      },
      setVariable: function (name) { return this.show(name); },
      setHour: function (hour) {
        this._wanted = hour;
        this.hour = this._allowed(hour);
        if (!this._variable.planes || !this.isReady) return this.show(undefined, hour);
        // nothing to wait for: the slider is followed at once
        this.redraw();
        this.fire("change", { variable: this.variable, hour: this.hour });
        this._retell();
        return Promise.resolve(true);
      },

      /* Show classes that a script works out in place of the variable's: `view` is {looks, labels,
         unit}, looks as of categories {colour, width, dash, rank}; each row's place among them,
         negative for none, stands in `classes`. */
      wear: function (view, classes) {
        var klass = new Uint8Array(FIRST + view.looks.length), codes = new Uint8Array(this.spec.count);
        for (var k = FIRST; k < klass.length; k++) klass[k] = k;
        for (var row = 0; row < codes.length; row++) codes[row] = classes[row] < 0 ? 0 : FIRST + classes[row];
        this._worn = { view: view, plane: { codes: codes, klass: klass, values: Float64Array.from(klass), offset: 0 } };
        this.redraw();
      },

      _view: function (variable, hour) {
        if (this._worn) return this._worn.view;
        variable = variable || this._variable;
        hour = hour === undefined ? this.hour : hour;
        return hour === null || !variable.hours ? variable.spec.whole : variable.spec.hours;
      },
      _plane: function (variable, hour) {
        if (this._worn) return this._worn.plane;
        variable = variable || this._variable;
        hour = hour === undefined ? this.hour : hour;
        var whole = hour === null || !variable.hours, plane = whole ? variable.planes.whole : variable.planes.hours;
        return plane && { codes: plane.codes, values: plane.values, klass: plane.klass,
          offset: whole ? 0 : hour * this.spec.count };
      },

      // ------------------------------------------------------------ mouse

      /* All rows drawn within reach of a place, the strongest first. */
      within: function (latlng, reach) {
        if (!this._lines || !this._variable.planes) return [];
        var point = this._crs.latLngToPoint(latlng, 0), lines = this._lines, plane = this._plane(), found = [];
        var x = point.x - lines.corner.x, y = point.y - lines.corner.y;
        var far = (reach || REACH) / this._scale(this._map.getZoom()), order = ranking(this._view(), this._variable.kind);
        G.rowsWithin(lines, x - far, y - far, x + far, y + far, function (row) {
          var k = plane.klass[plane.codes[plane.offset + row]];
          if (k && G.distance(lines, row, x, y) <= far * far) found.push([order.indexOf(k), row]);
        });
        found.sort(function (a, b) { return b[0] - a[0] || a[1] - b[1]; });
        return found.map(function (one) { return one[1]; });
      },

      /* The row that is drawn at a place or nearest to it, within reach (pixels); where several are
         as near, the one on top, and of one class the one whose middle is nearest. */
      at: function (latlng, reach) {
        if (!this._lines || !this._variable.planes || !this._map) return null;
        reach = reach || REACH;
        var point = this._crs.latLngToPoint(latlng, 0), lines = this._lines, plane = this._plane();
        var zoom = this._map.getZoom(), scale = this._scale(zoom), grow = this.widening(zoom), view = this._view();
        var x = point.x - lines.corner.x, y = point.y - lines.corner.y, best = null, near = Infinity, top = -1, least = Infinity;
        var rank = [], half = [], unknown = this.spec.unknown, widest = 0;
        ranking(view, this._variable.kind).forEach(function (k, place) {
          rank[k] = place;
          half[k] = Math.max(0.8, (k === 1 ? unknown : view.looks[k - FIRST]).width * grow) / 2;
          widest = Math.max(widest, half[k]);
        });
        var within = (reach + widest) / scale;
        G.rowsWithin(lines, x - within, y - within, x + within, y + within, function (row) {
          var k = plane.klass[plane.codes[plane.offset + row]];
          if (!k) return;
          var far = Math.sqrt(G.distance(lines, row, x, y)) * scale, outside = far - half[k];
          if (outside > reach) return;
          var ring = Math.max(0, Math.ceil(outside));
          if (ring > near || (ring === near && (rank[k] < top || (rank[k] === top && far >= least)))) return;
          near = ring;
          top = rank[k];
          least = far;
          best = row;
        });
        return best;
      },

      /* The same, unless lines of another layer lie on top there. */
      _hit: function (event) {
        var source = event.originalEvent, reach = source && source.pointerType === "touch" ? TOUCH : REACH;
        var all = this._map._gfLines, row = this.at(event.latlng, reach);
        var covered = row !== null && all.slice(all.indexOf(this) + 1).some(function (one) {
          return one.at(event.latlng, reach) !== null;
        });
        return covered ? null : row;
      },

      _busy: function (event) {
        var target = event.originalEvent && event.originalEvent.target;
        return !target || !target.closest || target.closest(".leaflet-interactive, .leaflet-popup, .leaflet-control");
      },

      _over: function (event) {
        var self = this;
        if (this._busy(event) || this._map.dragging && this._map.dragging.moving()) { this._quiet(); return; }
        this._at = event;
        if (this._looking) return;
        this._looking = true;
        requestAnimationFrame(function () {
          self._looking = false;
          if (!self._map || !self._at) return;
          var row = self._hit(self._at);
          self._onRow = row !== null;
          self._map.getContainer().style.cursor =
            self._map._gfLines.some(function (one) { return one._onRow; }) ? "pointer" : "";
          if (row === null || (self._popup && row === self._picked)) { self._quiet(); return; }
          if (!self._tip) {
            self._tip = L.tooltip({ className: "gf-tooltip", opacity: 0.97, offset: [12, 0] });
          }
          if (self._tipped !== row || !self._map.hasLayer(self._tip)) self._tip.setContent(self.card(row));
          self._tipped = row;
          self._tip.setLatLng(self._at.latlng);
          if (!self._map.hasLayer(self._tip)) self._tip.addTo(self._map);
        });
      },

      _quiet: function () {
        this._at = null;
        this._tipped = null;
        this._onRow = false;
        if (this._tip) { this._tip.remove(); this._tip = null; }
        if (this._map) this._map.getContainer().style.cursor = "";
      },

      _click: function (event) {
        if (this._busy(event)) return;
        var row = this._hit(event);
        if (row !== null) this.pick(row, event.latlng);
      }
    }));
    return Lines;
  }

  G.packedLines = function (spec) { return new (Lines || define())(spec); };
})();
