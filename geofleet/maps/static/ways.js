/* Ways of vehicle-days: streets, the days that pass each, and the track of one day. */
(function () {
  "use strict";
  var G = window.geofleet, GRID = 1e5, CELL = 0.004, JUMP = 4e-5, PARKED = -1;

  function starts(counts) {
    var out = new Int32Array(counts.length + 1);
    for (var i = 0; i < counts.length; i++) out[i + 1] = out[i] + counts[i];
    return out;
  }

  /* An object that unpacks itself; use it after ready. */
  G.ways = function (spec) {
    var W = { spec: spec, looks: spec.looks, words: spec.words, reserve: spec.reserve };
    W.ready = G.unpack(spec).then(function (read) {
      W.n = read.numbers;
      W.texts = read.texts;
      W.count = W.n.day_links.length;
      W.linkStart = starts(W.n.day_links);
      W.stopStart = starts(W.n.day_stops);
      W.mendStart = starts(W.n.day_mends);
      W.lineStart = starts(W.n.line_points);
      turns();
      times();
      return W;
    });

    W.text = function (column, row) {
      var number = W.n[column][row];
      return number ? W.texts[number] : null;
    };
    W.verdict = function (row) { return spec.looks[W.n.day_verdict[row]]; };

    /* Each link of each day, from its turns. */
    function turns() {
      var n = W.n, first = starts(n.followers), way = new Int32Array(W.linkStart[W.count]), turn = 0, day = 0;
      for (var row = 0; row < W.count; row++) {
        var begin = W.linkStart[row], end = W.linkStart[row + 1];
        if (begin === end) continue;
        var here = way[begin] = n.first_way[day++];
        for (var i = begin + 1; i < end; i++) {
          here = way[i] = here + n.follower[first[here] + n.turn[turn++]];
        }
      }
      W.way = way;
      W.partFrom = new Map();
      for (var k = 0; k < n.part_link.length; k++) W.partFrom.set(n.part_link[k], k);
    }

    /* Tenths of seconds that each link takes: as the whole link took before, but for a rest. */
    function times() {
      var n = W.n, last = new Int32Array(n.way_line.length), span = n.span;
      for (var i = 0; i < span.length; i++) {
        if (W.partFrom.has(i)) continue;
        span[i] = last[W.way[i]] += span[i];
      }
    }

    W.stops = function (row) {
      var out = [];
      for (var k = W.stopStart[row]; k < W.stopStart[row + 1]; k++) out.push(k);
      return out;
    };
    function known(name, scale) {
      return function (stop) {
        var value = W.n[name][stop];
        return value === G.UNKNOWN ? null : value / scale;
      };
    }
    W.stopSoc = known("stop_soc", 1e4);
    W.stopArrive = known("stop_arrive", 1);
    W.stopStarts = known("stop_start", 1);
    W.stopDepart = known("stop_depart", 1);
    W.stopLate = known("stop_late", 1);
    W.stopDrop = known("stop_drop", 1);
    W.stopPickup = known("stop_pickup", 1);
    W.stopPlace = function (stop) { return [W.n.stop_lat[stop] / GRID, W.n.stop_lon[stop] / GRID]; };

    /* Points of a line from one part of its length to another, as [lat, lon]. */
    W.line = function (line, from, to) {
      var out = [], begin = W.lineStart[line], count = W.n.line_points[line];
      for (var k = 0; k < count; k++) out.push([W.n.line_lat[begin + k] / GRID, W.n.line_lon[begin + k] / GRID]);
      return from === undefined ? out : cut(out, from, to);
    };
    function cut(points, from, to) {
      if (from > to) return cut(points, to, from).reverse();
      if (from <= 0 && to >= 1) return points;
      var shrink = Math.cos(points[0][0] * Math.PI / 180), along = [0], k;
      for (k = 1; k < points.length; k++) {
        along.push(along[k - 1] + Math.hypot(points[k][0] - points[k - 1][0],
          (points[k][1] - points[k - 1][1]) * shrink));
      }
      var a = from * along[along.length - 1], b = to * along[along.length - 1];
      function at(place) {
        var j = 1;
        while (j < points.length - 1 && along[j] < place) j++;
        var span = along[j] - along[j - 1], part = span > 0 ? (place - along[j - 1]) / span : 0;
        return [points[j - 1][0] + part * (points[j][0] - points[j - 1][0]),
          points[j - 1][1] + part * (points[j][1] - points[j - 1][1])];
      }
      var out = [at(a)];
      for (k = 0; k < points.length; k++) if (along[k] > a && along[k] < b) out.push(points[k]);
      out.push(at(b));
      return out;
    }

    /* The track of a day: columns of points in order of time. At a stop two points share a place.
       link is the line driven to get there, or PARKED; stop the place of the stop in W.stops. */
    W.track = function (row) {
      var n = W.n, begin = W.linkStart[row], end = W.linkStart[row + 1];
      if (begin === end) return null;
      var known = n.charge_known[row], T = { t: [], km: [], soc: known ? [] : null, lat: [], lon: [],
        link: [], stop: [], kmh: [], breaks: [] };
      var stops = W.stops(row), legs = n.leg_first, leg = lower(legs, begin), metres = 0, soc = 1, clock = 0;
      function point(t, place, link, stop, kmh) {
        T.t.push(t);
        T.km.push(metres / 1000);
        if (known) T.soc.push(soc);
        T.lat.push(place[0]);
        T.lon.push(place[1]);
        T.link.push(link);
        T.stop.push(stop);
        T.kmh.push(kmh);
      }
      var lastPlace = null;
      for (var i = begin; i < end; i++) {
        var way = W.way[i], line = n.way_line[way] >> 1, back = n.way_line[way] & 1;
        var part = W.partFrom.get(i), from = 0, to = 1;
        if (part !== undefined) { from = n.part_from[part] / 1e3; to = n.part_to[part] / 1e3; }
        var points = back ? cut(W.line(line).reverse(), from, to) : W.line(line, from, to);
        if (lastPlace && Math.abs(points[0][0] - lastPlace[0]) + Math.abs(points[0][1] - lastPlace[1]) > JUMP) {
          T.breaks.push(T.t.length);
        }
        if (legs[leg] === i) {
          // parked since the end of the last leg, until this one begins
          var stop = stops.findIndex(function (k) { return n.stop_number[k] === n.leg_stop[leg]; });
          clock = Math.max(clock, n.leg_enter[leg] / 10);
          soc += n.soc_stood[i] / 1e4;
          point(clock, points[0], PARKED, stop, 0);
          leg++;
        } else if (known) soc += n.soc_stood[i] / 1e4;
        var seconds = n.span[i] / 10, long = n.line_dm[line] / 10 * Math.abs(to - from);
        var after = known ? n.soc_exit[i] / 1e4 : 1, before = soc, km0 = metres, t0 = clock;
        var shrink = Math.cos(points[0][0] * Math.PI / 180), sum = 0, k, steps = [0];
        for (k = 1; k < points.length; k++) {
          sum += Math.hypot(points[k][0] - points[k - 1][0], (points[k][1] - points[k - 1][1]) * shrink);
          steps.push(sum);
        }
        for (k = 1; k < points.length; k++) {
          var share = sum > 0 ? steps[k] / sum : k / (points.length - 1);
          metres = km0 + share * long;
          soc = before + share * (after - before);
          point(t0 + share * seconds, points[k], line, -1, seconds > 0 ? long / seconds * 3.6 : 0);
        }
        metres = km0 + long;
        clock = t0 + seconds;
        soc = after;
        lastPlace = points[points.length - 1];
      }
      return T;
    };

    function lower(values, value) {
      var low = 0, high = values.length;
      while (low < high) {
        var middle = (low + high) >> 1;
        if (values[middle] < value) low = middle + 1; else high = middle;
      }
      return low;
    }
    W.lower = lower;

    /* Streets of each verdict, each once, as long lines that follow the days. */
    W.overview = function (wanted) {
      var lines = W.n.line_points.length;
      return spec.looks.map(function (look, number) {
        var seen = new Uint8Array(lines), out = [], chain = null;
        for (var row = 0; row < W.count; row++) {
          if (W.n.day_verdict[row] !== number || !wanted(row)) continue;
          chain = null;
          for (var i = W.linkStart[row]; i < W.linkStart[row + 1]; i++) {
            var code = W.n.way_line[W.way[i]], line = code >> 1;
            if (seen[line]) { chain = null; continue; }
            seen[line] = 1;
            var points = W.line(line);
            if (code & 1) points.reverse();
            var end = chain && chain[chain.length - 1];
            if (end && Math.abs(end[0] - points[0][0]) + Math.abs(end[1] - points[0][1]) < JUMP) {
              for (var k = 1; k < points.length; k++) chain.push(points[k]);
            } else out.push(chain = points);
          }
        }
        return out;
      });
    };

    W.bounds = function (row) {
      var box = L.latLngBounds([]), last = -1;
      for (var i = W.linkStart[row]; i < W.linkStart[row + 1]; i++) {
        var line = W.n.way_line[W.way[i]] >> 1;
        if (line === last) continue;
        last = line;
        for (var k = W.lineStart[line]; k < W.lineStart[line + 1]; k++) {
          box.extend([W.n.line_lat[k] / GRID, W.n.line_lon[k] / GRID]);
        }
      }
      W.stops(row).forEach(function (stop) { box.extend(W.stopPlace(stop)); });
      return box.isValid() ? box : null;
    };

    /* Days that pass each line: built when first asked for. */
    var passing = null;
    W.passing = function (line) {
      if (!passing) passing = passages();
      return passing.days.subarray(passing.start[line], passing.start[line + 1]);
    };
    function passages() {
      var lines = W.n.line_points.length, counts = new Int32Array(lines), stamp, start, at, days;
      for (var round = 0; round < 2; round++) {
        stamp = new Int32Array(lines).fill(-1);
        for (var row = 0; row < W.count; row++) {
          for (var i = W.linkStart[row]; i < W.linkStart[row + 1]; i++) {
            var line = W.n.way_line[W.way[i]] >> 1;
            if (stamp[line] === row) continue;
            stamp[line] = row;
            if (round) days[at[line]++] = row; else counts[line]++;
          }
        }
        if (!round) { start = starts(counts); at = start.slice(); days = new Int32Array(start[lines]); }
      }
      return { start: start, days: days };
    }

    /* The line nearest to a place within some pixels, or -1. */
    var cells = null;
    function grid() {
      cells = new Map();
      for (var line = 0; line < W.n.line_points.length; line++) {
        for (var k = W.lineStart[line]; k < W.lineStart[line + 1] - 1; k++) {
          var a = [W.n.line_lat[k] / GRID, W.n.line_lon[k] / GRID];
          var b = [W.n.line_lat[k + 1] / GRID, W.n.line_lon[k + 1] / GRID];
          var pieces = Math.max(1, Math.ceil(Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1])) / CELL));
          for (var p = 0; p <= pieces; p++) {
            var key = Math.floor((a[0] + (b[0] - a[0]) * p / pieces) / CELL) + ":" +
              Math.floor((a[1] + (b[1] - a[1]) * p / pieces) / CELL);
            var list = cells.get(key);
            if (!list) cells.set(key, list = []);
            if (list[list.length - 1] !== line) list.push(line);
          }
        }
      }
    }
    W.nearest = function (map, latlng, pixels, wanted) {
      if (!cells) grid();
      var p = map.latLngToLayerPoint(latlng), reach = [[-pixels, -pixels], [pixels, pixels]].map(function (d) {
        return map.layerPointToLatLng(p.add(d));
      });
      var best = -1, least = pixels * pixels, tried = new Set();
      for (var y = Math.floor(reach[1].lat / CELL); y <= Math.floor(reach[0].lat / CELL); y++) {
        for (var x = Math.floor(reach[0].lng / CELL); x <= Math.floor(reach[1].lng / CELL); x++) {
          (cells.get(y + ":" + x) || []).forEach(function (line) {
            if (tried.has(line)) return;
            tried.add(line);
            var points = W.line(line).map(function (at) { return map.latLngToLayerPoint(at); });
            for (var k = 1; k < points.length; k++) {
              var d = L.LineUtil._sqClosestPointOnSegment(p, points[k - 1], points[k], true);
              if (d < least && wanted(line)) { least = d; best = line; }
            }
          });
        }
      }
      return best;
    };
    return W;
  };

  /* Where a track is at a time (or at a kilometre): all its columns, and the place among its points. */
  G.onTrack = function (T, value, by) {
    var axis = T[by || "t"], low = 0, high = axis.length - 1;
    while (low < high) {
      var middle = (low + high) >> 1;
      if (axis[middle] < value) low = middle + 1; else high = middle;
    }
    var b = low, a = Math.max(0, low - 1), span = axis[b] - axis[a];
    var part = span > 0 ? Math.max(0, Math.min(1, (value - axis[a]) / span)) : 1;
    function mix(column) { return column[a] + part * (column[b] - column[a]); }
    return { t: mix(T.t), km: mix(T.km), soc: T.soc ? mix(T.soc) : null, lat: mix(T.lat), lon: mix(T.lon),
      link: T.link[b], stop: T.stop[b], kmh: T.kmh[b], at: b };
  };
})();
