/* Packed lines: from text in the page to typed arrays. The counterpart of geofleet.maps.packed. */
(function () {
  "use strict";
  var G = window.geofleet, FIRST = 2, HOURS = 24, PARTS = 16;

  /* Two of 91 letters hold thirteen bits, lowest first; a single one at the end six. */
  var places = new Uint8Array(127);
  for (var code = 32, place = 0; code < 127; code++) if ('"\\<>'.indexOf(String.fromCharCode(code)) < 0) places[code] = place++;

  function bytesOf(text) {
    var pairs = text.length >> 1, single = text.length & 1, out = new Uint8Array((13 * pairs + 6 * single) >> 3);
    var held = 0, bits = 0, at = 0;
    for (var i = 0; i < 2 * pairs; i += 2) {
      held |= (places[text.charCodeAt(i)] + 91 * places[text.charCodeAt(i + 1)]) << bits;
      bits += 13;
      while (bits > 7) {
        out[at++] = held;
        held >>>= 8;
        bits -= 8;
      }
    }
    if (single) out[at] = held | places[text.charCodeAt(2 * pairs)] << bits;
    return out;
  }

  function inflated(text) {
    if (typeof DecompressionStream === "undefined") return Promise.reject(new Error("too old"));
    var stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).arrayBuffer().then(function (buffer) { return new Uint8Array(buffer); });
  }

  function reader(bytes) {
    var at = 0;
    function next() {
      var byte = bytes[at++], value = byte & 127, scale = 128;
      while (byte > 127) {
        byte = bytes[at++];
        value += (byte & 127) * scale;
        scale *= 128;
      }
      return value;
    }
    return {
      next: next,
      step: function () { var v = next(); return v % 2 ? -(v + 1) / 2 : v / 2; },
      slice: function (length) { at += length; return bytes.subarray(at - length, at); }
    };
  }

  /* Rows own parts from parts[row] to partsEnd[row]; a part owns points from starts[part] on. */
  function paths(bytes, count, degrees) {
    var read = reader(bytes), heads = new Int32Array(count), total = 0, row, part;
    for (row = 0; row < count; row++) total += heads[row] = read.next();
    var counts = new Int32Array(total), points = 0, parts = 0;
    for (part = 0; part < total; part++) {
      points += counts[part] = read.next();
      if (counts[part]) parts++;
    }
    var from = new Int32Array(count), to = new Int32Array(count), starts = new Int32Array(parts + 1);
    var at = 0, own = 0, stored = 0;
    for (row = 0; row < count; row++) {
      if (heads[row] === 1 && counts[at] === 0) {
        from[row] = from[row - 1];
        to[row] = to[row - 1];
        at++;
        continue;
      }
      from[row] = own;
      for (part = 0; part < heads[row]; part++) {
        starts[own++] = stored;
        stored += counts[at++];
      }
      to[row] = own;
    }
    starts[own] = stored;
    var lon = new Float64Array(points), lat = new Float64Array(points), i, here;
    for (i = 0, here = 0; i < points; i++) lon[i] = (here += read.step()) * degrees;
    for (i = 0, here = 0; i < points; i++) lat[i] = (here += read.step()) * degrees;
    return { from: from, to: to, starts: starts, lon: lon, lat: lat };
  }

  function texts(bytes, columns, count) {
    var read = reader(bytes);
    var table = JSON.parse(new TextDecoder().decode(read.slice(read.next()))), out = { table: table };
    columns.forEach(function (name) {
      var places = new Int32Array(count), here = 0;
      for (var row = 0; row < count; row++) places[row] = (here += read.step());
      out[name] = places;
    });
    return out;
  }

  function digits(bytes, spec, count) {
    var codes = new Uint16Array(count), row, here = 0;
    for (row = 0; row < count; row++) {
      var code = bytes[row] | (bytes[count + row] << 8);
      codes[row] = spec.steps ? (here = (here + code) & 65535) : code;
    }
    var top = 0;
    for (row = 0; row < count; row++) if (codes[row] > top) top = codes[row];
    var values = new Float64Array(Math.max(top + 1, 3)), lead = Math.pow(10, spec.digits - 1), per = 9 * lead;
    values[0] = values[1] = NaN;
    for (code = 3; code <= top; code++) {
      var k = spec.signed ? (code - 3) >> 1 : code - 3;
      var value = Number(lead + (k % per) + "e" + (spec.lowest + Math.floor(k / per)));
      values[code] = spec.signed && (code - 3) & 1 ? -value : value;
    }
    return { codes: codes, values: values };
  }

  function classOf(breaks, size) {
    var k = 0;
    while (k < breaks.length && size >= breaks[k]) k++;
    return k;
  }

  /* Class of each code: 0 nothing, 1 unknown, 2 and on the classes. */
  function classes(values, breaks, signed) {
    var out = new Uint8Array(values.length);
    for (var code = FIRST; code < values.length; code++) {
      var size = classOf(breaks, Math.abs(values[code]));
      out[code] = FIRST + (!signed ? size : breaks.length + (values[code] < 0 ? -size : size));
    }
    out[1] = 1;
    return out;
  }

  function wholePlane(spec, kind, bytes, count) {
    if (kind === "category") return statesPlane(bytes, spec.labels.length);
    var plane = digits(bytes, spec, count);
    plane.klass = classes(plane.values, spec.breaks, kind === "change");
    return plane;
  }

  function statesPlane(codes, states) {
    var values = new Float64Array(states + FIRST), klass = new Uint8Array(states + FIRST);
    for (var k = 0; k < values.length; k++) {
      values[k] = k < FIRST ? NaN : k - FIRST;
      klass[k] = k;
    }
    return { codes: codes, values: values, klass: klass };
  }

  // how many edges a value reaches
  function stepOf(edges, value) {
    var low = 0, high = edges.length;
    while (low < high) {
      var middle = (low + high) >> 1;
      if (edges[middle] <= value) low = middle + 1; else high = middle;
    }
    return low;
  }

  function dayValue(plane, row) {
    var code = plane.codes[row];
    return code === 0 ? 0 : plane.values[code];
  }

  /* What another variable (or the day) is told to be, by code. */
  function toldBy(other) {
    var told = new Float64Array(FIRST + other.sizes.length);
    told[1] = NaN;
    other.sizes.forEach(function (size, k) { told[FIRST + k] = size === null ? NaN : size; });
    if (other.sizes[0] === null) told[FIRST] = other.edges[0] * 0.5;
    return told;
  }

  /* Codes from what they are more than foretold: those about equally foretold lie together, by the
     code foretold and how many sixteenths of its step lie below (geofleet.maps.packed.hourly). */
  function foretold(spec, left, count, whole, other) {
    var how = spec.foretold, codes = new Uint8Array(count * HOURS), row, hour, at, value;
    var edges = Float64Array.from(spec.edges), top = edges.length, told = other && toldBy(other);
    var like = new Uint16Array(count * HOURS), next = new Int32Array(256 * PARTS);
    for (row = 0, at = 0; row < count; row++) {
      var day = dayValue(whole, row), ratio = other ? day / dayValue(other.whole, row) : 0;
      for (hour = 0; hour < HOURS; hour++, at++) {
        value = other ? told[other.codes[hour * count + row]] * ratio : day * how.shares[hour];
        if (value > 0) {
          var step = stepOf(edges, value), low = step ? edges[step - 1] : 0;
          var part = Math.floor((step === top ? 1 - low / value : (value - low) / (edges[step] - low)) * PARTS);
          like[at] = (FIRST + step) * PARTS + (part < PARTS ? part : PARTS - 1);
        } else like[at] = value !== value ? PARTS : 0;
        next[like[at]]++;
      }
    }
    for (var k = 0, sum = 0; k < next.length; k++) { sum += next[k]; next[k] = sum - next[k]; }
    for (row = 0, at = 0; row < count; row++) {
      for (hour = 0; hour < HOURS; hour++, at++) {
        codes[hour * count + row] = (left[next[like[at]]++] + like[at] / PARTS) & 255;
      }
    }
    return codes;
  }

  /* The same row by row, where no value is foretold. */
  function plain(left, count, before) {
    var codes = new Uint8Array(count * HOURS);
    for (var row = 0, at = 0; row < count; row++) {
      var last = 0;
      for (var hour = 0; hour < HOURS; hour++, at++) {
        var code = (left[at] + last) & 255;
        codes[hour * count + row] = code;
        if (before) last = code;
      }
    }
    return codes;
  }

  /* One plane for each hour: codes[hour * count + row]. */
  function hourPlane(spec, kind, left, count, whole, other) {
    var how = spec.foretold.kind, edges = spec.edges && Float64Array.from(spec.edges);
    var codes = how === "by" || how === "shares" ? foretold(spec, left, count, whole, other)
      : plain(left, count, how === "before");
    if (kind === "category") return statesPlane(codes, spec.labels.length);
    var signed = kind === "change", n = edges.length, size = signed ? 2 * n + 1 : n + 1;
    var values = new Float64Array(FIRST + size), klass = new Uint8Array(FIRST + size);
    values[0] = values[1] = NaN;
    klass[1] = 1;
    for (var k = 0; k < size; k++) {
      var step = signed ? Math.abs(k - n) : k, sign = signed && k < n ? -1 : 1;
      var told_ = spec.sizes[step], reached = step ? classOf(spec.breaks, edges[step - 1]) : 0;
      values[FIRST + k] = told_ === null ? NaN : sign * told_;
      klass[FIRST + k] = FIRST + (signed ? spec.breaks.length + sign * reached : reached);
    }
    return { codes: codes, values: values, klass: klass, edges: spec.edges, sizes: spec.sizes };
  }

  G.unpackLines = {
    inflated: inflated, paths: paths, texts: texts, digits: digits, wholePlane: wholePlane,
    hourPlane: hourPlane, classOf: classOf, HOURS: HOURS, FIRST: FIRST
  };
})();
