/* The dock at the foot of a map: a slider over steps of time, views, their key, bars by step. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, svg = G.svg, bind = G.bind;
  var EVERY_MS = 900, WIDTH = 480, HEIGHT = 64, HEAD = 12;

  /* A text that is put together in every language. */
  G.both = function (make) {
    var out = {}, was = G.language;
    G.languages.forEach(function (language) { G.language = language; out[language] = make(); });
    G.language = was;
    return out;
  };

  G.two = function (n) { return (n < 10 ? "0" : "") + n; };
  G.span = function (hour) { return G.two(hour) + ":00–" + G.two(hour + 1) + ":00"; };
  G.amount = function (value, unit, currency) {
    if (value === null || value === undefined || value !== value) return G.number(value);
    return (currency ? currency + "\u00a0" : "") + G.number(value) + (unit ? "\u00a0" + G.t(unit) : "");
  };

  function swatch(item) {
    var mark = el("span", "gf-swatch");
    mark.style.background = item.dash
      ? "repeating-linear-gradient(90deg," + item.colour + " 0 5px,transparent 5px 8px)" : item.colour;
    mark.style.height = Math.max(3, Math.min(9, item.width || 8)) + "px";
    if (item.mark) mark.classList.add("gf-swatch-" + item.mark);
    return mark;
  }

  /* The key of a view: unit, note and one entry for each colour. */
  G.keyStrip = function (view, note) {
    var box = el("div", "gf-strip"), list = el("ul");
    if (view.text) put(box, el("p", "gf-hint", view.text));
    if (view.unit) {
      put(box, put(el("div", "gf-unit"), el("span", "", view.unit), note ? el("span", "gf-scale-note", note) : null));
    }
    (view.items || []).forEach(function (item) {
      put(list, put(el("li"), swatch(item), el("span", "", item.label)));
    });
    return put(box, list);
  };

  function bars(spec, steps, choose) {
    var count = steps.length, step = WIDTH / count, most = 0, k;
    for (k = 0; k < count; k++) {
      var sum = 0;
      spec.series.forEach(function (one) { sum = spec.stacked ? sum + one.values[k] : Math.max(sum, one.values[k]); });
      most = Math.max(most, sum, spec.limit ? spec.limit.values[k] : 0);
    }
    function tall(value) { return most > 0 ? (HEIGHT - HEAD) * Math.max(0, value) / most : 0; }
    var picture = svg("svg", { viewBox: "0 0 " + WIDTH + " " + HEIGHT, preserveAspectRatio: "none",
      "class": "gf-bars", role: "img" });
    bind(picture, spec.label, "aria-label");
    var marker = svg("rect", { x: 0, y: 0, width: step, height: HEIGHT, "class": "gf-now" }), groups = [];
    picture.appendChild(marker);
    steps.forEach(function (name, k) {
      var base = HEIGHT, group = svg("g", {});
      spec.series.forEach(function (one, n) {
        var height = tall(one.values[k]), edge = step * 0.08;
        var inset = spec.stacked || !n ? edge : edge + step * 0.2;
        group.appendChild(svg("rect", { x: k * step + inset, width: step - 2 * inset, y: base - height,
          height: height, fill: one.colour }));
        if (spec.stacked) base -= height;
      });
      if (spec.limit) {
        var y = HEIGHT - tall(spec.limit.values[k]);
        group.appendChild(svg("path", { d: "M" + k * step + " " + y + "h" + step, stroke: spec.limit.colour,
          "stroke-width": 2, "vector-effect": "non-scaling-stroke", fill: "none" }));
      }
      var hit = svg("rect", { x: k * step, y: 0, width: step, height: HEIGHT, fill: "transparent", "data-step": k });
      var parts = spec.limit ? spec.series.concat(spec.limit) : spec.series;
      hit.appendChild(bind(svg("title", {}), G.both(function () {
        return [G.t(name)].concat(parts.map(function (one) {
          return G.t(one.label) + " " + G.amount(one.values[k], spec.unit, spec.currency);
        })).join("\n");
      })));
      hit.addEventListener("click", choose.bind(null, k));
      group.appendChild(hit);
      groups.push(group);
      picture.appendChild(group);
    });
    return {
      picture: picture, most: most,
      mark: function (at) {
        marker.setAttribute("width", at === null ? 0 : step);
        marker.setAttribute("x", (at || 0) * step);
        // full bars hide the marker: the others turn pale
        groups.forEach(function (group, k) {
          var pale = at !== null && (spec.upto ? k > at : spec.stacked && k !== at);
          group.setAttribute("opacity", pale ? (spec.upto ? 0.3 : 0.5) : 1);
        });
      }
    };
  }

  function caption(spec, words, most) {
    var box = put(el("div", "gf-caption"), el("span", "", spec.label));
    spec.series.concat(spec.limit || []).forEach(function (one) {
      put(box, put(el("span", "gf-series"), swatch({ colour: one.colour, width: one === spec.limit ? 3 : 9 }),
        el("span", "", one.label)));
    });
    return put(box, el("span", "gf-most", G.both(function () {
      return G.t(words.highest) + " " + G.amount(most, spec.unit, spec.currency);
    })));
  }

  function viewSwitch(views, shown, words, choose) {
    if (views.length < 2) return views.length ? el("span", "gf-view-name", views[0].label) : null;
    var set = el("fieldset", "gf-switch");
    put(set, el("legend", "gf-hidden", words.show));
    views.forEach(function (view, k) {
      var label = el("label"), input = el("input");
      input.type = "radio";
      input.name = "gf-view";
      input.value = String(k);
      input.checked = k === shown;
      input.addEventListener("change", choose.bind(null, k));
      put(set, put(label, input, el("span", "", view.label)));
    });
    return set;
  }

  /* spec: label and words (whole: all steps as one), steps, the one shown, ticks, bars, views.
     Without steps there is no slider, without bars none are drawn.
     on: step(place or null), view(place). */
  G.dock = function (map, spec, on) {
    var words = spec.words, last = spec.steps.length - 1, timer = null, now = spec.step;
    var box = el("section", "gf-hours"), play = el("button", "gf-play"), said = el("output", "gf-hour");
    var slider = el("input", "gf-slider"), strip = el("div"), chart = spec.bars ? bars(spec.bars, spec.steps, choose) : null;
    bind(box, spec.label, "aria-label");
    play.type = "button";
    slider.type = "range";
    slider.id = "gf-hour-slider";
    slider.min = 0;
    slider.max = last;
    slider.step = 1;
    slider.dataset.group = "hour";
    bind(slider, spec.label, "aria-label");
    said.htmlFor = slider.id;
    box.style.setProperty("--gf-steps", last + 1);
    function choose(step) { stop(); set(step); }
    var whole = null;
    if (words.whole) {
      whole = el("button", "gf-whole", words.whole);
      whole.type = "button";
      whole.addEventListener("click", function () { choose(now === null ? Number(slider.value) : null); });
    }
    var ticks = el("div", "gf-ticks"), tools = el("div", "gf-dock-tools");
    if (spec.each) ticks.classList.add("gf-each");
    spec.ticks.forEach(function (text) { put(ticks, el("span", "", text)); });
    put(tools, viewSwitch(spec.views, spec.view, words, function (view) { on.view(view); arrange(); }));
    var head = el("div", "gf-hours-head"), timed = spec.steps.length > 1;
    put(box, timed ? put(head, play, said, whole, tools) : put(head, tools), strip);
    if (chart) put(box, caption(spec.bars, words, chart.most), chart.picture);
    if (timed) put(box, slider, ticks);
    slider.addEventListener("input", function () { choose(Number(slider.value)); });
    play.addEventListener("click", function () {
      if (timer) { stop(); return; }
      timer = window.setInterval(function () { set(now === null || now === last ? 0 : now + 1); }, EVERY_MS);
      named();
    });
    // written anew at every step: not bound, as that would keep each step's words
    function say() {
      var name = G.t(now === null ? words.whole : spec.steps[now]) || "";
      slider.setAttribute("aria-valuetext", name);
      said.textContent = name;
    }
    function named() {
      play.textContent = timer ? "❚❚" : "▶";
      var name = G.t(timer ? words.pause : words.play);
      play.setAttribute("aria-label", name);
      play.title = name;
    }
    G.onLanguage(function () { named(); say(); });
    function stop() {
      if (timer) window.clearInterval(timer);
      timer = null;
      named();
    }
    function set(step) {
      now = step;
      if (step !== null) slider.value = String(step);
      if (whole) whole.setAttribute("aria-pressed", String(step === null));
      say();
      if (chart) chart.mark(step);
      on.step(step);
      arrange();
    }
    function arrange() {
      document.documentElement.style.setProperty("--gf-hours", box.offsetHeight + "px");
      var head = document.querySelector(".gf-panel summary");
      if (head) document.documentElement.style.setProperty("--gf-head", head.offsetHeight + "px");
    }
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    document.body.insertBefore(box, G.holder(map).nextSibling);
    document.body.classList.add("gf-by-hour");
    new ResizeObserver(arrange).observe(box);
    G.foot = function () { return G.comparing ? 20 : box.offsetHeight + 20; };
    named();
    return {
      box: box, tools: tools, set: set, stop: stop,
      playing: function () { return timer !== null; },
      key: function (node) { strip.replaceChildren(node); arrange(); }
    };
  };
})();
