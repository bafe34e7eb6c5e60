/* The panel of a geofleet map: title, notes, figures, switches and legends. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, svg = G.svg;

  var panels = 0;

  G.id = function () { return "gf-" + ++panels; };

  /* Left and top of the map that the panel covers. */
  G.padding = function (map) {
    var panel = document.querySelector(".gf-panel");
    var wide = panel && map.getSize().x > 760 && panel.open;
    return [wide ? panel.offsetWidth + 28 : 20, 20];
  };

  /* On a phone the panel makes way for what is to be seen. */
  G.makeWay = function (map) {
    var panel = document.querySelector(".gf-panel");
    if (panel && map.getSize().x <= 760) panel.open = false;
  };

  /* Show a place beside the panel and above what stands at the foot. */
  G.show = function (map, bounds, maxZoom) {
    G.makeWay(map);
    map.fitBounds(bounds, { paddingTopLeft: G.padding(map), animate: false, maxZoom: maxZoom || 16,
      paddingBottomRight: [20, G.foot ? G.foot() : 20] });
  };

  /* The part of the page that holds the map: what the keyboard shall come by first goes before. */
  G.holder = function (map) {
    var box = map.getContainer();
    while (box.parentNode !== document.body) box = box.parentNode;
    return box;
  };

  G.legend = function (spec) {
    var box = el("div", "gf-legend");
    if (spec.text) put(box, el("p", "gf-hint", spec.text));
    if (spec.unit) put(box, el("div", "gf-unit", spec.unit));
    var list = el("ul");
    spec.items.forEach(function (item) {
      var picture = svg("svg", { viewBox: "0 0 28 16", width: 28, height: 16, "aria-hidden": "true" });
      if (item.shape === "line") {
        picture.appendChild(svg("line", { x1: 1, x2: 27, y1: 8, y2: 8, stroke: item.colour,
          "stroke-width": item.width, "stroke-dasharray": item.dash || "none" }));
      } else if (item.shape === "fill") {
        picture.appendChild(svg("rect", { x: 1, y: 1, width: 26, height: 14, fill: item.colour,
          "fill-opacity": item.opacity || 1, stroke: "#777", "stroke-width": 0.6 }));
      } else if (item.shape === "square") {
        picture.appendChild(svg("rect", { x: 8, y: 2, width: 12, height: 12, fill: item.colour,
          stroke: item.edge, "stroke-width": 1.5 }));
      } else if (item.shape === "diamond") {
        picture.appendChild(svg("path", { d: "M14 1L21 8L14 15L7 8Z", fill: item.colour,
          stroke: item.edge, "stroke-width": 1.5 }));
      } else if (item.shape === "cross") {
        picture.appendChild(svg("path", { d: "M9 3L19 13M19 3L9 13", stroke: item.edge,
          "stroke-width": 3, fill: "none" }));
      } else {
        picture.appendChild(svg("circle", { cx: 14, cy: 8, r: item.radius || 4, fill: item.colour,
          stroke: item.edge || "none", "stroke-width": 1 }));
      }
      put(list, put(el("li"), picture, el("span", "", item.label)));
    });
    return put(box, list);
  };

  function choice(map, spec) {
    var id = G.id(), box = el("section", "gf-group");
    var label = el("label", "gf-label", spec.label), select = el("select");
    label.htmlFor = select.id = id;
    select.dataset.group = spec.name;
    var holder = el("div"), shown = null, groups = {};
    spec.options.forEach(function (option, index) {
      var item = el("option", "", option.label);
      item.value = String(index);
      var parent = select;
      if (option.group) {
        if (!groups[G.t(option.group)]) {
          groups[G.t(option.group)] = G.bind(document.createElement("optgroup"), option.group, "label");
          select.appendChild(groups[G.t(option.group)]);
        }
        parent = groups[G.t(option.group)];
      }
      parent.appendChild(item);
    });
    function apply() {
      var option = spec.options[Number(select.value)];
      if (shown) map.removeLayer(shown);
      shown = option.layer || null;
      if (shown) shown.addTo(map);
      box.classList.toggle("gf-empty", !shown);
      holder.replaceChildren();
      if (option.legend) put(holder, G.legend(option.legend));
      map.fire("geofleet:restack");
    }
    select.value = String(spec.selected);
    select.addEventListener("change", apply);
    put(box, label, select, holder);
    apply();
    if (spec.find) G.searchable.push({ label: spec.find.label, find: places(spec, select) });
    return box;
  }

  /* Features of a source by name; the first way to colour them is switched on to show one. */
  function places(spec, select) {
    var source = spec.find.source;
    return function (text) {
      var wanted = G.fold(text), out = [];
      for (var row = 0; row < source.count && out.length < 20; row++) {
        var name = source.text(spec.find.title, row);
        if (name !== null && G.fold(name).indexOf(wanted) >= 0) out.push(row);
      }
      return out.map(function (row) {
        return { label: source.text(spec.find.title, row), go: function () {
          if (select.value === "0") { select.value = "1"; select.dispatchEvent(new Event("change")); }
          spec.options[Number(select.value)].layer.go(row);
        } };
      });
    };
  }

  function toggle(map, spec) {
    var id = G.id(), box = el("section", "gf-group");
    var label = el("label", "gf-label gf-check"), input = el("input");
    input.type = "checkbox";
    input.id = label.htmlFor = id;
    input.dataset.group = spec.name;
    input.checked = spec.shown;
    put(label, input, el("span", "", spec.label));
    var holder = el("div");
    function apply() {
      if (input.checked) spec.layer.addTo(map); else map.removeLayer(spec.layer);
      holder.replaceChildren();
      if (input.checked && spec.legend) put(holder, G.legend(spec.legend));
      map.fire("geofleet:restack");
    }
    input.addEventListener("change", apply);
    put(box, label, holder);
    apply();
    return box;
  }

  function background(map, spec) {
    var id = G.id(), box = el("section", "gf-group gf-screen");
    var label = el("label", "gf-label gf-check"), input = el("input"), layer = null;
    var message = el("p", "gf-hint");
    message.setAttribute("role", "status");
    input.type = "checkbox";
    input.id = label.htmlFor = id;
    input.dataset.group = "tiles";
    put(label, input, el("span", "", spec.label));
    function state() {
      input.disabled = !navigator.onLine;
      if (navigator.onLine) message.textContent = "";
      else G.bind(message, G.words.page.offline);
    }
    input.addEventListener("change", function () {
      message.textContent = "";
      if (layer) { map.removeLayer(layer); layer = null; }
      if (!input.checked || !navigator.onLine) return;
      layer = L.tileLayer(spec.url, { attribution: spec.attribution, maxZoom: 19, opacity: 0.55 });
      layer.once("tileerror", function () {
        G.bind(message, G.words.page.no_tiles);
      });
      layer.addTo(map);
    });
    window.addEventListener("online", state);
    window.addEventListener("offline", state);
    state();
    return put(box, label, message);
  }

  /* A long note shows its first sentence; the rest opens on demand. */
  function note(text) {
    var first = {}, rest = {}, long = false;
    G.languages.forEach(function (language) {
      var whole = typeof text === "object" ? text[language] : text, end = whole.search(/[.!?]\s/);
      var cut = whole.length < 160 || end < 0 ? whole.length : end + 1;
      first[language] = whole.slice(0, cut);
      rest[language] = whole.slice(cut + 1);
      long = long || cut < whole.length;
    });
    if (!long) return el("p", "gf-note", text);
    var box = el("details", "gf-note"), summary = el("summary"), more = el("span", "gf-more", G.words.page.more);
    G.onFold(box, function () {
      G.bind(more, box.open ? G.words.page.less : G.words.page.more);
    });
    put(summary, el("span", "", first), document.createTextNode(" "), more);
    return put(box, summary, el("p", "", rest));
  }

  function facts(spec) {
    var box = el("dl", "gf-facts");
    spec.forEach(function (fact) {
      put(box, put(el("div"), el("dd", "", fact.value), el("dt", "", fact.label)));
    });
    return spec.length ? box : null;
  }

  function credits(map, lines) {
    map.attributionControl.setPrefix(false);
    lines.forEach(function (text) {
      var span = el("span", "", text);
      map.attributionControl.addAttribution(span.innerHTML);
    });
  }

  Object.assign(G.groups, {
    choice: choice,
    toggle: toggle,
    facts: function (map, spec) { return put(el("section", "gf-group"), facts(spec.facts)); }
  });

  G.panel = function (map, spec) {
    if (spec.frame) G.shell(map, spec.frame);
    else G.setLanguage(spec.language || "en");
    credits(map, spec.attribution);
    var scale = L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    // on a phone the panel takes the foot of the page: the credit stays free below it, the scale
    // goes to the top
    function arrange() {
      scale.setPosition(map.getSize().x > 760 ? "bottomright" : "topleft");
      document.documentElement.style.setProperty(
        "--gf-foot", map.attributionControl.getContainer().offsetHeight + "px");
    }
    map.on("resize", arrange);
    arrange();
    var panel = el("details", "gf-panel"), body = el("div", "gf-body"), head = el("summary");
    panel.open = window.innerWidth > 760;
    put(panel, put(head, el("h1", "", spec.title)), body);
    if (spec.answer && spec.answer.length) {
      var answer = el("p", "gf-answer");
      spec.answer.forEach(function (text) {
        put(answer, el("span", "", text));
        answer.appendChild(document.createTextNode(" "));
      });
      put(body, answer);
    }
    spec.notes.forEach(function (text) { put(body, note(text)); });
    put(body, facts(spec.facts));
    // before the map, so that the keyboard comes by it first
    document.body.insertBefore(panel, G.holder(map));
    L.DomEvent.disableClickPropagation(panel);
    L.DomEvent.disableScrollPropagation(panel);

    var touched = false;
    function fit() {
      if (!spec.bounds || touched || G.printing) return;
      map.fitBounds(spec.bounds, {
        paddingTopLeft: G.padding(map), paddingBottomRight: [20, G.foot ? G.foot() : 20], animate: false, maxZoom: 17
      });
    }
    // the view follows the window's size until the reader moves the map
    ["mousedown", "wheel", "touchstart", "keydown"].forEach(function (kind) {
      document.addEventListener(kind, function () { touched = true; }, { once: true, passive: true, capture: true });
    });
    map.on("resize", fit);
    fit();
    var place = document.createComment("search");
    body.appendChild(place);
    spec.groups.forEach(function (group) { put(body, G.groups[group.kind](map, group)); });
    if (G.searchable.length) body.replaceChild(G.search(), place);
    if (G.foot) fit();
    if (spec.tiles) put(body, background(map, spec.tiles));
    if (spec.ground) put(body, el("p", "gf-hint", spec.ground));
    G.printable(map, panel);

    function restack() {
      spec.stack.forEach(function (layer) {
        if (!map.hasLayer(layer)) return;
        layer.eachLayer(function (shape) { if (shape.bringToFront) shape.bringToFront(); });
      });
    }
    map.on("geofleet:restack", restack);
    restack();
  };
})();
