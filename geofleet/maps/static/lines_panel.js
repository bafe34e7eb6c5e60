/* Controls of packed lines: variable, hour with play, legend, worst links. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, bind = G.bind, svg = G.svg;
  var HOURS = 24, EVERY_MS = 900, made = 0;

  function words(name) { return G.words.lines[name]; }

  function legendOf(layer, holder) {
    var legend = layer.legend(), list = el("ul");
    holder.replaceChildren();
    if (legend.text) put(holder, el("p", "gf-hint", legend.text));
    if (legend.unit) put(holder, el("div", "gf-unit", legend.unit));
    legend.items.forEach(function (item) {
      var picture = svg("svg", { viewBox: "0 0 28 12", width: 28, height: 12, "aria-hidden": "true" });
      picture.appendChild(svg("line", { x1: 1, x2: 27, y1: 6, y2: 6, stroke: item.colour,
        "stroke-width": Math.max(1.5, item.width), "stroke-dasharray": item.dash || "none" }));
      put(list, put(el("li"), picture, el("span", "", item.label)));
    });
    put(holder, list);
  }

  function chooser(layers, group, id) {
    var first = layers[0];
    if (first.variables.length < 2) return null;
    var box = el("div", "gf-lines-choice"), label = el("label", "gf-label", group.label || words("colour_by"));
    var select = el("select"), heads = new Map();
    label.htmlFor = select.id = id + "-variable";
    select.dataset.group = group.name;
    first.variables.forEach(function (variable) {
      var item = el("option", "", variable.label), parent = select;
      item.value = variable.name;
      if (variable.group) {
        var key = JSON.stringify(variable.group);
        if (!heads.has(key)) {
          heads.set(key, bind(document.createElement("optgroup"), variable.group, "label"));
          select.appendChild(heads.get(key));
        }
        parent = heads.get(key);
      }
      parent.appendChild(item);
    });
    select.addEventListener("change", function () {
      layers.forEach(function (layer) { layer.setVariable(select.value); });
    });
    box.follow = function () { select.value = first.variable; };
    return put(box, label, select);
  }

  function clock(layers, group, id) {
    var first = layers[0], box = el("div", "gf-lines-hours"), timer = null;
    var head = el("div", "gf-lines-head"), play = el("button", "gf-lines-play"), now = el("output", "gf-lines-now");
    var label = el("label", "gf-lines-hidden", words("hour")), slider = el("input", "gf-lines-slider");
    var day = el("button", "gf-lines-day", words("whole_day"));
    play.type = day.type = "button";
    slider.type = "range";
    slider.min = 0;
    slider.max = HOURS - 1;
    slider.step = 1;
    label.htmlFor = slider.id = id + "-hour";
    slider.dataset.group = group.name + "-hour";
    now.setAttribute("for", slider.id);
    var ticks = el("div", "gf-lines-ticks");
    ticks.setAttribute("aria-hidden", "true");
    [0, 6, 12, 18, HOURS - 1].forEach(function (hour) {
      var tick = el("span", "", String(hour));
      tick.style.left = 100 * hour / (HOURS - 1) + "%";
      put(ticks, tick);
    });

    function set(hour) { layers.forEach(function (layer) { layer.setHour(hour); }); }
    function stop() {
      if (timer) window.clearInterval(timer);
      timer = null;
      play.textContent = "▶";
      bind(play, words("play"), "aria-label");
    }
    function start() {
      var last = Date.now();
      play.textContent = "❚❚";
      bind(play, words("pause"), "aria-label");
      timer = window.setInterval(function () {
        // a page that is not looked at, or that cannot keep up, misses no hour
        if (document.hidden || Date.now() - last < EVERY_MS * 0.5) return;
        last = Date.now();
        set(first.hour === null ? 0 : (first.hour + 1) % HOURS);
      }, EVERY_MS);
      set(first.hour === null ? 0 : (first.hour + 1) % HOURS);
    }
    play.addEventListener("click", function () { if (timer) stop(); else start(); });
    slider.addEventListener("input", function () { stop(); set(Number(slider.value)); });
    day.addEventListener("click", function () { stop(); set(null); });
    stop();
    box.stop = stop;
    box.follow = function () {
      var variable = first._variable, whole = first.hour === null;
      box.hidden = !variable.hours;
      if (box.hidden) { stop(); return; }
      day.hidden = !variable.whole;
      day.setAttribute("aria-pressed", String(whole));
      box.classList.toggle("gf-lines-whole", whole);
      if (!whole) slider.value = first.hour;
      var text = whole ? words("whole_day") : G.hourSpan(first.hour);
      bind(now, text);
      slider.setAttribute("aria-valuetext", G.t(text));
    };
    return put(box, put(head, play, now, day), label, slider, ticks);
  }

  /* A button that tells a link's name and value and goes there. */
  function leadTo(layers, row) {
    var first = layers[0], button = el("button", "gf-lines-row");
    button.type = "button";
    put(button, el("span", "gf-lines-name", first.title(row)), el("span", "gf-lines-value", first.valueOf(row).text));
    button.addEventListener("click", function () {
      var shown = first._map ? first : layers.filter(function (one) { return one._map; })[0];
      if (shown) shown.go(row);
    });
    return button;
  }

  /* Streets by name, for a map that has no search of its own: no link needs a mouse. */
  function finder(layers) {
    var box = el("div", "gf-lines-find"), input = el("input"), list = el("ul"), note = el("p", "gf-hint");
    input.type = "search";
    note.setAttribute("role", "status");
    bind(bind(input, words("find"), "aria-label"), words("find"), "placeholder");
    function follow() {
      var rows = layers[0].find(input.value, 8);
      list.replaceChildren();
      rows.forEach(function (row) { put(list, put(el("li"), leadTo(layers, row))); });
      bind(note, input.value.trim() && !rows.length ? words("none_found") : "");
    }
    input.addEventListener("input", follow);
    layers[0].on("change", follow);
    G.onLanguage(follow);
    return put(box, input, list, note);
  }

  function worstOf(layers, count) {
    var first = layers[0], box = el("details", "gf-lines-worst"), list = el("ol"), hint = el("p", "gf-hint");
    put(box, el("summary", "", words("worst")), hint, list);
    box.follow = function () {
      if (!box.open || !first.isReady) return;
      var rows = first.top(count), focused = list.contains(document.activeElement);
      var place = focused ? Array.prototype.indexOf.call(list.querySelectorAll("button"), document.activeElement) : -1;
      bind(hint, rows.length ? words("worst_hint") : words("no_worst"));
      list.replaceChildren();
      rows.forEach(function (row) { put(list, put(el("li"), leadTo(layers, row))); });
      if (focused && list.querySelectorAll("button")[place]) list.querySelectorAll("button")[place].focus();
    };
    // filled when it is seen first
    G.onFold(box, box.follow);
    return box;
  }

  /* Controls of one layer, or of several with equal variables, which then go in step. */
  G.groups.lines = function (map, group) {
    var layers = group.layers || [group.layer], first = layers[0], id = "gf-lines-" + ++made;
    var box = el("section", "gf-group gf-lines"), legend = el("div", "gf-legend");
    var parts = [chooser(layers, group, id), clock(layers, group, id)];
    var worst = group.worst === 0 ? null : worstOf(layers, group.worst || 20);
    put.apply(null, [box].concat(parts, [legend, worst]));
    function follow() {
      parts.forEach(function (part) { if (part) part.follow(); });
      if (first.isReady) legendOf(first, legend);
      if (worst) worst.follow();
    }
    layers.forEach(function (layer) {
      if (group.selected || group.hour !== undefined) layer.show(group.selected || undefined, group.hour);
    });
    first.on("change", follow);
    first.on("ready", follow);
    first.on("complete", follow);
    G.onLanguage(follow);
    if (group.find !== false && first.spec.card.title) {
      G.searchable.push({
        label: group.find || words("streets"),
        find: function (text) {
          return first.find(text, 8).map(function (row) {
            return { label: first.title(row), detail: first.valueOf(row).text, go: function () { first.go(row); } };
          });
        }
      });
    }
    follow();
    return box;
  };

  /* The same in a corner of any map, with a switch of the language. */
  G.linesControl = function (map, group, options) {
    G.setLanguage(options.language);
    var Corner = L.Control.extend({
      onAdd: function () {
        // on a phone the map comes first
        var box = el("details", "gf-lines-corner"), bar = el("div", "gf-lines-languages");
        G.languages.forEach(function (language) {
          var button = el("button", "", language.toUpperCase());
          button.type = "button";
          button.lang = language;
          button.addEventListener("click", function () { G.setLanguage(language); });
          function press() { button.setAttribute("aria-pressed", String(G.language === language)); }
          G.onLanguage(press);
          press();
          put(bar, button);
        });
        L.DomEvent.disableClickPropagation(box);
        L.DomEvent.disableScrollPropagation(box);
        box.open = map.getSize().x > 760;
        var layers = group.layers;
        return put(box, el("summary", "", words("controls")), bar,
          layers[0].spec.card.title && group.find !== false ? finder(layers) : null, G.groups.lines(map, group));
      }
    });
    return new Corner({ position: options.position }).addTo(map);
  };
})();
