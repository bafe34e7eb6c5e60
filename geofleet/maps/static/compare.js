/* Two maps side by side with one view: what moves in one moves in the other. */
(function () {
  "use strict";
  var G = window.geofleet, el = G.el, put = G.put, bind = G.bind;
  var padding = G.padding;

  /* Nothing covers a pane. */
  G.padding = function (map) { return G.comparing ? [20, 20] : padding(map); };

  function ground(from, to) {
    var renderer = G.groundPane(to);
    from.eachLayer(function (layer) {
      if (layer.options.pane !== "ground" || !layer.getLatLngs) return;
      var options = Object.assign({}, layer.options, { renderer: renderer });
      (layer instanceof L.Polygon ? L.polygon : L.polyline)(layer.getLatLngs(), options).addTo(to);
    });
  }

  /* Background tiles that the reader ticks lie under both. */
  function tiles(from, to) {
    var copies = new Map();
    function add(layer) {
      if (!(layer instanceof L.TileLayer)) return;
      copies.set(layer, L.tileLayer(layer._url, layer.options).addTo(to));
    }
    from.eachLayer(add);
    from.on("layeradd", function (event) { add(event.layer); });
    from.on("layerremove", function (event) {
      if (copies.has(event.layer)) to.removeLayer(copies.get(event.layer));
      copies.delete(event.layer);
    });
  }

  function follow(one, other, open) {
    var busy = false;
    function pass(from, to) {
      from.on("move zoomend", function () {
        if (busy || !open()) return;
        busy = true;
        to.setView(from.getCenter(), from.getZoom(), { animate: false });
        busy = false;
      });
    }
    pass(one, other);
    pass(other, one);
  }

  /* The place under the pointer, shown in the other pane. */
  function shadow(one, other, open) {
    function cast(from, to) {
      var mark = L.marker([0, 0], { interactive: false, keyboard: false, zIndexOffset: 1000,
        icon: L.divIcon({ className: "gf-shadow", iconSize: [16, 16] }) });
      from.on("mousemove", function (event) { if (open()) mark.setLatLng(event.latlng).addTo(to); });
      from.on("mouseout", function () { mark.remove(); });
    }
    cast(one, other);
    cast(other, one);
  }

  function pane(map, name) {
    var box = map.getContainer();
    bind(box, G.both(function () { return G.t(name[0]).replace("{name}", G.t(name[1])); }), "aria-label");
    box.setAttribute("role", "region");
    var title = el("div", "gf-pane-title", name[1]);
    put(box, title);
    return title;
  }

  /* spec: names of both panes, words (pane, one_view), fill(map): what stands in the second.
     Returns {map: the second, open(yes), isOpen()}. */
  G.sideBySide = function (map, spec) {
    var first = map.getContainer(), box = el("div", "folium-map gf-second"), shown = false, titles = [];
    var alone = first.getAttribute("aria-label");
    box.id = first.id + "_second";
    first.parentNode.insertBefore(box, first.nextSibling);
    var other = L.map(box, Object.assign({}, map.options, { center: map.getCenter(), zoom: map.getZoom(),
      zoomControl: false, attributionControl: false, layers: [] }));
    ground(map, other);
    tiles(map, other);
    spec.fill(other);
    follow(map, other, function () { return shown; });
    shadow(map, other, function () { return shown; });
    box.hidden = true;
    function room() {
      var panel = document.querySelector(".gf-panel");
      document.documentElement.style.setProperty("--gf-side",
        (panel && panel.open ? panel.offsetWidth + 20 : 0) + "px");
      [map, other].forEach(function (one) { one.invalidateSize({ animate: false, pan: false }); });
    }
    var panel = document.querySelector(".gf-panel");
    if (panel) panel.addEventListener("toggle", function () { if (shown) settle(); });
    new ResizeObserver(function () { if (shown) other.invalidateSize({ animate: false, pan: false }); }).observe(box);
    function settle(bounds) {
      var kept = bounds || map.getBounds();
      room();
      map.fitBounds(kept, { animate: false, padding: [0, 0] });
      other.setView(map.getCenter(), map.getZoom(), { animate: false });
    }
    return {
      map: other,
      isOpen: function () { return shown; },
      open: function (yes) {
        if (yes === shown) return;
        var kept = spec.bounds ? spec.bounds() : map.getBounds();
        shown = G.comparing = yes;
        box.hidden = !yes;
        document.body.classList.toggle("gf-comparing", yes);
        if (yes) titles = [[map, spec.names[0]], [other, spec.names[1]]].map(function (pair) {
          return pane(pair[0], [spec.words.pane, pair[1]]);
        });
        else {
          titles.forEach(function (title) { title.remove(); });
          bind(first, G.words.page.map, "aria-label");
          if (alone && !G.words.page.map) first.setAttribute("aria-label", alone);
        }
        settle(kept);
      }
    };
  };
})();
