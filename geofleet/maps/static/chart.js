/* The charge of a day as a curve: reserve, stops, what was charged, and where the vehicle is. */
(function () {
  "use strict";
  var G = window.geofleet, svg = G.svg, bind = G.bind;
  var WIDTH = 360, HEIGHT = 150, LEFT = 40, RIGHT = 10, TOP = 10, BOTTOM = 30;

  function niceStep(span, most) {
    var steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], k = 0;
    while (k < steps.length - 1 && span / steps[k] > most) k++;
    return steps[k];
  }

  /* T: track; day: {stops: [{at (point), soc, failing}], sessions: [{from, to}], reserve}; W: words.
     on: {set(value), hover(value or null)} by the axis that is shown. */
  G.chargeChart = function (T, day, W, on) {
    var picture = svg("svg", { viewBox: "0 0 " + WIDTH + " " + HEIGHT, "class": "gf-chart", role: "img" });
    var axis = "t", first, last, low = 0, still = svg("g", {}), cursor = svg("g", { "class": "gf-cursor" });
    var ghost = svg("g", { "class": "gf-ghost", visibility: "hidden" });
    var ghostLine = svg("line", { y1: TOP, y2: HEIGHT - BOTTOM }), ghostText = svg("text", {});
    ghost.appendChild(ghostLine);
    ghost.appendChild(ghostText);
    T.soc.forEach(function (value) { if (value < low) low = value; });
    low = Math.floor(low * 4) / 4;
    function x(value) { return LEFT + (WIDTH - LEFT - RIGHT) * (last > first ? (value - first) / (last - first) : 0); }
    function y(soc) { return TOP + (HEIGHT - TOP - BOTTOM) * (1 - soc) / (1 - low); }
    function text(at, up, words, anchor, className) {
      var node = svg("text", { x: at, y: up, "text-anchor": anchor, "class": className || "" });
      still.appendChild(bind(node, words));
    }
    function ticks() {
      var span = last - first, k, step;
      if (axis === "t") {
        step = [900, 1800, 3600, 7200, 10800, 14400].find(function (s) { return span / s <= 6; }) || 21600;
        for (k = Math.ceil(first / step) * step; k <= last; k += step) tick(k, G.clock(k));
        return;
      }
      step = niceStep(span, 6);
      for (k = 0; k <= last; k += step) tick(k, G.quantity(k, k + step > last ? "km" : ""));
    }
    function tick(value, words) {
      still.appendChild(svg("line", { x1: x(value), x2: x(value), y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 4, "class": "gf-axis" }));
      var at = x(value);
      text(at, HEIGHT - BOTTOM + 15, words, at > WIDTH - 30 ? "end" : "middle");
    }
    function curve(from, to) {
      var path = "", k, a, b = -9;
      for (k = from; k <= to; k++) {
        a = x(T[axis][k]);
        // points that share a pixel say nothing more
        if (k > from && k < to && a - b < 0.5 && Math.abs(T.soc[k] - T.soc[k - 1]) < 0.004) continue;
        path += (path ? "L" : "M") + a.toFixed(1) + " " + y(T.soc[k]).toFixed(1);
        b = a;
      }
      return path;
    }
    function draw() {
      still.replaceChildren();
      first = T[axis][0];
      last = T[axis][T.t.length - 1];
      (low < 0 ? [1, 0.5, 0, low] : [1, 0.75, 0.5, 0.25, 0]).forEach(function (value) {
        still.appendChild(svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value),
          "class": value === 0 ? "gf-zero" : "gf-grid" }));
        text(LEFT - 5, y(value) + 4, G.share(value), "end");
      });
      ticks();
      var path = curve(0, T.t.length - 1), foot = y(low).toFixed(1);
      still.appendChild(svg("path", { d: path + "L" + x(last).toFixed(1) + " " + foot + "L" + x(first).toFixed(1) + " " + foot + "Z",
        "class": "gf-area" }));
      still.appendChild(svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(day.reserve), y2: y(day.reserve), "class": "gf-reserve" }));
      text(LEFT + 3, y(day.reserve) - 4, W.words.reserve, "start", "gf-reserve-name");
      still.appendChild(svg("path", { d: path, "class": "gf-charge" }));
      day.sessions.forEach(function (one) {
        still.appendChild(svg("path", { d: curve(one.from, one.to), "class": "gf-session" }));
      });
      day.stops.forEach(function (stop) {
        var at = x(T[axis][stop.at]), up = y(stop.soc);
        still.appendChild(svg("line", { x1: at, x2: at, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM - 6, "class": "gf-stop-tick" }));
        if (stop.failing) {
          still.appendChild(svg("path", { d: "M" + at + " " + (up - 7) + "l7 7l-7 7l-7 -7z", "class": "gf-failing" }));
        }
      });
    }
    [still, ghost, cursor].forEach(function (part) { picture.appendChild(part); });
    var line = svg("line", { y1: TOP, y2: HEIGHT - BOTTOM }), dot = svg("circle", { r: 5 });
    cursor.appendChild(line);
    cursor.appendChild(dot);
    function valueAt(event) {
      var box = picture.getBoundingClientRect();
      var at = (event.clientX - box.left) / box.width * WIDTH;
      var share = (at - LEFT) / (WIDTH - LEFT - RIGHT);
      return first + Math.max(0, Math.min(1, share)) * (last - first);
    }
    picture.addEventListener("pointerdown", function (event) {
      picture.setPointerCapture(event.pointerId);
      on.set(valueAt(event));
      event.preventDefault();
    });
    picture.addEventListener("pointermove", function (event) {
      var value = valueAt(event);
      if (event.buttons & 1) on.set(value);
      var at = x(value), there = G.onTrack(T, value, axis), after = at < WIDTH - 110;
      ghostLine.setAttribute("x1", at);
      ghostLine.setAttribute("x2", at);
      ghostText.setAttribute("x", after ? at + 4 : at - 4);
      // clear of the curve and of the reserve
      ghostText.setAttribute("y", y(there.soc > 0.55 ? 0.35 : 0.85));
      ghostText.setAttribute("text-anchor", after ? "start" : "end");
      ghostText.textContent = [axis === "t" ? G.clock(value) : G.t(G.quantity(value, "km")), G.t(G.share(there.soc, 1))].join(" · ");
      ghost.setAttribute("visibility", "visible");
      on.hover(value);
    });
    picture.addEventListener("pointerleave", function () {
      ghost.setAttribute("visibility", "hidden");
      on.hover(null);
    });
    draw();
    return {
      picture: picture,
      axis: function (name) { axis = name; draw(); },
      mark: function (state) {
        var at = x(state[axis]), up = y(state.soc);
        line.setAttribute("x1", at);
        line.setAttribute("x2", at);
        dot.setAttribute("cx", at);
        dot.setAttribute("cy", up);
      }
    };
  };
})();
