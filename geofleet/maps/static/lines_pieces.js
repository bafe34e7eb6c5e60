/* Rows that share streets: each piece of street is drawn once, so that the routes of thousands of
   vehicles take no longer than the streets that they pass. */
(function () {
  "use strict";
  var G = window.geofleet, LEAST = 4096;

  /* Number the pieces of all rows, from point to point; equal ones, in either direction, have one
     number. `id[i]` is that of the piece from point i to the next of its part, or of a part of one
     point; -1 at the end of a part. */
  G.pieces = function (lines) {
    if (lines.pieces) return lines.pieces;
    // equal points are equal to the bit
    var x = new Int32Array(lines.x.buffer), y = new Int32Array(lines.y.buffer);
    var id = new Int32Array(x.length).fill(-1), count = 0, size = LEAST;
    var table = new Int32Array(size), a = new Int32Array(size), b = new Int32Array(size);

    function place(i, j) {
      var h = Math.imul(x[i], 0x9e3779b1) ^ Math.imul(y[i], 0x85ebca6b);
      h = Math.imul(h ^ h >>> 15, 0xc2b2ae35) ^ Math.imul(x[j], 0x27d4eb2f) ^ Math.imul(y[j], 0x165667b1);
      h = Math.imul(h ^ h >>> 13, 0x9e3779b1);
      return (h ^ h >>> 16) & (size - 1);
    }
    function longer(items) {
      var out = new Int32Array(size);
      out.set(items);
      return out;
    }
    function grow() {
      size *= 2;
      a = longer(a);
      b = longer(b);
      table = new Int32Array(size);
      for (var k = 0; k < count; k++) {
        var at = place(a[k], b[k]);
        while (table[at]) at = (at + 1) & (size - 1);
        table[at] = k + 1;
      }
    }
    function numbered(i, j) {
      if (x[i] > x[j] || (x[i] === x[j] && y[i] > y[j])) { var other = i; i = j; j = other; }
      var at = place(i, j), k;
      while ((k = table[at] - 1) >= 0) {
        if (x[a[k]] === x[i] && y[a[k]] === y[i] && x[b[k]] === x[j] && y[b[k]] === y[j]) return k;
        at = (at + 1) & (size - 1);
      }
      a[count] = i;
      b[count] = j;
      table[at] = ++count;
      if (2 * count > size) grow();
      return count - 1;
    }
    for (var part = 0; part + 1 < lines.starts.length; part++) {
      var first = lines.starts[part], last = lines.starts[part + 1] - 1;
      if (first === last) id[first] = numbered(first, first);
      for (var i = first; i < last; i++) id[i] = numbered(i, i + 1);
    }
    lines.pieces = { id: id, count: count };
    return lines.pieces;
  };

  /* Which pieces are drawn in which class: each once, and not where a broader or equal stroke
     without gaps hides it. `codes` is the class of each row, 0 for none; `order` has the classes
     from the lowest to the top, `looks` their looks. Class k has the points from[k] to to[k] of
     `points`, each the first of its piece (~i: a part of one point), along the rows. */
  G.chosenPieces = function (lines, codes, order, looks) {
    var id = G.pieces(lines).id, hidden = new Float32Array(lines.pieces.count).fill(-1), done = new Uint8Array(hidden.length);
    var rows = [], room = 0, from = [], to = [], found = 0, row;
    looks.forEach(function (_, k) { rows[k] = []; });
    for (row = 0; row < lines.count; row++) {
      if (!codes[row]) continue;
      rows[codes[row]].push(row);
      room += lines.starts[lines.to[row]] - lines.starts[lines.from[row]];
    }
    var points = new Int32Array(room);
    order.slice().reverse().forEach(function (k) {
      var width = Math.fround(looks[k].width), solid = !(looks[k].dash && looks[k].dash.length > 1);
      from[k] = found;
      rows[k].forEach(function (row) {
        for (var part = lines.from[row]; part < lines.to[row]; part++) {
          var i = lines.starts[part], last = lines.starts[part + 1] - 1, single = i === last;
          for (; i < last || single; i++) {
            var piece = id[i];
            if (hidden[piece] < width && done[piece] !== k) {
              done[piece] = k;
              if (solid) hidden[piece] = width;
              points[found++] = single ? ~i : i;
            }
            if (single) break;
          }
        }
      });
      to[k] = found;
    });
    return { points: points.slice(0, found), from: from, to: to };
  };
})();
