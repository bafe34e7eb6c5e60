/* Drawing of packed lines: smooth strokes straight into pixels, so that a city takes milliseconds
   in any browser, with or without a graphics processor. */
(function () {
  "use strict";
  var G = window.geofleet, BLOCK = 256, SMALL = 4, DOT = 1.5;

  /* Lines on the plane of a map at zoom 0, from a corner of their own, with boxes to look up. */
  G.projected = function (paths, count, crs) {
    var n = paths.lon.length, x = new Float32Array(n), y = new Float32Array(n), i;
    var mercator = crs === L.CRS.EPSG3857;
    function project(lat, lon) {
      if (!mercator) return crs.latLngToPoint(L.latLng(lat, lon), 0);
      var sine = Math.sin(Math.max(-85.0511287798, Math.min(85.0511287798, lat)) * Math.PI / 180);
      return { x: 256 * (lon / 360 + 0.5), y: 128 - 64 * Math.log((1 + sine) / (1 - sine)) / Math.PI };
    }
    // one from the middle of the rows, which is hardly the one that lies far off: short floats are
    // exact to a pixel near the corner only
    var some = n >> 1, corner = n ? project(paths.lat[some], paths.lon[some]) : { x: 0, y: 0 };
    for (i = 0; i < n; i++) {
      var p = project(paths.lat[i], paths.lon[i]);
      x[i] = p.x - corner.x;
      y[i] = p.y - corner.y;
    }
    var box = new Float32Array(4 * count), blocks = Math.ceil(count / BLOCK);
    var around = new Float32Array(4 * blocks);
    for (i = 0; i < around.length; i++) around[i] = i % 4 < 2 ? Infinity : -Infinity;
    for (var row = 0; row < count; row++) {
      var w = Infinity, s = Infinity, e = -Infinity, t = -Infinity;
      for (i = paths.starts[paths.from[row]]; i < paths.starts[paths.to[row]]; i++) {
        if (x[i] < w) w = x[i];
        if (x[i] > e) e = x[i];
        if (y[i] < s) s = y[i];
        if (y[i] > t) t = y[i];
      }
      var at = 4 * row, of = 4 * Math.floor(row / BLOCK);
      box[at] = w; box[at + 1] = s; box[at + 2] = e; box[at + 3] = t;
      around[of] = Math.min(around[of], w);
      around[of + 1] = Math.min(around[of + 1], s);
      around[of + 2] = Math.max(around[of + 2], e);
      around[of + 3] = Math.max(around[of + 3], t);
    }
    return { x: x, y: y, box: box, around: around, corner: corner, count: count,
      from: paths.from, to: paths.to, starts: paths.starts };
  };

  /* Call use(row) for each row whose box meets a window of the plane. */
  G.rowsWithin = function (lines, west, north, east, south, use) {
    var box = lines.box, around = lines.around;
    for (var b = 0; 4 * b < around.length; b++) {
      var of = 4 * b;
      if (!(around[of] <= east && around[of + 2] >= west && around[of + 1] <= south && around[of + 3] >= north)) continue;
      var end = Math.min(lines.count, (b + 1) * BLOCK);
      for (var row = b * BLOCK; row < end; row++) {
        var at = 4 * row;
        if (box[at] <= east && box[at + 2] >= west && box[at + 1] <= south && box[at + 3] >= north) use(row);
      }
    }
  };

  /* About how many rows a window of the plane meets: all of those that lie together with one. */
  G.rowsAbout = function (lines, west, north, east, south) {
    var around = lines.around, blocks = 0;
    for (var of = 0; of < around.length; of += 4) {
      if (around[of] <= east && around[of + 2] >= west && around[of + 1] <= south && around[of + 3] >= north) blocks++;
    }
    return Math.min(lines.count, blocks * BLOCK);
  };

  function rgb(colour) {
    var n = parseInt(colour.slice(1), 16);
    return (n & 255) << 16 | (n & 0xff00) | n >> 16;
  }

  /* A sheet of pixels, transparent at first. */
  G.sheet = function (width, height) {
    var pixels = new Uint32Array(width * height), stamps = new Uint8Array(width * height);
    var ink = 0, full = 0, reach = 1, dash = null, period = 0, run = 0, stamp = 0, twin = -1;
    var round = [], edge = 0;

    function over(at, alpha) {
      var below = pixels[at];
      if (alpha === 255 || below === 0) { pixels[at] = (alpha << 24 | ink) >>> 0; return; }
      var under = below >>> 24;
      if ((below & 0xffffff) === ink) {
        if (alpha > under) pixels[at] = (alpha << 24 | ink) >>> 0;
        return;
      }
      var rest = under * (255 - alpha) / 255, sum = alpha + rest;
      var r = ((ink & 255) * alpha + (below & 255) * rest) / sum;
      var g = ((ink >> 8 & 255) * alpha + (below >> 8 & 255) * rest) / sum;
      var b = ((ink >> 16 & 255) * alpha + (below >> 16 & 255) * rest) / sum;
      pixels[at] = (sum << 24 | (b & 255) << 16 | (g & 255) << 8 | r & 255) >>> 0;
    }

    function dot(x, y) {
      var x0 = Math.max(0, Math.ceil(x - reach)), x1 = Math.min(width - 1, Math.floor(x + reach));
      var y0 = Math.max(0, Math.ceil(y - reach)), y1 = Math.min(height - 1, Math.floor(y + reach));
      for (var v = y0; v <= y1; v++) {
        for (var u = x0; u <= x1; u++) {
          var cover = reach - Math.sqrt((u - x) * (u - x) + (v - y) * (v - y));
          if (cover > 0) over(v * width + u, cover >= 1 ? 255 : cover * 255 | 0);
        }
      }
    }

    /* Offsets and cover of a dot in the middle of a pixel: worked out once for each pen. */
    function stencil() {
      round = [];
      edge = Math.floor(reach);
      for (var v = -edge; v <= edge; v++) {
        for (var u = -edge; u <= edge; u++) {
          var cover = reach - Math.sqrt(u * u + v * v);
          if (cover > 0) round.push(v * width + u, cover >= 1 ? 255 : cover * 255 | 0);
        }
      }
    }

    function spot(u, v) {
      if (u < edge || v < edge || u >= width - edge || v >= height - edge) { dot(u, v); return; }
      for (var i = 0, at = v * width + u; i < round.length; i += 2) {
        if (round[i + 1] === 255) pixels[at + round[i]] = full;
        else over(at + round[i], round[i + 1]);
      }
    }

    /* One straight stroke with round ends; `across` is whether it is rather flat than steep. Where it
       is joined to the one before, that one's end has drawn the beginning. */
    function stroke(x0, y0, x1, y1, joined) {
      var dx = x1 - x0, dy = y1 - y0, length = Math.sqrt(dx * dx + dy * dy);
      if (length < 1e-6) { dot(x0, y0); return; }
      var across = Math.abs(dx) >= Math.abs(dy);
      // along: the axis of many steps; aside: the other
      var a0 = across ? x0 : y0, b0 = across ? y0 : x0, da = across ? dx : dy, db = across ? dy : dx;
      var limit = across ? width : height, other = across ? height : width;
      var stepA = across ? 1 : width, stepB = across ? width : 1;
      var from = Math.max(0, Math.ceil(da > 0 ? a0 - (joined ? 0 : reach) : a0 + da - reach));
      var to = Math.min(limit - 1, Math.floor(da > 0 ? a0 + da + reach : a0 + (joined ? 0 : reach)));
      var slope = db / da, slant = Math.abs(da) / length, span = reach / slant, square = length * length;
      for (var a = from; a <= to; a++) {
        var middle = b0 + (a - a0) * slope;
        var low = Math.max(0, Math.ceil(middle - span)), high = Math.min(other - 1, Math.floor(middle + span));
        for (var b = low; b <= high; b++) {
          var t = ((a - a0) * da + (b - b0) * db) / square, cover;
          if (t < 0 || t > 1) {
            var ea = a - (t < 0 ? a0 : a0 + da), eb = b - (t < 0 ? b0 : b0 + db);
            cover = reach - Math.sqrt(ea * ea + eb * eb);
          } else cover = reach - Math.abs(b - middle) * slant;
          if (cover <= 0 || (dash && (run + t * length) % period >= dash)) continue;
          if (cover >= 1) pixels[a * stepA + b * stepB] = full;
          else over(a * stepA + b * stepB, cover * 255 | 0);
        }
      }
      run += length;
    }

    return {
      pixels: pixels,
      clear: function () { pixels.fill(0); stamps.fill(0); stamp = 0; },
      /* Choose colour, width in pixels and dash (drawn, left out) of what comes. */
      pen: function (colour, thick, dashes) {
        ink = rgb(colour);
        full = (255 << 24 | ink) >>> 0;
        twin = -1;
        reach = thick / 2 + 0.5;
        dash = dashes ? dashes[0] : null;
        period = dashes ? dashes[0] + dashes[1] : 0;
        stencil();
        stamp++;
      },
      /* Draw one row of lines at a scale, moved by tx, ty. */
      row: function (lines, row, scale, tx, ty) {
        // the other direction of the line drawn just now
        if (lines.from[row] === twin) return;
        twin = lines.from[row];
        var box = lines.box, at = 4 * row;
        var wide = (box[at + 2] - box[at]) * scale, tall = (box[at + 3] - box[at + 1]) * scale;
        var small = wide < SMALL && tall < SMALL;
        if (small) {
          // a few pixels at most: one of a class for each pixel, and hardly more than one is a dot
          var u = (box[at] * scale + tx + wide / 2) | 0, v = (box[at + 1] * scale + ty + tall / 2) | 0;
          if (u >= 0 && v >= 0 && u < width && v < height) {
            if (stamps[v * width + u] === stamp) return;
            stamps[v * width + u] = stamp;
          }
          if (wide < DOT && tall < DOT) { spot(u, v); return; }
        }
        var x = lines.x, y = lines.y;
        for (var part = lines.from[row]; part < lines.to[row]; part++) {
          var i = lines.starts[part], last = lines.starts[part + 1] - 1;
          var px = x[i] * scale + tx, py = y[i] * scale + ty;
          run = 0;
          var joined = false;
          if (small) i = last - 1;
          for (i++; i <= last; i++) {
            var qx = x[i] * scale + tx, qy = y[i] * scale + ty;
            if (i < last && Math.abs(qx - px) < 1.2 && Math.abs(qy - py) < 1.2) continue;
            stroke(px, py, qx, qy, joined);
            joined = true;
            px = qx;
            py = qy;
          }
        }
      },
      /* Draw the pieces of a class (see G.chosenPieces); those that follow each other are joined. */
      pieces: function (lines, chosen, k, scale, tx, ty) {
        var points = chosen.points, to = chosen.to[k];
        var x = lines.x, y = lines.y, px = 0, py = 0, qx = 0, qy = 0, before = -2, left = false, joined = false;
        // a few pixels that nothing leads to: one of a class for each pixel
        function speck(u, v) {
          u |= 0;
          v |= 0;
          if (u < 0 || v < 0 || u >= width || v >= height || stamps[v * width + u] === stamp) return;
          stamps[v * width + u] = stamp;
          spot(u, v);
        }
        function end() {
          if (left && joined) stroke(px, py, qx, qy, true);
          else if (left) speck((px + qx) / 2, (py + qy) / 2);
          left = false;
        }
        for (var j = chosen.from[k]; j < to; j++) {
          var i = points[j];
          if (i < 0) {
            end();
            before = -2;
            speck(x[~i] * scale + tx, y[~i] * scale + ty);
            continue;
          }
          if (i !== before + 1) {
            end();
            px = x[i] * scale + tx;
            py = y[i] * scale + ty;
            run = 0;
            joined = false;
          }
          before = i;
          qx = x[i + 1] * scale + tx;
          qy = y[i + 1] * scale + ty;
          left = Math.abs(qx - px) < 1.2 && Math.abs(qy - py) < 1.2;
          if (left) continue;
          if (Math.max(px, qx) < -reach || Math.max(py, qy) < -reach ||
              Math.min(px, qx) > width + reach || Math.min(py, qy) > height + reach) {
            run += Math.sqrt((qx - px) * (qx - px) + (qy - py) * (qy - py));
            joined = false;
          } else {
            stroke(px, py, qx, qy, joined);
            joined = true;
          }
          px = qx;
          py = qy;
        }
        end();
      }
    };
  };

  /* Distance from a point to a row of lines, squared, on the plane. */
  G.distance = function (lines, row, px, py) {
    var best = Infinity, x = lines.x, y = lines.y;
    for (var part = lines.from[row]; part < lines.to[row]; part++) {
      for (var i = lines.starts[part]; i < lines.starts[part + 1]; i++) {
        var j = Math.min(i + 1, lines.starts[part + 1] - 1);
        var dx = x[j] - x[i], dy = y[j] - y[i], square = dx * dx + dy * dy;
        var t = square ? ((px - x[i]) * dx + (py - y[i]) * dy) / square : 0;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        var ex = px - x[i] - t * dx, ey = py - y[i] - t * dy;
        best = Math.min(best, ex * ex + ey * ey);
      }
    }
    return best;
  };
})();
